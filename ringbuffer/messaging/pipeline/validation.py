"""The stage `Validation`: keeps invalid messages from the handler, and never retries them."""

from collections.abc import Callable, Generator, Mapping
from typing import Any, Final

from ringbuffer.checks import check_can_be_called
from ringbuffer.messaging.dead_letters import DeadLetters
from ringbuffer.messaging.delivery import Delivery

#: Raises an exception, or returns False, if the message is not valid. Other results are ignored.
type Validator = Callable[[Any], object]


class ValidationError(ValueError):
    """A validator returned False."""


class Validation:
    """Calls the validators of a message's class, and of its base classes, before the next stage.

    A validator refuses a message when it raises, or returns False. Then the next stages do not run.

    Args:
        validators: the validators, by class of message.
        dead_letters: receives refused messages; None only reports the error.

    Raises:
        TypeError: a key is not a class, or a validator cannot be called with one message.
    """

    def __init__(
        self, validators: Mapping[type, Validator], dead_letters: DeadLetters | None = None
    ) -> None:
        for kind, validator in validators.items():
            if not isinstance(kind, type):
                raise TypeError(f"the keys of validators must be classes; {kind!r} is not a class")
            if not callable(validator):
                raise TypeError(
                    f"the validator of {kind.__name__} must be a function of one message, "
                    f"not {validator!r}"
                )
            check_can_be_called(f"the validator of {kind.__name__}", validator, 1)
        self._validators: Final = dict(validators)
        self._dead_letters: Final = dead_letters
        #: The validators by class of message, filled as classes occur. Two threads that store the
        #: same class at once store equal values.
        self._found: Final[dict[type, tuple[Validator, ...]]] = {}

    def _validators_of(self, kind: type) -> tuple[Validator, ...]:
        return tuple(each for base, each in self._validators.items() if issubclass(kind, base))

    def around(self, delivery: Delivery) -> Generator[None, object, object]:
        """See `Stage.around`."""
        message = delivery.message
        kind = type(message)
        try:
            validators = self._found.get(kind)
            if validators is None:
                validators = self._found[kind] = self._validators_of(kind)
        except TypeError:  # a class that cannot be hashed: looked up each time
            validators = self._validators_of(kind)
        try:
            for validator in validators:
                if validator(message) is False:
                    name = getattr(validator, "__qualname__", repr(validator))
                    raise ValidationError(f"{name} refused {message!r}")
                name = ""  # see `ringbuffer.system`: a statement after the test
        except Exception as error:
            if self._dead_letters is not None:
                self._dead_letters.add(delivery, error)
            raise
        return (yield)
