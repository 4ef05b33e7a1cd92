"""Traces: free-running threads record their accesses to shared memory; TLC compares the models.

Each thread notes its own accesses in a log of its own: what it loaded and stored, in its own order.
There is no clock and no lock between the logs, so nothing says in which order two threads took
their steps. TLC looks for an order: one in which every entry of every log is a step of a model in
spec/modules, and loads what was stored last. If there is one, what was observed is a behaviour of
the model; if there is not, the model or the code is wrong.
"""
