"""A round of stress: what is right passes, and what is broken is found."""

import itertools
from collections import Counter

import pytest

from ringbuffer import barrier
from ringbuffer.programs.stress import once as topology
from ringbuffer.programs.stress.ledger import Account
from ringbuffer.programs.stress.shape import shape_of


@pytest.mark.parametrize("seed", range(6))
def test_a_topology_loses_nothing(seed: int) -> None:
    counts: Counter[str] = Counter()
    account = topology.run(shape_of(seed), counts)
    assert account.events > 0
    assert not account.faults
    assert counts["published"] > 0


def test_a_consumer_that_goes_too_far_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stages that do not wait for those before them."""
    monkeypatch.setattr(barrier, "Available", lambda published, dependents: published)
    account, seeds = Account(), itertools.count()
    # The threads decide when; the test's timeout is for a check that finds nothing
    while not account.early:
        account.add(topology.run(shape_of(next(seeds)), Counter()))
    assert "early" in account.faults
