"""A host that tells when a producer has to wait."""

import threading
from collections.abc import Callable

from tests.support.forwarding_host import ForwardingHost


class ProducerWatch(ForwardingHost):
    """Tells when a producer has to wait: on a ring whose consumers block, only producers yield.

    Attributes:
        waits: set at the first yield.
        in_wait: called at every yield.
    """

    def __init__(self, in_wait: Callable[[], object] = lambda: None) -> None:
        self.waits = threading.Event()
        self.in_wait = in_wait

    def yield_now(self) -> None:
        self.waits.set()
        self.in_wait()
        super().yield_now()
