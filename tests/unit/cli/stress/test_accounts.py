"""The accounts of the stress tests: what is put in wrong is found, each under its own name."""

import pytest

from ringbuffer.programs.stress.ledger import Account, Ledger, settle
from ringbuffer.programs.stress.message import Message

PUBLISHED = [(producer, number) for number in range(10) for producer in range(2)]


def noted(messages: list[tuple[int, int]], ledger: Ledger | None = None) -> Ledger:
    ledger = Ledger(0) if ledger is None else ledger
    for sequence, (producer, number) in enumerate(messages):
        ledger.note(Message(producer, number), sequence)
    return ledger


def test_what_is_right_is_found_right() -> None:
    account = settle([noted(PUBLISHED)], PUBLISHED)
    assert account == Account(events=20)
    assert not account.faults


def test_a_lost_event_is_found() -> None:
    assert settle([noted(PUBLISHED[:7] + PUBLISHED[8:])], PUBLISHED).faults == {"lost": 1}


def test_events_that_no_consumer_saw_are_lost() -> None:
    assert settle([Ledger(0)], PUBLISHED).faults == {"lost": 20}


def test_a_doubled_event_is_found() -> None:
    ledger = noted(PUBLISHED)
    ledger.note(Message(*PUBLISHED[-1]), 19)
    assert settle([ledger], PUBLISHED).faults == {"doubled": 1}


def test_an_event_that_two_workers_got_is_doubled() -> None:
    first, second = noted(PUBLISHED[:10]), Ledger(0)
    for sequence in range(9, 20):
        second.note(Message(*PUBLISHED[sequence]), sequence)
    assert settle([first, second], PUBLISHED).faults == {"doubled": 1}


def test_an_event_that_was_overwritten_by_a_later_one_is_lost_and_the_other_doubled() -> None:
    messages = list(PUBLISHED)
    messages[4] = PUBLISHED[6]
    assert settle([noted(messages)], PUBLISHED).faults == {"lost": 1, "doubled": 1}


def test_a_reordered_event_is_found() -> None:
    messages = list(PUBLISHED)
    messages[4], messages[6] = messages[6], messages[4]
    assert settle([noted(messages)], PUBLISHED).faults == {"reordered": 1}


def test_sequences_that_go_back_are_reordered() -> None:
    ledger = Ledger(0)
    for sequence in (0, 2, 1, 3):
        ledger.note(Message(sequence, 0), sequence)
    assert settle([ledger], [(producer, 0) for producer in range(4)]).faults == {"reordered": 1}


def test_events_of_one_producer_that_workers_share_are_ordered_by_the_ring() -> None:
    first, second = Ledger(0), Ledger(0)
    for sequence, (producer, number) in enumerate(PUBLISHED):
        (first if sequence % 3 else second).note(Message(producer, number), sequence)
    assert not settle([first, second], PUBLISHED).faults


def test_an_event_that_was_skipped_and_seen_is_a_phantom() -> None:
    assert settle([noted(PUBLISHED)], [each for each in PUBLISHED if each != (1, 3)]).faults == {
        "phantoms": 1
    }


@pytest.mark.parametrize("field", ["producer", "number", "payload", "check"])
def test_an_event_of_parts_is_torn(field: str) -> None:
    message, other = Message(0, 0), Message(1, 7)
    assert message.is_whole()
    setattr(message, field, getattr(other, field))
    assert not message.is_whole()
    ledger = Ledger(0)
    ledger.note(message, 0)
    assert ledger.torn == 1


def test_a_stage_that_comes_too_early_is_found() -> None:
    first, second = Ledger(0), Ledger(1, before=(0,))
    message = Message(0, 0)
    second.note(message, 0)
    first.note(message, 0)
    assert second.early == 1
    again = Ledger(2, before=(0, 1))
    again.note(message, 0)
    assert again.early == 0


def test_the_marks_of_an_earlier_lap_do_not_count() -> None:
    message = Message(0, 0)
    Ledger(0).note(message, 0)
    message.fill(0, 1)
    late = Ledger(1, before=(0,))
    late.note(message, 1)
    assert late.early == 1


def test_what_is_rolled_back_may_come_again() -> None:
    ledger = noted(PUBLISHED)
    ledger.roll_back(15)
    for sequence in range(15, 20):
        ledger.note(Message(*PUBLISHED[sequence]), sequence)
    assert not settle([ledger], PUBLISHED).faults


def test_accounts_add_up() -> None:
    account = Account(events=1, lost=2)
    account.add(Account(events=3, torn=1))
    assert account == Account(events=4, lost=2, torn=1)
    assert account.faults == {"lost": 2, "torn": 1}
    assert "lost 2" in str(account)
