"""What the tests need that run a mirror and the library side by side."""

from hypothesis import settings

from ringbuffer.sequence import Readable
from ringbuffer.wait.strategy import Alertable
from tests.support.examples import examples


def side_by_side(many: int, steps: int) -> settings:
    """Returns settings for a state machine.

    `many` is how many `make verify` tries. `make test` tries a fifth of that.
    """
    return settings(
        max_examples=examples(many // 5, many),
        stateful_step_count=steps,
        deadline=None,
        report_multiple_bugs=False,
    )


class AtOnce:
    """A wait strategy that times out at once."""

    is_blocking: bool = False

    def wait_for(
        self, sequence: int, cursor: Readable, dependent: Readable, barrier: Alertable
    ) -> int:
        barrier.check_alert()
        return dependent.get()

    def signal_all_when_blocking(self) -> None:
        pass
