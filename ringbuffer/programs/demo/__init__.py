"""The demo: real input, line by line, through a diamond of consumers.

    files --> publisher --> [ ring ] --> journal ---.
                               |                     >--> indexer
                               '-------> counter ---'

The journal keeps every line, the counter keeps totals per file, and the indexer, strictly after
both, builds an index of words and measures how long each line was under way. Afterwards everything
is checked against a plain pass over the input.
"""
