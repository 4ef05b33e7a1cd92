"""The mirrors of both sequencers, claimed from and published to as the real ones are."""

from hypothesis import strategies as st

from ringbuffer.sequencer import MultiProducerSequencer, Sequencer, SingleProducerSequencer
from tests.unit.model.driving import FOREVER, Driven
from tests.unit.model.mirrors import CONSUMERS, DEPENDENCIES
from tests.unit.model.multi_producer import MultiProducer
from tests.unit.model.single_producer import PRODUCER, SingleProducer

#: One consumer; two that know nothing of each other; a chain; a diamond.
GRAPHS = [("One", "Independent"), ("Two", "Independent"), ("Two", "Chain"), ("Three", "Diamond")]

#: Claims one after the other: how many, whether they are skipped, and how far the consumers come before the next one.
ROUND = st.tuples(st.integers(1, 16), st.booleans(), st.sampled_from(["no further", "reading", "done"]))
ROUNDS = st.lists(ROUND, max_size=8)

type Rounds = list[tuple[int, bool, str]]

#: A producer of the multi producer mirror that never claims in earnest: it only looks.
WATCHER = "watcher"


def dependencies_of(graph: tuple[str, str]) -> dict[str, frozenset[str]]:
    consumers, shape = graph
    return {each: DEPENDENCIES[shape].get(each, frozenset()) for each in sorted(CONSUMERS[consumers])}


class DrivenSequencer(Driven):
    """What both have in common: consumers with sequences, and a limit."""

    real: type[Sequencer]
    producers: tuple[str, ...]

    @property
    def dependencies(self) -> dict[str, frozenset[str]]:
        given: dict[str, frozenset[str]] = self.mirror.dependencies
        return given

    @property
    def lowest(self) -> int:
        """The slowest consumer's sequence."""
        lowest: int = min(self.state["sequence"].values())
        return lowest

    def room(self) -> int:
        """How many slots may be claimed."""
        size: int = self.mirror.size
        return max(0, min(size, size - (self.claimed() - min(self.lowest, self.published()))))

    def claimed(self) -> int:
        raise NotImplementedError

    def published(self) -> int:
        raise NotImplementedError


class DrivenSingle(DrivenSequencer):
    """The single producer's. It publishes a claim before it makes the next one."""

    real = SingleProducerSequencer
    producers = (PRODUCER,)

    def __init__(self, size: int, dependencies: dict[str, frozenset[str]]) -> None:
        super().__init__(SingleProducer(size, FOREVER, frozenset(), dependencies))

    def may_claim(self, n: int) -> bool:
        """Whether a claim would find room; only where the producer has published."""
        before = self.state
        found = self.claim(PRODUCER, n) is not None
        self.state = before
        return found

    def claim(self, producer: str, n: int) -> int | None:
        """Claim if there is room. The model's producer looks again for ever; one look is a `try_next`."""
        before = self.state
        label = self.fire(producer, batches=frozenset({n}))
        while self.at(producer) == "look" and label != "KeepLimit":
            label = self.fire(producer)
        if self.at(producer) == "write":
            high: int = self.state["high"]
            return high
        self.state = {**before, "limit": self.state["limit"]}
        return None

    def publish(self, producer: str, count: int) -> None:
        """All of the claim: there is one cursor to store."""
        self.go(producer, "claim")

    def claimed(self) -> int:
        claimed: int = self.state["high"] if self.at(PRODUCER) == "write" else self.state["claimed"]
        return claimed

    def cursor(self) -> int:
        cursor: int = self.state["cursor"]
        return cursor

    def published(self) -> int:
        return self.cursor()

    def is_available(self, sequence: int) -> bool:
        behind: int = self.claimed() - self.mirror.size
        return max(behind, -1) < sequence <= self.cursor()

    def look(self, consumer: str) -> int:
        """A consumer's look: what is available to it. Afterwards it is reading, or waits again."""
        self.go(consumer, "reading", "wait")
        available: int = self.state["available"][consumer]
        return available


class DrivenMulti(DrivenSequencer):
    """The multi producer's."""

    real = MultiProducerSequencer
    producers = ("p", "q")

    def __init__(self, size: int, dependencies: dict[str, frozenset[str]]) -> None:
        producers = frozenset({*self.producers, WATCHER})
        super().__init__(MultiProducer(size, FOREVER, frozenset(), producers, dependencies, False))

    def may_claim(self, n: int) -> bool:
        """Whether a claim would find room."""
        before = self.state
        found = self.claim(WATCHER, n) is not None
        self.state = before
        return found

    def claim(self, producer: str, n: int) -> int | None:
        """Claim if there is room, as `try_next` does, and write what is claimed."""
        self.go(producer, "write", "claim", batches=frozenset({n}))
        if self.at(producer) == "claim":
            return None
        self.go(producer, "publish")
        high: int = self.state["local"][producer]["high"]
        return high

    def publish(self, producer: str, count: int) -> None:
        """The next `count` of the claim, slot by slot."""
        for _ in range(count):
            self.fire(producer, "Publish")

    def claimed(self) -> int:
        return self.cursor()

    def cursor(self) -> int:
        cursor: int = self.state["cursor"]
        return cursor

    def published(self) -> int:
        """Up to the first gap, searched from the beginning of the lap."""
        before = self.state
        self.set(**self.mirror.start_search(self.state, WATCHER, -1))
        while self.at(WATCHER) == "search":
            self.set(**self.mirror.search(self.state, WATCHER))
        known: int = self.state["local"][WATCHER]["known"]
        self.state = before
        return known

    def is_available(self, sequence: int) -> bool:
        size: int = self.mirror.size
        is_published: bool = self.state["flags"][sequence % size] == self.mirror.parity(sequence)
        return max(self.cursor() - size, -1) < sequence <= self.cursor() and is_published

    def look(self, consumer: str) -> int:
        """A consumer's look: what is available to it. Afterwards it is reading, or waits again.

        Where nothing new is published the model's consumer does not look at its dependencies; the real one does, and tells.
        """
        self.go(consumer, "found")
        known: int = self.state["local"][consumer]["known"]
        self.go(consumer, "reading", "wait")
        before: list[int] = [self.state["sequence"][each] for each in self.dependencies[consumer]]
        return min([known, *before])
