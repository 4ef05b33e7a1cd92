"""The soak test: everything together, under load and with faults, without a limit: docs/soak.md.

plan      what a round does, by its seed     ledger    what each handler saw; the account
message   what flows                         lanes     one for each bus, with queues in front;
                                                       one for a disruptor
round     a round of lanes, and its faults   samples   what the process uses; flatness
command   rounds until the time is over      pictures  the report and its curves
"""
