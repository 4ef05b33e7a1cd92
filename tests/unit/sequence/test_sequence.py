from collections.abc import Callable

import pytest

from ringbuffer import Sequence, SequenceGroup
from ringbuffer.sequence import INITIAL_SEQUENCE
from tests.support.counting import CountingMemory
from tests.support.threads import together


def test_a_sequence_starts_before_the_first_event() -> None:
    assert Sequence().get() == INITIAL_SEQUENCE == -1
    assert Sequence(41).get() == 41


def test_a_sequence_is_set_and_compared_and_added_to() -> None:
    sequence = Sequence()
    sequence.set(5)
    assert sequence.compare_and_set(5, 8)
    assert not sequence.compare_and_set(5, 9)
    assert sequence.add_and_get(2) == 10
    assert sequence.get_and_add(-3) == 10
    assert sequence.view().get() == 7
    assert repr(sequence) == "Sequence(7)"


def test_a_sequence_lives_in_the_memory_it_is_given() -> None:
    memory = CountingMemory()
    Sequence(memory=memory).add_and_get(1)
    assert memory.counts["fetch_add"] == 1


def test_adding_from_many_threads_loses_nothing() -> None:
    sequence = Sequence()
    together(*[lambda: [sequence.add_and_get(1) for _ in range(1_000)]] * 4)
    assert sequence.get() == 3_999


def test_a_group_is_the_minimum_of_its_members() -> None:
    group = SequenceGroup(Sequence(5), Sequence(3), Sequence(9))
    assert group.get() == 3
    assert len(group) == 3


def test_a_group_without_members_is_what_the_caller_says() -> None:
    group = SequenceGroup()
    assert group.get() == -1
    assert group.get(17) == 17
    assert group.view().get() == -1
    assert group.view().minimum(Sequence(4)) == 4


def test_a_view_follows_the_values_and_the_members() -> None:
    first, second = Sequence(5), Sequence(7)
    group = SequenceGroup(first)
    view = group.view()
    assert view.get() == 5
    group.add(second)
    first.set(9)
    assert view.get() == 7
    assert group.remove(second)
    assert view.get() == 9
    assert group.members == (first,)


def test_removing_a_sequence_that_is_not_a_member_says_so_and_changes_nothing() -> None:
    group = SequenceGroup(Sequence(5))
    assert not group.remove(Sequence(5))
    assert group.get() == 5


def test_a_member_that_was_removed_is_gone_however_often_it_was_added() -> None:
    sequence, other = Sequence(1), Sequence(7)
    group = SequenceGroup(sequence, other)
    group.add(sequence)
    assert group.remove(sequence)
    assert group.members == (other,)
    assert not group.remove(sequence)


def test_members_that_are_added_to_a_running_ring_start_at_the_cursor() -> None:
    cursor, first, second = Sequence(30), Sequence(), Sequence()
    group = SequenceGroup()
    group.add_at(cursor, first, second)
    assert (first.get(), second.get(), group.get()) == (30, 30, 30)


def test_a_member_starts_where_the_cursor_is_after_the_others_can_see_it() -> None:
    class Moving:
        """A cursor that moves on while the member is being added."""

        def __init__(self) -> None:
            self.looks = 0

        def get(self) -> int:
            self.looks += 1
            seen_by_others = len(group.members)
            return 100 if seen_by_others else 30

    group, member = SequenceGroup(), Sequence()
    group.add_at(Moving(), member)
    assert member.get() == 100


def test_a_reader_that_is_overtaken_by_a_new_member_looks_again() -> None:
    # The schedule that breaks "read the members, then their values" (see docs/memory-model.md): the
    # producer has read the members (one consumer, at 10); a second consumer is added at the cursor,
    # 10; the first one goes on to 18; only then does the producer read the value. Without the
    # second look at the version the minimum is 18, 8 beyond the new one.
    memory = InterruptingMemory()
    first, added, cursor = Sequence(10, memory=memory), Sequence(), Sequence(10)
    group = SequenceGroup(first)
    view = group.view()
    assert view.get() == 10

    def overtake() -> None:
        group.add_at(cursor, added)
        first.set(18)

    memory.before_next_load = overtake
    assert view.get() == 10
    assert memory.interrupted


def test_a_reader_that_finds_no_members_is_overtaken_in_the_same_way() -> None:
    class Published:
        """What stands in for the members: it runs ahead after a member was added at 10."""

        def get(self) -> int:
            if len(group) == 0:
                group.add_at(Sequence(10), Sequence())
                return 18
            raise AssertionError("there are members now")

    group = SequenceGroup()
    assert group.view().minimum(Published()) == 10


class InterruptingMemory(CountingMemory):
    """Runs a callback once, before the next load of one of its cells."""

    def __init__(self) -> None:
        super().__init__()
        self.before_next_load: Callable[[], object] | None = None
        self.interrupted = False

    def note(self, kind: str) -> None:
        callback = self.before_next_load
        if kind == "load" and callback is not None:
            self.before_next_load = None
            self.interrupted = True
            callback()


@pytest.mark.parametrize("readers", [1, 3])
def test_members_may_change_while_others_read(readers: int) -> None:
    base = Sequence(5)
    group = SequenceGroup(base)
    done = Sequence(0)

    def change() -> None:
        for _ in range(500):
            extra = Sequence(7)
            group.add(extra)
            group.remove(extra)
        done.set(1)

    def read() -> set[int]:
        view, seen = group.view(), set()
        while not done.get():
            seen.add(view.get())
        return seen

    results = together(change, *[read] * readers)
    assert all(result <= {5} for result in results[1:])  # type: ignore[operator]


def test_a_reader_that_is_overtaken_by_a_removal_looks_again() -> None:
    # Without the second look the minimum is that of a member which had gone before its value was
    # read.
    memory = InterruptingMemory()
    leaving = Sequence(3, memory=memory)
    group = SequenceGroup(leaving, Sequence(20))
    view = group.view()
    assert view.get() == 3
    memory.before_next_load = lambda: group.remove(leaving)
    assert view.get() == 20
    assert memory.interrupted


def test_a_new_member_is_at_the_cursor_before_the_others_can_see_it() -> None:
    # Else a producer that sees it early is held back by where it was made, -1, and a ring may look
    # full that is not.
    class Watching:
        """Notes where the member stands whenever the cursor is looked at."""

        def get(self) -> int:
            if len(group):
                seen.append(member.get())
            return 30

    seen: list[int] = []
    group, member = SequenceGroup(), Sequence()
    group.add_at(Watching(), member)
    assert seen == [30]
    assert group.get() == 30


def test_members_that_are_added_together_start_together() -> None:
    group, members = SequenceGroup(Sequence(50)), [Sequence() for _ in range(5)]
    group.add_at(Sequence(44), *members)
    assert [member.get() for member in members] == [44] * 5
    assert len(group) == 6
    assert group.get() == 44


def test_a_view_made_before_the_first_member_sees_it() -> None:
    group = SequenceGroup()
    view = group.view()
    assert view.minimum(7) == 7
    group.add(Sequence(2))
    assert view.minimum(7) == 2
