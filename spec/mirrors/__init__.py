"""Mirrors: models as Python objects, with the same variables, the same actions and the same states.

`tests/unit/model` compares each mirror with the state graph that TLC finds, and with the library.
`tests/schedules/conform` runs the library beside a mirror, access by access.
"""
