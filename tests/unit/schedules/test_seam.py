"""Production objects are made of the same parts as if no test had asked for a seam."""

import functools
from typing import Any

from ringbuffer import BatchEventProcessor, ProducerType, RingBuffer, Sequence
from ringbuffer.host import SYSTEM_HOST
from ringbuffer.memory import PROCESS_MEMORY
from ringbuffer.memory.words import PLAIN_MOVES_ARE_ORDERED, FencedWord


def test_a_hot_loop_touches_a_memoryview_and_functions_of_libpatomic() -> None:
    view: Any = Sequence().view()
    assert type(view.word) is (memoryview if PLAIN_MOVES_ARE_ORDERED else FencedWord)
    for operation in (view.compare_and_set, view.exchange, view.fetch_add):
        used = [variable.cell_contents for variable in operation.__closure__]
        assert {type(each) for each in used} == {memoryview, functools.partial}
        assert [type(each.func).__name__ for each in used if type(each) is functools.partial] == [
            "CFunctionType"
        ]


def test_the_default_providers_are_the_process_and_the_system() -> None:
    ring: RingBuffer[list[int]] = RingBuffer(2, list, ProducerType.SINGLE)
    assert ring.memory is PROCESS_MEMORY
    assert ring.host is SYSTEM_HOST
    processor: BatchEventProcessor[list[int]] = BatchEventProcessor(
        ring, ring.new_barrier(), lambda event, sequence, end_of_batch: None
    )
    assert processor.ring.host is SYSTEM_HOST
