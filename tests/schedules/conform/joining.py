"""Joining: a processor joins a ring with several producers, and leaves it again. Every step of the model is one access, but:

* `LoadMembers` is the load of the version; the members are an attribute, which is loaded with it or was before, and replaced
  (`ReplaceMembers`) just before the version is raised. So that step shows with the next one, as a decision does. So does
  `Leave`, which is both at once: it is the raising of the version.
* The model publishes each slot as it is written, so claims are of one event.
* A newcomer sets its own sequence before it is a member, which the model knows, and finds its own last event by a load of what
  only it stores.
"""

from dataclasses import dataclass
from typing import Any

from ringbuffer import BatchEventProcessor, ProducerType, Sequence
from tests.schedules.conform.graph import Access, Excuse
from tests.schedules.conform.run import Pick
from tests.schedules.memory import Event
from tests.schedules.scheduler import Step
from tests.schedules.world import World
from tests.unit.model.graphs import State
from tests.unit.model.joining import Joining
