"""The service of docs/tutorial.md, on a Disruptor and on queues.

Each program has `run(lines, connection, send)`, which handles all lines and then returns.
"""
