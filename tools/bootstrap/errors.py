"""What the set-up says when it cannot go on."""


class SetupError(Exception):
    """The environment cannot be prepared; the message says why and what to do."""
