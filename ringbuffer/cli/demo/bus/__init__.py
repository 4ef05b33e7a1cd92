"""The demo of messaging: the same real input as messages, through queue, pipeline and bus, in both modes.

    files --> sender --> [ queue ] --> pipeline --> [ bus ] --+--> journal
              a message for            makes an event         +--> counter
              each block of lines      of each message        +--> indexer
                                                              '--> reader --> retries --> dead letters

The journal keeps a checksum, the counter totals per file, the indexer the words, and the reader fails on what is not UTF-8.
First the queue and the bus of Channel mode have the input, then those of ring mode. Afterwards what the handlers of each have
found is compared with what a plain pass over the input finds.
"""
