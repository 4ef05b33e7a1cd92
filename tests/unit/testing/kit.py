"""Small programs of a user, with and without faults."""

from collections.abc import Callable

from ringbuffer import Disruptor
from ringbuffer.testing import Schedule


class Order:
    """An event."""

    def __init__(self) -> None:
        self.amount = 0


class Account:
    """What two handlers change."""

    def __init__(self) -> None:
        self.total = 0


def fill(order: Order, sequence: int, amount: int) -> None:
    order.amount = amount


def graph(schedule: Schedule, *handlers: Callable[[Order, int, bool], None]) -> Disruptor[Order]:
    disruptor = Disruptor(Order, 4, memory=schedule.memory, host=schedule.host)
    disruptor.handle_events_with(*handlers)
    return disruptor


def loses_an_update(schedule: Schedule) -> None:
    """Two handlers add to one total, without a lock."""
    account = Account()
    schedule.share(account, "total")

    def count(order: Order, sequence: int, end_of_batch: bool) -> None:
        account.total += order.amount

    def audit(order: Order, sequence: int, end_of_batch: bool) -> None:
        account.total += order.amount

    with graph(schedule, count, audit) as disruptor:
        disruptor.publish_event(fill, 1)
    assert account.total == 2, f"the total is {account.total}"


def adds_with_a_lock(schedule: Schedule) -> None:
    """The same with a lock."""
    account, lock = Account(), schedule.lock("account")
    schedule.share(account, "total")

    def count(order: Order, sequence: int, end_of_batch: bool) -> None:
        with lock:
            account.total += order.amount

    def audit(order: Order, sequence: int, end_of_batch: bool) -> None:
        with lock:
            account.total += order.amount

    with graph(schedule, count, audit) as disruptor:
        disruptor.publish_event(fill, 1)
    assert account.total == 2


def adds_in_threads(schedule: Schedule) -> None:
    """Two plain threads lose an update; the smallest program that fails."""
    account = Account()
    schedule.share(account, "total")

    def add() -> None:
        account.total += 1

    threads = [schedule.thread(add, name=name) for name in ("x", "y")]
    for thread in threads:
        thread.join()
    assert account.total == 2, f"the total is {account.total}"
