"""Which part of a program makes a shared place: the library's hand-over, its rest, or the user.

A coarse exploration takes the turn from a thread where events are handed over, and at the places
of the user. The rest of the library, such as the life cycle of consumers, has tests of its own.
"""

import sys
from typing import Final

from ringbuffer.testing.task import Location

#: The providers and their scheduler.
PROVIDERS: Final = "ringbuffer.testing."
LIBRARY: Final = "ringbuffer."
#: The modules, and packages, whose places hand events over.
HAND_OVER: Final = (
    "ringbuffer.sequence.",
    "ringbuffer.sequencer.",
    "ringbuffer.producer.",
    "ringbuffer.queues.",
    "ringbuffer.messaging.bus.transports.",
    "ringbuffer.messaging.queues.leader_followers.",
    "ringbuffer.messaging.queues.message_channel.",
)


def note_maker(place: Location) -> None:
    """Note in a place that is made now whose it is."""
    frame = sys._getframe(1)
    name = frame.f_globals.get("__name__", "")
    # Terminates because the providers do not begin a thread.
    while name.startswith(PROVIDERS) and frame.f_back is not None:
        frame = frame.f_back
        name = frame.f_globals.get("__name__", "")
    place.is_own = not name.startswith(LIBRARY)
    place.hands_over = f"{name}.".startswith(HAND_OVER)
