"""The handlers of the soak test do what the fates say."""

import asyncio

import pytest

from tests.soak.handlers import Handler
from tests.soak.ledger import Expected, settle
from tests.soak.message import Fate, Fates, Fault, message_of

FATES = Fates(5, slow=0, fails=10_000, dies=10_000)


def first(fate: Fate) -> int:
    return next(number for number in range(1000) if FATES.of(0, number) is fate)


def test_what_is_fine_is_handled() -> None:
    number = first(Fate.FINE)
    assert Handler(FATES)(message_of(0, number)) == number


def test_what_fails_is_handled_after_one_or_two_failures() -> None:
    handler, message = Handler(FATES), message_of(0, first(Fate.FAILS))
    for _ in range(FATES.failures(0, message.number)):
        with pytest.raises(Fault):
            handler(message)
    assert handler(message) == message.number
    assert handler.ledger.doubled == 0


def test_what_dies_fails_until_it_is_healed() -> None:
    handler, message = Handler(FATES), message_of(0, first(Fate.DIES))
    for _ in range(5):
        with pytest.raises(Fault):
            asyncio.run(handler.later(message))
    handler.heal(message)
    assert asyncio.run(handler.later(message)) == message.number


def test_a_message_that_a_bus_brings_twice_is_doubled() -> None:
    handler, number = Handler(Fates(5, 0, 0, 0)), 0
    handler(message_of(0, number))
    handler(message_of(0, number))
    assert settle(handler.ledger, [Expected(0, 0, 0, 1, 1)], set()).faults == {"doubled": 1}
