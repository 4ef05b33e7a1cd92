"""Options: checked as a whole, from wherever they come."""

import inspect
import itertools
import logging
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies

from ringbuffer import wait
from ringbuffer.messaging import (
    MODE_VARIABLE,
    ChannelEventBus,
    EventBusOptions,
    InMemoryQueueOptions,
    InMemoryQueueOptionsBuilder,
    ProducerMode,
    QueueMode,
    RingBufferEventBus,
    RingBufferQueue,
    WaitStrategyKind,
    create_event_bus,
    create_queue,
    environment,
    make_wait_strategy,
    options_from_mapping,
    options_from_toml,
    use_event_bus,
    use_in_memory_queue,
    with_environment,
)

RING = QueueMode.RING_BUFFER


def test_the_default_is_channel_mode() -> None:
    options = InMemoryQueueOptions()
    assert (options.mode, options.buffer_size, options.drop_when_full) == (
        QueueMode.CHANNEL,
        1024,
        False,
    )
    assert (options.wait_strategy, options.producer_mode) == (
        WaitStrategyKind.ADAPTIVE,
        ProducerMode.MULTI,
    )


INVALID = [
    (
        {"mode": "channel"},
        TypeError,
        "mode must be a QueueMode: CHANNEL, RING_BUFFER, not 'channel'",
    ),
    (
        {"wait_strategy": None},
        TypeError,
        "wait_strategy must be a WaitStrategyKind: BLOCKING, TIMEOUT_BLOCKING",
    ),
    ({"producer_mode": 1}, TypeError, "producer_mode must be a ProducerMode: SINGLE, MULTI, not 1"),
    ({"buffer_size": "8"}, TypeError, "buffer_size must be an integer, not '8'"),
    ({"buffer_size": True}, TypeError, "buffer_size must be an integer, not True"),
    ({"buffer_size": 0}, ValueError, "buffer_size must be from 1 to 1,073,741,824, not 0"),
    ({"buffer_size": (1 << 30) + 1}, ValueError, "buffer_size must be from 1 to"),
    ({"drop_when_full": 1}, TypeError, "drop_when_full must be True or False, not 1"),
    (
        {"mode": RING, "buffer_size": 1000},
        ValueError,
        "must be a power of two in ring mode, not 1000; the next one is 1024",
    ),
    (
        {"mode": RING, "drop_when_full": True},
        ValueError,
        "drop_when_full=True, but a queue in ring mode cannot drop",
    ),
]


