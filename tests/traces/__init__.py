"""Traces: production code on free-running threads notes what it does to shared memory, and TLC says whether the model could.

Each thread notes its own accesses in a log of its own: what it loaded and stored, in its own order. There is no clock and no
lock between the logs, so nothing says in which order two threads took their steps. TLC looks for an order: one in which every
entry of every log is a step of spec/SingleProducer.tla, MultiProducer.tla or WorkPool.tla, and loads what was stored last. If
there is one, what was observed is a behaviour of the model; if there is none, model or code is wrong.
"""
