"""`settle`: what is read at different moments is made to fit together, and stays true."""

from hypothesis import given
from hypothesis import strategies as st

from ringbuffer.diagnostics import ConsumerPosition, Positions, settle

SIZE = 8
ANY = st.integers(-3, 40)


def check(positions: Positions) -> None:
    assert (
        -1
        <= positions.minimum
        <= positions.published
        <= positions.claimed
        <= positions.minimum + positions.capacity
    )
    assert all(
        positions.minimum <= each.sequence <= positions.published for each in positions.consumers
    )


@given(minimum=ANY, consumers=st.lists(ANY, max_size=4), published=ANY, claimed=ANY)
def test_whatever_is_read_fits_together_afterwards(
    minimum: int, consumers: list[int], published: int, claimed: int
) -> None:
    check(
        settle(
            SIZE,
            minimum,
            [ConsumerPosition("c", each) for each in consumers],
            published,
            claimed,
            {},
        )
    )


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[int, int, int, int]]:
    """Two consumers of a ring: (first, second, published, claimed) after each valid step."""
    first = second = published = claimed = -1
    history = [(first, second, published, claimed)]
    for step in draw(
        st.lists(st.sampled_from(["claim", "publish", "first", "second"]), max_size=60)
    ):
        count = draw(st.integers(1, SIZE))
        if step == "claim":
            claimed = min(claimed + count, min(first, second) + SIZE)
        elif step == "publish":
            published = min(published + count, claimed)
        elif step == "first":
            first = min(first + count, published)
        else:
            second = min(second + count, first)  # it comes after the first
        history.append((first, second, published, claimed))
    return history


@given(history=histories(), data=st.data())
def test_what_is_read_in_order_is_no_older_than_it_was_read_and_no_younger_than_the_last_reading(
    history: list[tuple[int, int, int, int]], data: st.DataObject
) -> None:
    moment = st.integers(0, len(history) - 1)
    times = sorted(data.draw(st.tuples(moment, moment, moment, moment, moment)))
    minimum = min(history[times[0]][:2])
    consumers = [
        ConsumerPosition("first", history[times[1]][0]),
        ConsumerPosition("second", history[times[2]][1]),
    ]
    published, claimed = history[times[3]][2], history[times[4]][3]
    found = settle(SIZE, minimum, consumers, published, claimed, {})
    check(found)
    assert found.claimed == claimed
    last = history[times[4]]
    assert published <= found.published <= last[2]
    assert minimum <= found.minimum <= min(last[:2])
    for before, after, truth in zip(consumers, found.consumers, last, strict=False):
        assert before.sequence <= after.sequence <= truth


def test_consumers_of_the_same_name_are_distinguished() -> None:
    found = settle(
        8, -1, [ConsumerPosition(name, -1) for name in ("a", "a", "b", "a", "a #2")], -1, -1, {}
    )
    assert [each.name for each in found.consumers] == ["a", "a #2", "b", "a #3", "a #2 #2"]
