"""The demo of messaging: real input as messages, through queue, pipeline and bus, in both modes.

    files --> sender --> [ queue ] --> pipeline --> [ bus ] --+--> journal
              a message for            makes an event         +--> counter
              each block of lines      of each message        +--> indexer
                                                              '--> reader --> retries --> dead
                                                              letters

The journal keeps a checksum, the counter keeps totals of each file, and the indexer keeps the
words. The reader fails on messages that are not UTF-8. The input goes first through Channel mode,
and then through ring mode. Afterwards the results of each mode are compared with a plain pass over
the input.
"""
