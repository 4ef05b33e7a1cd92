"""Both buses, driven at random, against the model BroadcastLog: all events, once, in order.

After every step the bus comes to rest. Then each handler must have seen the events of its class
that were published since it was subscribed, no more and no fewer; and the counters must agree.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ringbuffer.messaging.bus import Subscription
from ringbuffer.messaging.dead_letters import DeadLetterQueue
from ringbuffer.messaging.pipeline import Pipeline, RetryPolicy
from tests.support.examples import examples
from tests.support.threads import PATIENCE, together
from tests.unit.messaging.bus.kit import Bus, Event, Other, Special, channel_bus, ring_bus

CLASSES: list[type] = [Event, Special, Other, object]


@dataclass(eq=False)
class Promised:
    """What one handler is to see: the log from `start` on, as far as it is of its class."""

    subscription: Subscription
    kind: type
    start: int
    fails: bool
    seen: list[Any] = field(default_factory=list)


class Machine(RuleBasedStateMachine):
    make_bus: Any = None

    @initialize(exponent=st.integers(0, 4))
    def build(self, exponent: int) -> None:
        self.letters = DeadLetterQueue(None)
        pipeline = (
            Pipeline()
            .use_correlation()
            .use_error_handling(self.letters)
            .use_retry(RetryPolicy(2, delay=0))
        )
        self.pipelines = [None, pipeline]
        self.bus: Bus = self.make_bus(1 << exponent)
        self.log: list[Any] = []
        self.promised: list[Promised] = []
        self.number = 0

    def teardown(self) -> None:
        if hasattr(self, "bus"):
            assert self.bus.close(timeout=PATIENCE).is_complete
            self.everybody_has_seen_what_the_log_has()

    def events(self, kinds: list[type]) -> list[Any]:
        events = [kind(number) for number, kind in enumerate(kinds, self.number)]
        self.number += len(events)
        self.log += events
        return events

    # -- publishing -------------------------------------------------------------------------------

    @rule(kinds=st.lists(st.sampled_from([Event, Special, Other]), max_size=40))
    def publish_all(self, kinds: list[type]) -> None:
        assert self.bus.publish_all(self.events(kinds), timeout=PATIENCE) == len(kinds)

    @rule(
        kind=st.sampled_from([Event, Special, Other]),
        way=st.sampled_from(["sync", "async", "try", "wait"]),
    )
    def publish(self, kind: type, way: str) -> None:
        (event,) = self.events([kind])
        if way == "sync":
            self.bus.publish_sync(event, timeout=PATIENCE)
        elif way == "async":
            asyncio.run(self.bus.publish(event, timeout=PATIENCE))
        elif way == "try":
            # The bus is at rest, so there is room; or a moment later: a handler advances first, and
            # clears its slots then.
            assert self.bus._waits.until(
                lambda: self.bus.try_publish(event), self.bus._host.monotonic() + PATIENCE
            )
        else:
            result = self.bus.publish_sync(event, wait=True, timeout=PATIENCE)
            wanted = [each for each in self.promised if isinstance(event, each.kind)]
            assert set(result.errors) == {each.subscription.name for each in wanted if each.fails}
            assert set(result.results) == {
                each.subscription.name for each in wanted if not each.fails
            }

    @rule(counts=st.lists(st.integers(1, 12), min_size=2, max_size=3))
    def publish_together(self, counts: list[int]) -> None:
        """The order is the bus's own: a handler of everything says what it is."""
        witness: list[Any] = []
        subscription = self.bus.subscribe(object, witness.append)
        parts = []
        for count in counts:
            parts.append([Event(number) for number in range(self.number, self.number + count)])
            self.number += count
        together(
            *(
                lambda part=part: [self.bus.publish_sync(each, timeout=PATIENCE) for each in part]
                for part in parts
            )
        )
        assert subscription.unsubscribe(timeout=PATIENCE)
        for part in parts:
            assert [event for event in witness if event in part] == part
        assert len(witness) == sum(counts)
        self.log += witness

    # -- handlers ---------------------------------------------------------------------------------

    @precondition(lambda self: len(self.promised) < 6)
    @rule(
        kind=st.sampled_from(CLASSES),
        is_coroutine=st.booleans(),
        fails=st.booleans(),
        stages=st.integers(0, 1),
    )
    def subscribe(self, kind: type, is_coroutine: bool, fails: bool, stages: int) -> None:
        seen: list[Any] = []

        def handler(event: Any) -> None:
            if not seen or seen[-1] is not event:  # the second attempt follows the first
                seen.append(event)
            if fails:
                raise OSError

        async def coroutine(event: Any) -> None:
            if event.number % 3 == 0:
                await asyncio.sleep(0)
            handler(event)

        subscription = self.bus.subscribe(
            kind, coroutine if is_coroutine else handler, pipeline=self.pipelines[stages]
        )
        self.promised.append(Promised(subscription, kind, len(self.log), fails, seen))

    @precondition(lambda self: self.promised)
    @rule(data=st.data())
    def unsubscribe(self, data: st.DataObject) -> None:
        each = self.promised.pop(data.draw(st.integers(0, len(self.promised) - 1)))
        assert each.subscription.unsubscribe(timeout=PATIENCE)
        self.check(each)

    @precondition(lambda self: len(self.letters) > 0)
    @rule()
    def discard(self) -> None:
        self.letters.discard()

    # -- what is promised -------------------------------------------------------------------------

    @invariant()
    def everybody_has_seen_what_the_log_has(self) -> None:
        if not hasattr(self, "log"):
            return
        deadline = self.bus._host.monotonic() + PATIENCE
        assert self.bus._waits.until(self.bus._closer.is_quiet, deadline)
        for each in self.promised:
            self.check(each)
        assert self.bus.metrics().published == len(self.log)

    def check(self, each: Promised) -> None:
        expected = [event for event in self.log[each.start :] if isinstance(event, each.kind)]
        assert each.seen == expected
        failed = len(expected) if each.fails else 0
        assert (each.subscription.handled, each.subscription.failed) == (
            len(expected) - failed,
            failed,
        )


class ChannelMachine(Machine):
    make_bus = staticmethod(channel_bus)


class RingMachine(Machine):
    make_bus = staticmethod(ring_bus)


TestChannel = ChannelMachine.TestCase
TestRing = RingMachine.TestCase
TestChannel.settings = TestRing.settings = settings(
    max_examples=examples(10, 40), stateful_step_count=20, deadline=None, report_multiple_bugs=False
)