@pytest.mark.parametrize(("values", "error", "says"), INVALID)
def test_what_is_wrong_is_said_when_they_are_built(
    values: dict[str, Any], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        InMemoryQueueOptions(**values)


@pytest.mark.parametrize("mode", list(QueueMode))
@pytest.mark.parametrize("size", [-1, 0, 1, 3, 8, 1000, 1 << 30, 1 << 31])
@pytest.mark.parametrize("drop", [False, True])
@pytest.mark.parametrize("wait_strategy", list(WaitStrategyKind))
@pytest.mark.parametrize("producers", list(ProducerMode))
def test_every_combination_is_valid_or_refused(
    mode: QueueMode, size: int, drop: bool, wait_strategy: WaitStrategyKind, producers: ProducerMode
) -> None:
    in_range = 1 <= size <= 1 << 30
    valid = in_range and (mode is QueueMode.CHANNEL or (size.bit_count() == 1 and not drop))
    if valid:
        InMemoryQueueOptions(mode, size, drop, wait_strategy, producers)
    else:
        with pytest.raises(
            ValueError,
            match="buffer_size" if not in_range or size.bit_count() > 1 else "drop_when_full",
        ):
            InMemoryQueueOptions(mode, size, drop, wait_strategy, producers)


STRATEGIES = {
    WaitStrategyKind.BLOCKING: wait.BlockingWaitStrategy,
    WaitStrategyKind.TIMEOUT_BLOCKING: wait.TimeoutBlockingWaitStrategy,
    WaitStrategyKind.LITE_BLOCKING: wait.LiteBlockingWaitStrategy,
    WaitStrategyKind.SLEEPING: wait.SleepingWaitStrategy,
    WaitStrategyKind.YIELDING: wait.YieldingWaitStrategy,
    WaitStrategyKind.PHASED_BACKOFF: wait.PhasedBackoffWaitStrategy,
    WaitStrategyKind.ADAPTIVE: wait.AdaptiveWaitStrategy,
    WaitStrategyKind.BUSY_SPIN: wait.BusySpinWaitStrategy,
}


@pytest.mark.parametrize("kind", list(WaitStrategyKind))
def test_each_kind_makes_its_strategy(kind: WaitStrategyKind) -> None:
    assert type(make_wait_strategy(kind)) is STRATEGIES[kind]
    assert make_wait_strategy(kind) is not make_wait_strategy(kind)


def test_every_strategy_of_the_library_has_a_kind() -> None:
    names = {
        name for name in wait.__all__ if name.endswith("WaitStrategy") and name != "WaitStrategy"
    }
    assert {strategy.__name__ for strategy in STRATEGIES.values()} == names


def test_an_unknown_kind_is_an_error() -> None:
    with pytest.raises(
        TypeError, match=r"made from a WaitStrategyKind: BLOCKING.*, not from 'sleeping'"
    ):
        make_wait_strategy("sleeping")  # type: ignore[arg-type]


type Calls = dict[str, Callable[[InMemoryQueueOptionsBuilder], object]]

CALLS: Calls = {
    "mode": lambda queue: queue.use_ring_buffer_mode(),
    "size": lambda queue: queue.with_buffer_size(4096),
    "wait": lambda queue: queue.with_wait_strategy(WaitStrategyKind.YIELDING),
    "producers": lambda queue: queue.with_producer_mode(ProducerMode.SINGLE),
    "drop": lambda queue: queue.drop_when_full(False),
}


class TestBuilder:
    def test_it_reads_as_a_sentence(self) -> None:
        options = use_in_memory_queue(
            lambda queue: (
                queue.use_ring_buffer_mode()
                .with_buffer_size(4096)
                .with_wait_strategy(WaitStrategyKind.ADAPTIVE)
                .with_producer_mode(ProducerMode.MULTI)
            )
        )
        assert options == InMemoryQueueOptions(RING, 4096)

    def test_nothing_said_is_the_default(self) -> None:
        assert use_in_memory_queue() == InMemoryQueueOptions()
        assert use_in_memory_queue(lambda queue: queue.use_channel_mode()) == InMemoryQueueOptions()

    @given(strategies.permutations(list(CALLS)))
    def test_the_order_of_the_calls_does_not_matter(self, order: list[str]) -> None:
        builder = InMemoryQueueOptionsBuilder()
        for name in order:
            CALLS[name](builder)
        assert builder.build() == InMemoryQueueOptions(
            RING, 4096, False, WaitStrategyKind.YIELDING, ProducerMode.SINGLE
        )

    @pytest.mark.parametrize("order", list(itertools.permutations(["mode", "odd", "right"])))
    def test_what_counts_is_what_was_said_last_not_what_it_was_on_the_way(
        self, order: tuple[str, ...]
    ) -> None:
        calls: Calls = {
            **CALLS,
            "odd": lambda queue: queue.with_buffer_size(1000),
            "right": lambda queue: queue.with_buffer_size(8),
        }
        builder = InMemoryQueueOptionsBuilder()
        for name in order:
            calls[name](builder)
        if order.index("odd") > order.index("right"):
            with pytest.raises(ValueError, match="power of two in ring mode, not 1000"):
                builder.build()
        else:
            assert builder.build().buffer_size == 8

    @pytest.mark.parametrize("order", list(itertools.permutations(["mode", "drop"])))
    def test_a_ring_that_drops_is_refused_in_either_order(self, order: tuple[str, ...]) -> None:
        calls: Calls = {**CALLS, "drop": lambda queue: queue.drop_when_full()}
        with pytest.raises(ValueError, match="cannot drop"):
            use_in_memory_queue(lambda queue: [calls[name](queue) for name in order])


class TestMapping:
    def test_names_and_values_are_those_of_the_options(self) -> None:
        options = options_from_mapping(
            {
                "mode": "ring_buffer",
                "buffer_size": 64,
                "wait_strategy": "busy_spin",
                "producer_mode": "single",
            }
        )
        assert options == InMemoryQueueOptions(
            RING, 64, False, WaitStrategyKind.BUSY_SPIN, ProducerMode.SINGLE
        )
        assert options_from_mapping({}) == InMemoryQueueOptions()
        assert options_from_mapping({"mode": RING}).mode is RING

    @pytest.mark.parametrize(
        ("mapping", "error", "says"),
        [
            (
                {"bufer_size": 8},
                ValueError,
                "unknown queue option 'bufer_size'; the options are mode, buffer_size, "
                "drop_when_full, wait_strategy, producer_mode",
            ),
            (
                {"mode": "ring"},
                ValueError,
                "mode must be one of 'channel', 'ring_buffer', not 'ring'",
            ),
            ({"mode": 1}, TypeError, "mode must be one of 'channel', 'ring_buffer', not 1"),
            (
                {"wait_strategy": "spinning"},
                ValueError,
                "wait_strategy must be one of 'blocking', .*, not 'spinning'",
            ),
            ({"mode": "ring_buffer", "buffer_size": 9}, ValueError, "power of two"),
            ([], TypeError, "must be a mapping"),
        ],
    )
    def test_what_is_wrong_is_named(self, mapping: Any, error: type[Exception], says: str) -> None:
        with pytest.raises(error, match=says):
            options_from_mapping(mapping)


class TestToml:
    def write(self, folder: Path, text: str) -> Path:
        path = folder / "queues.toml"
        path.write_text(text)
        return path

    def test_a_table_of_a_file_is_read(self, tmp_path: Path) -> None:
        path = self.write(
            tmp_path,
            "[queue]\nmode = 'ring_buffer'\nbuffer_size = 64\n[orders.queue]\nbuffer_size = 7\n",
        )
        assert options_from_toml(path) == InMemoryQueueOptions(RING, 64)
        assert options_from_toml(str(path), "orders.queue") == InMemoryQueueOptions(buffer_size=7)

    @pytest.mark.parametrize(
        ("text", "error", "says"),
        [
            (
                "[queue]\nsize = 8\n",
                ValueError,
                r"queues.toml, table \[queue\]: unknown queue option 'size'",
            ),
            (
                "[queue]\nbuffer_size = 'x'\n",
                TypeError,
                r"queues.toml, table \[queue\]: buffer_size must be an integer",
            ),
            ("[other]\n", ValueError, "there is no table 'queue'; the tables are other"),
            ("", ValueError, "there is no table 'queue'; there are no tables"),
            ("queue = 3", ValueError, "there is no table 'queue'"),
            ("[queue", ValueError, "queues.toml is not valid TOML"),
        ],
    )
    def test_what_is_wrong_is_said_with_the_place(
        self, tmp_path: Path, text: str, error: type[Exception], says: str
    ) -> None:
        with pytest.raises(error, match=says):
            options_from_toml(self.write(tmp_path, text))

    def test_a_file_that_is_not_there_is_an_error_of_the_system(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            options_from_toml(tmp_path / "none.toml")


class TestEnvironment:
    @pytest.fixture(autouse=True)
    def nothing_logged_yet(self) -> None:
        environment._logged.clear()

    def test_it_overrides_the_mode_and_that_is_logged_once(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setenv(MODE_VARIABLE, "channel")
        with caplog.at_level(logging.INFO, "ringbuffer.messaging"):
            for _ in range(3):
                with create_queue(InMemoryQueueOptions(RING, 8)) as queue:
                    assert not isinstance(queue, RingBufferQueue)
                    assert queue.buffer_size == 8
        assert [record.getMessage() for record in caplog.records] == [
            "the environment variable RINGBUFFER_QUEUE_MODE overrides the option mode: "
            "channel instead of ring_buffer"
        ]

    @pytest.mark.parametrize("value", ["ring_buffer", " RING_BUFFER ", "RingBuffer", "ring-buffer"])
    def test_it_can_switch_the_ring_on(self, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
        monkeypatch.setenv(MODE_VARIABLE, value)
        with create_queue() as queue:
            assert isinstance(queue, RingBufferQueue)

    @pytest.mark.parametrize("value", ["", "  "])
    def test_empty_is_unset(self, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
        monkeypatch.setenv(MODE_VARIABLE, value)
        with create_queue(InMemoryQueueOptions(RING, 8)) as queue:
            assert isinstance(queue, RingBufferQueue)

    def test_the_mode_that_is_set_anyway_is_not_logged(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setenv(MODE_VARIABLE, "channel")
        create_queue().close()
        assert not caplog.records

    def test_an_unknown_mode_is_an_error(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(MODE_VARIABLE, "fast")
        with pytest.raises(
            ValueError,
            match="environment variable RINGBUFFER_QUEUE_MODE is wrong: "
            "mode must be one of 'channel', 'ring_buffer', not 'fast'",
        ):
            create_queue()

    @pytest.mark.parametrize(
        "options",
        [InMemoryQueueOptions(drop_when_full=True), InMemoryQueueOptions(buffer_size=1000)],
    )
    def test_options_that_a_ring_cannot_have_are_refused(
        self, monkeypatch: pytest.MonkeyPatch, options: InMemoryQueueOptions
    ) -> None:
        monkeypatch.setenv(MODE_VARIABLE, "ring_buffer")
        with pytest.raises(ValueError, match="sets RINGBUFFER_QUEUE_MODE=ring_buffer, but"):
            create_queue(options)

    def test_every_option_of_a_queue_has_a_variable(self, monkeypatch: pytest.MonkeyPatch) -> None:
        texts = {
            "MODE": "RingBuffer",
            "BUFFER_SIZE": "64",
            "DROP_WHEN_FULL": "no",
            "WAIT_STRATEGY": "BusySpin",
            "PRODUCER_MODE": "Single",
        }
        assert {each.name.upper() for each in fields(InMemoryQueueOptions)} == set(texts)
        for name, text in texts.items():
            monkeypatch.setenv(f"RINGBUFFER_QUEUE_{name}", text)
        assert with_environment(InMemoryQueueOptions()) == InMemoryQueueOptions(
            RING, 64, False, WaitStrategyKind.BUSY_SPIN, ProducerMode.SINGLE
        )
        assert with_environment(EventBusOptions()) == EventBusOptions()

    def test_every_option_of_a_bus_has_a_variable(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setenv("RINGBUFFER_EVENT_BUS_MODE", "ring_buffer")
        monkeypatch.setenv("RINGBUFFER_EVENT_BUS_BUFFER_SIZE", "8")
        with create_event_bus(name="news") as bus:
            assert isinstance(bus, RingBufferEventBus)
            assert (bus.name, bus.buffer_size) == ("news", 8)
        assert [record.getMessage() for record in caplog.records] == [
            "the environment variable RINGBUFFER_EVENT_BUS_MODE overrides the option mode: "
            "ring_buffer instead of channel",
            "the environment variable RINGBUFFER_EVENT_BUS_BUFFER_SIZE overrides the option "
            "buffer_size: 8 instead of 4096",
        ]

    @pytest.mark.parametrize(
        ("name", "text", "says"),
        [
            ("BUFFER_SIZE", "many", "sets RINGBUFFER_QUEUE_BUFFER_SIZE=many, but buffer_size must"),
            ("BUFFER_SIZE", "-8", "sets RINGBUFFER_QUEUE_BUFFER_SIZE=-8, but buffer_size must be"),
            ("DROP_WHEN_FULL", "maybe", "DROP_WHEN_FULL=maybe, but drop_when_full must be True"),
            ("WAIT_STRATEGY", "nap", "RINGBUFFER_QUEUE_WAIT_STRATEGY is wrong: wait_strategy must"),
        ],
    )
    def test_a_wrong_value_is_refused_with_the_variable(
        self, monkeypatch: pytest.MonkeyPatch, name: str, text: str, says: str
    ) -> None:
        monkeypatch.setenv(f"RINGBUFFER_QUEUE_{name}", text)
        with pytest.raises(ValueError, match=says):
            create_queue()


class TestBuses:
    @pytest.mark.parametrize(
        ("mode", "kind"), [(QueueMode.CHANNEL, ChannelEventBus), (RING, RingBufferEventBus)]
    )
    def test_the_mode_chooses_the_class_and_both_take_the_same_arguments(
        self, mode: QueueMode, kind: type
    ) -> None:
        options = EventBusOptions(mode, 8, WaitStrategyKind.YIELDING, ProducerMode.SINGLE)
        with create_event_bus(options, name="news") as bus:
            assert type(bus) is kind
            assert (bus.name, bus.buffer_size) == ("news", 8)
        parameters = [inspect.signature(each) for each in (ChannelEventBus, RingBufferEventBus)]
        assert parameters[0] == parameters[1]

    def test_the_builder_reads_as_a_sentence(self) -> None:
        options = use_event_bus(
            lambda bus: (
                bus.use_ring_buffer_mode()
                .with_buffer_size(16)
                .with_wait_strategy(WaitStrategyKind.BLOCKING)
                .with_producer_mode(ProducerMode.SINGLE)
            )
        )
        assert options == EventBusOptions(RING, 16, WaitStrategyKind.BLOCKING, ProducerMode.SINGLE)
        assert use_event_bus() == use_event_bus(lambda bus: bus.use_channel_mode())

    def test_a_mapping_or_a_file_describes_one(self, tmp_path: Path) -> None:
        mapping = {"mode": "RingBuffer", "buffer_size": "16"}
        options = EventBusOptions(RING, 16)
        assert options_from_mapping(mapping, EventBusOptions) == options
        path = tmp_path / "settings.toml"
        path.write_text("[event_bus]\nmode = 'RingBuffer'\nbuffer_size = 16\n")
        assert options_from_toml(path, None, EventBusOptions) == options
        with pytest.raises(ValueError, match="unknown event bus option 'drop_when_full'"):
            options_from_mapping({"drop_when_full": True}, EventBusOptions)

    def test_one_is_made_from_options_alone(self) -> None:
        with pytest.raises(TypeError, match="options must be EventBusOptions"):
            create_event_bus(InMemoryQueueOptions())  # type: ignore[arg-type]


def test_the_usual_spellings_of_a_value_are_known() -> None:
    for spelling in ("TimeoutBlocking", "timeout_blocking", "timeout-blocking", "TIMEOUT BLOCKING"):
        assert WaitStrategyKind(spelling) is WaitStrategyKind.TIMEOUT_BLOCKING
    for wrong in ("", "Ring", None, 1):
        with pytest.raises(ValueError, match="is not a valid QueueMode"):
            QueueMode(wrong)
    assert options_from_mapping({"drop_when_full": "yes"}).drop_when_full


def test_a_queue_is_made_from_options_alone() -> None:
    with pytest.raises(TypeError, match="options must be InMemoryQueueOptions"):
        create_queue({"mode": "channel"})  # type: ignore[arg-type]
