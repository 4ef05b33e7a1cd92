"""The accounts of the soak test: what is put in wrong is found, each under its own name."""

import pytest

from tests.soak.ledger import Account, Expected, Ledger, settle
from tests.soak.pool import settle_pool

WHOLE = Expected(producer=0, low=0, sure_from=0, sure_to=10, high=10)


def seen(*numbers: int) -> Ledger:
    ledger = Ledger()
    for number in numbers:
        ledger.passes(0, number)
    return ledger


def failing(number: int) -> Ledger:
    """All ten came, and one of them was not handled."""
    ledger = Ledger()
    for each in range(10):
        ledger.arrives(0, each)
        if each != number:
            ledger.handled(0, each)
    return ledger


def test_what_is_right_is_found_right() -> None:
    assert settle(seen(*range(10)), [WHOLE], set()) == Account(arrived=10, handled=10)


@pytest.mark.parametrize("missing", [0, 4, 9])
def test_a_lost_message_is_found(missing: int) -> None:
    assert settle(seen(*(n for n in range(10) if n != missing)), [WHOLE], set()).faults == {
        "lost": 1
    }


def test_messages_that_no_consumer_saw_are_lost() -> None:
    assert settle(Ledger(), [WHOLE], set()).faults == {"lost": 10}


def test_a_doubled_message_is_found() -> None:
    assert settle(seen(*range(10), 9), [WHOLE], set()).faults == {"doubled": 1}


def test_a_message_that_comes_too_late_is_reordered() -> None:
    assert settle(seen(0, 1, 3, 2, *range(4, 10)), [WHOLE], set()).faults == {"reordered": 1}


def test_where_order_is_not_promised_it_is_not_asked_for() -> None:
    unordered = Expected(0, 0, 0, 10, 10, ordered=False)
    assert not settle(seen(*reversed(range(10))), [unordered], set()).faults


def test_a_message_that_failed_and_has_a_letter_is_dead_and_not_lost() -> None:
    account = settle(failing(4), [WHOLE], {(0, 4)})
    assert (account.handled, account.dead, account.faults) == (9, 1, {})


def test_a_message_that_failed_and_has_no_letter_is_lost() -> None:
    assert settle(failing(4), [WHOLE], set()).faults == {"lost": 1}


def test_a_message_that_failed_counts_as_failed_where_there_are_no_letters() -> None:
    account = settle(failing(4), [WHOLE], set(), has_letters=False)
    assert (account.failed, account.faults) == (1, {})


def test_what_was_to_be_tried_again_may_be_discarded_with_a_bus_that_does_not_drain() -> None:
    account = settle(failing(4), [WHOLE], set(), may_discard=True)
    assert (account.discarded, account.faults) == (1, {})


def test_a_message_that_was_handled_and_has_a_letter_is_doubled() -> None:
    assert settle(seen(*range(10)), [WHOLE], {(0, 4)}).faults == {"doubled": 1}


def test_a_letter_of_a_message_that_never_came_is_a_phantom() -> None:
    end = Expected(0, 0, 0, 0, 10)
    assert settle(seen(0, 1), [end], {(0, 7)}).faults == {"phantoms": 1}


def test_a_message_from_before_the_handler_came_is_a_phantom() -> None:
    late = Expected(0, low=4, sure_from=6, sure_to=10, high=10)
    assert settle(seen(*range(3, 10)), [late], set()).faults == {"phantoms": 1}
    assert not settle(seen(*range(4, 10)), [late], set()).faults
    assert not settle(seen(*range(6, 10)), [late], set()).faults
    assert settle(seen(*range(7, 10)), [late], set()).faults == {"lost": 1}


def test_a_message_from_after_the_handler_left_is_a_phantom() -> None:
    early = Expected(0, low=0, sure_from=0, sure_to=4, high=6)
    assert settle(seen(*range(7)), [early], set()).faults == {"phantoms": 1}
    assert not settle(seen(*range(6)), [early], set()).faults
    assert not settle(seen(*range(4)), [early], set()).faults
    assert settle(seen(*range(3)), [early], set()).faults == {"lost": 1}


def test_a_gap_is_lost_even_where_the_ends_are_not_sure() -> None:
    guest = Expected(0, low=0, sure_from=10, sure_to=0, high=10)
    assert not settle(seen(3, 4, 5), [guest], set()).faults
    assert settle(seen(3, 5), [guest], set()).faults == {"lost": 1}


def test_a_handler_of_odd_numbers_must_have_those_and_no_others() -> None:
    odd = Expected(0, 0, 0, 10, 10, only_odd=True)
    assert not settle(seen(1, 3, 5, 7, 9), [odd], set()).faults
    assert settle(seen(1, 5, 7, 9), [odd], set()).faults == {"lost": 1}
    assert settle(seen(1, 2, 3, 5, 7, 9), [odd], set()).faults == {"phantoms": 1}


def test_what_died_on_the_way_is_not_lost() -> None:
    some = Expected(0, 0, 0, 10, 10, ordered=False, absent=frozenset({2, 7}))
    assert not settle(seen(*(n for n in range(10) if n not in (2, 7))), [some], set()).faults
    assert settle(seen(*(n for n in range(10) if n not in (2, 3, 7))), [some], set()).faults == {
        "lost": 1
    }


def test_an_unknown_producer_is_a_phantom() -> None:
    ledger = seen(*range(10))
    ledger.passes(1, 0)
    assert settle(ledger, [WHOLE], set()).faults == {"phantoms": 1}


def test_workers_share_what_is_published() -> None:
    account = settle_pool([seen(0, 2, 4, 5), seen(1, 3)], {0: 6})
    assert (account.arrived, account.handled, account.faults) == (6, 6, {})


def test_a_message_that_no_worker_got_is_lost_and_one_that_two_got_is_doubled() -> None:
    assert settle_pool([seen(0, 2, 4), seen(1, 3)], {0: 6}).faults == {"lost": 1}
    assert settle_pool([seen(0, 2, 4, 5), seen(1, 3, 5)], {0: 6}).faults == {"doubled": 1}
    assert settle_pool([seen(0, 2, 4, 6), seen(1, 3, 5)], {0: 6}).faults == {"phantoms": 1}


def test_accounts_add_up() -> None:
    account = Account(arrived=1, lost=2)
    account.add(Account(arrived=3, torn=1))
    assert account == Account(arrived=4, lost=2, torn=1)
    assert account.faults == {"lost": 2, "torn": 1}
    assert "lost 2" in str(account)
