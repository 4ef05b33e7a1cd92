"""What tests of dead letters share: deliveries that come back, and failures."""

from ringbuffer.messaging.dead_letters import DeadLetter, DeadLetters
from ringbuffer.messaging.delivery import Delivery, Identity


class Desk:
    """Where replayed deliveries come back to."""

    def __init__(self) -> None:
        self.got: list[Delivery] = []
        self.refuses: set[object] = set()

    def schedule_redelivery(self, delivery: Delivery, delay: float) -> None:
        assert delay == 0
        if delivery.message in self.refuses:
            raise RuntimeError("closed")
        self.got.append(delivery)

    def delivery(self, message: object, handler: str = "handler") -> Delivery:
        return Delivery(message, Identity.of(message), handler, self.schedule_redelivery)


def add(letters: DeadLetters, delivery: Delivery, error: Exception | None = None) -> DeadLetter:
    try:
        raise KeyError("why") if error is None else error
    except Exception as raised:
        return letters.add(delivery, raised)
