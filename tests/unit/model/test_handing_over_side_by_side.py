"""A single producer that hands over its production, even between a claim and its publication, beside the same mirror.

The mirror knows one producer and no hand-over: nothing that others see may change by it.
"""

from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import rule

from ringbuffer import ProducerThreadError, SingleProducerSequencer
from tests.unit.model.driven_sequencers import DrivenSingle
from tests.unit.model.driving import side_by_side
from tests.unit.model.test_sequencers_side_by_side import SequencerMachine


class HandOverMachine(SequencerMachine):
    kind = DrivenSingle

    @rule(n=st.integers(1, 16))
    def hand_over(self, n: int) -> None:
        """The successor goes on where the former one was, most often with a claim; that one can do nothing any more."""
        self.claim(0, n, None)
        assert isinstance(self.sequencer, SingleProducerSequencer)
        ((name, former),) = self.producers.items()
        self.sequencer.release_producer()
        assert self.sequencer.claimed == self.mirror.claimed()
        self.producers[name] = self.sequencer.producer_barrier()
        for claim in (former.next, former.try_next):
            with pytest.raises(ProducerThreadError):
                claim(1)
        for publish in (former.publish, former.skip):
            with pytest.raises(ProducerThreadError):
                publish(self.mirror.cursor() + 1, self.mirror.cursor() + 1)


TestHandOver: Any = HandOverMachine.TestCase
TestHandOver.settings = side_by_side(40, 40)
