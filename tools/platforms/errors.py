"""Why a command ends before its table."""


class Skip(Exception):
    """This machine cannot do it; the message says why."""


class Failure(Exception):
    """A step failed that should not; the message says what it printed."""
