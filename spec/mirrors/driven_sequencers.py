"""The mirrors of both sequencers, driven by whole claims and publications."""

from abc import ABC, abstractmethod

from spec.mirrors.driven import FOREVER, Driven
from spec.mirrors.multi_producer import MultiProducer
from spec.mirrors.single_producer import PRODUCER, SingleProducer

#: A producer of the mirror of MultiProducer that only looks: none of its claims is kept.
WATCHER = "watcher"


class DrivenSequencer(Driven, ABC):
    """What both mirrors have in common: consumers with sequences, and a limit.

    Attributes:
        producers: the producers that claim.
        looker: the producer that `may_claim` uses.
    """

    producers: tuple[str, ...]
    looker: str

    @property
    def dependencies(self) -> dict[str, frozenset[str]]:
        given: dict[str, frozenset[str]] = self.mirror.dependencies
        return given

    @property
    def lowest(self) -> int:
        """The sequence of the slowest consumer."""
        lowest: int = min(self.state["sequence"].values())
        return lowest

    def room(self) -> int:
        """Returns how many slots a producer may claim."""
        size: int = self.mirror.size
        return max(0, min(size, size - (self.claimed() - min(self.lowest, self.published()))))

    @abstractmethod
    def claimed(self) -> int:
        """Returns the highest claimed sequence."""

    @abstractmethod
    def published(self) -> int:
        """Returns the highest sequence up to which everything is published."""

    @abstractmethod
    def claim(self, producer: str, n: int) -> int | None:
        """Claim `n` slots if there is free capacity, as `try_next` does.

        Returns the highest sequence.
        """

    @abstractmethod
    def publish(self, producer: str, count: int) -> None:
        """Publish the next `count` sequences of the claim."""

    @abstractmethod
    def is_available(self, sequence: int) -> bool:
        """Whether a sequence is published and not overwritten."""

    @abstractmethod
    def look(self, consumer: str) -> int:
        """Let a waiting consumer look.

        Returns the highest sequence that it may read; then it reads, or waits again.
        """

    def cursor(self) -> int:
        """Returns the cursor."""
        cursor: int = self.state["cursor"]
        return cursor

    def may_claim(self, n: int) -> bool:
        """Whether a claim would find free capacity. A single producer must not have a claim."""
        before = self.state
        found = self.claim(self.looker, n) is not None
        self.state = before
        return found


class DrivenSingle(DrivenSequencer):
    """The mirror of SingleProducer. The producer publishes a claim before it makes the next one."""

    producers = (PRODUCER,)
    looker = PRODUCER

    def __init__(self, size: int, dependencies: dict[str, frozenset[str]]) -> None:
        super().__init__(SingleProducer(size, FOREVER, frozenset(), dependencies))

    def claim(self, producer: str, n: int) -> int | None:
        # The producer of the model looks forever. One look of it is a `try_next`.
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
        # It publishes the whole claim, because it stores one cursor.
        self.go(producer, "claim")

    def claimed(self) -> int:
        claimed: int = self.state["high"] if self.at(PRODUCER) == "write" else self.state["claimed"]
        return claimed

    def published(self) -> int:
        return self.cursor()

    def is_available(self, sequence: int) -> bool:
        behind: int = self.claimed() - self.mirror.size
        return max(behind, -1) < sequence <= self.cursor()

    def look(self, consumer: str) -> int:
        self.go(consumer, "reading", "wait")
        available: int = self.state["available"][consumer]
        return available


class DrivenMulti(DrivenSequencer):
    """The mirror of MultiProducer."""

    producers = ("p", "q")
    looker = WATCHER

    def __init__(self, size: int, dependencies: dict[str, frozenset[str]]) -> None:
        producers = frozenset({*self.producers, WATCHER})
        super().__init__(MultiProducer(size, FOREVER, frozenset(), producers, dependencies, False))

    def claim(self, producer: str, n: int) -> int | None:
        self.go(producer, "write", "claim", batches=frozenset({n}))
        if self.at(producer) == "claim":
            return None
        self.go(producer, "publish")
        high: int = self.state["local"][producer]["high"]
        return high

    def publish(self, producer: str, count: int) -> None:
        for _ in range(count):
            self.fire(producer, "Publish")

    def claimed(self) -> int:
        return self.cursor()

    def published(self) -> int:
        # It searches for the first gap, from the beginning of the lap.
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
        # Without a new publication the consumer of the model does not look at its dependencies. The
        # real consumer does, and returns the lower sequence.
        self.go(consumer, "found")
        known: int = self.state["local"][consumer]["known"]
        self.go(consumer, "reading", "wait")
        before: list[int] = [self.state["sequence"][each] for each in self.dependencies[consumer]]
        return min([known, *before])
