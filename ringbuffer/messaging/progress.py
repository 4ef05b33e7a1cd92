"""`ConsumerProgress`: the position of one consumer of a queue or a bus, for an observing thread.

It needs one value that the library would not store otherwise: the number of the last message that a
consumer of a queue took.
"""

from typing import NamedTuple


class ConsumerProgress(NamedTuple):
    """The position of one consumer at one moment.

    Attributes:
        name: the name of the consumer, or of the handler.
        finished: how many messages were finished when it finished its last one. It only grows.
        waiting: how many messages it has yet to finish, the current one included.
        state: "WAITING", "HANDLING", "DIED" or "ENDED".
        threads: the identifiers of the threads that work for it.
        task: the task that handles the messages, if an event loop handles them.
    """

    name: str
    finished: int
    waiting: int
    state: str
    threads: tuple[int, ...] = ()
    task: object = None
