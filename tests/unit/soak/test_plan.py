"""Plans and fates: the same seed, the same plan."""

from tests.soak.message import Fate, Fates, Message, envelope_of, message_of, opened
from tests.soak.plan import BUS_FAULTS, LANES, RING_FAULTS, plan_of


def test_the_same_seed_has_the_same_plan() -> None:
    assert [plan_of(7, number, 20.0) for number in range(5)] == [
        plan_of(7, number, 20.0) for number in range(5)
    ]


def test_another_seed_or_another_round_has_another_plan() -> None:
    assert plan_of(7, 0, 20.0) != plan_of(8, 0, 20.0)
    assert plan_of(7, 0, 20.0).buses != plan_of(7, 1, 20.0).buses


def test_every_fault_happens_and_in_order() -> None:
    faults = [fault for number in range(20) for fault in plan_of(1, number, 20.0).faults]
    assert {fault.what for fault in faults} == {*BUS_FAULTS, *RING_FAULTS}
    assert {fault.lane for fault in faults} == set(LANES)
    times = [fault.at for fault in plan_of(1, 0, 20.0).faults]
    assert times == sorted(times)
    assert all(0 <= time < 1 for time in times)


def test_fates_are_the_same_whenever_they_are_asked_for() -> None:
    fates = Fates(5, slow=1000, fails=1000, dies=1000)
    first = [fates.of(producer, number) for producer in range(3) for number in range(2000)]
    assert first == [fates.of(producer, number) for producer in range(3) for number in range(2000)]
    assert set(first) == set(Fate)
    assert {fates.failures(0, number) for number in range(100)} == {1, 2}


def test_fates_without_faults_are_always_fine() -> None:
    assert {Fates(5, 0, 0, 0).of(0, number) for number in range(1000)} == {Fate.FINE}


def test_a_message_comes_out_of_its_envelope_whole() -> None:
    message = opened(envelope_of(message_of(3, 7)))
    assert (type(message), message.producer, message.number, message.is_whole) == (
        type(message_of(0, 1)),
        3,
        7,
        True,
    )


def test_a_message_of_parts_is_not_whole() -> None:
    message = Message(3, 7)
    message.number = 8
    assert not message.is_whole
