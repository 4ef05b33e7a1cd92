"""The stage `Validation`: what is not valid never reaches the handler, and is never retried."""

from collections.abc import Callable, Generator, Mapping
from typing import Any, Final

from ringbuffer.checks import check_can_be_called
from ringbuffer.messaging.dead_letters import DeadLetterQueue
from ringbuffer.messaging.delivery import Delivery

#: Raises an exception if the message is not valid; what it returns is not looked at, unless it is False.
type Validator = Callable[[Any], object]


class ValidationError(ValueError):
    """A validator returned False."""


class Validation:
    """Asks the validators of a message's class, and of its base classes, before the message goes on.

    A validator refuses a message by raising, or by returning False. The rest of the pipeline is not entered then.

    Args:
        validators: by class of message.
        dead_letters: where refused messages go; None: the error alone is reported.

    Raises:
        TypeError: a key is no class, or a validator cannot be called with one message.
    """

    def __init__(self, validators: Mapping[type, Validator], dead_letters: DeadLetterQueue | None = None) -> None:
        for kind, validator in validators.items():
            if not isinstance(kind, type):
                raise TypeError(f"validators go by class; {kind!r} is no class")
            if not callable(validator):
                raise TypeError(f"the validator of {kind.__name__} must be a function of one message, not {validator!r}")
            check_can_be_called(f"the validator of {kind.__name__}", validator, 1)
        self._validators: Final = dict(validators)
        self._dead_letters: Final = dead_letters
        #: By class of message; filled as classes are met. Two threads that meet one at once store the same.
        self._found: Final[dict[type, tuple[Validator, ...]]] = {}

    def around(self, delivery: Delivery) -> Generator[None, object, object]:
        """See `Stage.around`."""
        message = delivery.message
        kind = type(message)
        validators = self._found.get(kind)
        if validators is None:
            validators = tuple(each for base, each in self._validators.items() if issubclass(kind, base))
            self._found[kind] = validators
        try:
            for validator in validators:
                if validator(message) is False:
                    name = getattr(validator, "__qualname__", repr(validator))
                    raise ValidationError(f"{name} refused {message!r}")
        except Exception as error:
            if self._dead_letters is not None:
                self._dead_letters.add(delivery, error)
            raise
        return (yield)
