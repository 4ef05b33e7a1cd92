"""`ringbuffer stress`: random topologies, every event accounted for from end to end.

`shape` draws them; `message` is what flows; `sending` publishes it, `stages` consume it, in every
way there is; `handling` is what their handlers do; `ledger` keeps and settles the accounts; `once`
runs one shape, `rounds` one after the other.
"""
