"""A single producer that hands over its role, even between claim and publication, and the mirror.

The mirror knows one producer and no hand-over: nothing that others see may change by it.
"""

from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import rule

from ringbuffer import ProducerThreadError, SingleProducerSequencer
from ringbuffer.producer import producer_ops
from spec.mirrors.driven_sequencers import DrivenSingle
from tests.support.side_by_side import side_by_side
from tests.unit.model.test_sequencers_side_by_side import SequencerMachine


class HandOverMachine(SequencerMachine):
    kind = DrivenSingle

    @rule(n=st.integers(1, 16))
    def hand_over(self, n: int) -> None:
        """The successor continues where the former producer was, most often with a claim.

        The former producer can do nothing any more.
        """
        self.claim(0, n, None)
        assert isinstance(self.sequencer, SingleProducerSequencer)
        ((name, former),) = self.producers.items()
        self.sequencer.release_producer()
        assert self.sequencer.claimed == self.mirror.claimed()
        self.producers[name] = producer_ops(self.sequencer)
        for claim in (former.next, former.try_next):
            with pytest.raises(ProducerThreadError):
                claim(1)
        for publish in (former.publish, former.skip):
            with pytest.raises(ProducerThreadError):
                publish(self.mirror.cursor() + 1, self.mirror.cursor() + 1)


TestHandOver: Any = HandOverMachine.TestCase
TestHandOver.settings = side_by_side(40, 40)
