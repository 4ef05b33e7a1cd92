"""Faults injected at every callback, one a round; the accounts are exact afterwards.

`cases` lists every callback with every way to fail; `victim` is the consumer that fails, `readers`
are those that leave; `once` runs one case in a random graph: what was handled is a prefix, what was
not is still in the ring, producers get an error, and no thread hangs.
"""
