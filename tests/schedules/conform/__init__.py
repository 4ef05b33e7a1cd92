"""Conformance: production code takes only steps of the model, and every step of the model.

The mirror of a model (spec/mirrors), which has the same graph as TLC finds, runs in lock-step with
production code: after each access the model must have a step of that thread which is that access,
with the same value, from the state that it is in. Accesses to what the model does not have, such as
the flag that says that a ring is closed, are passed over.

A module of this package says for one model how production code goes together with it: what each
step of the model is in the code, what is passed over, and which steps the code cannot take, and
why. `graph` holds a model's states and steps, `guide` takes production code to the steps that were
not taken yet, `run` reports.
"""
