"""The wiring language: which consumers a ring has, and which ones each of them comes after."""

from ringbuffer.disruptor.disruptor import Disruptor
from ringbuffer.disruptor.handler_spec import HandlerSpec, ProcessorFactory
from ringbuffer.disruptor.wiring import EventHandlerGroup, Wiring

__all__ = ["Disruptor", "EventHandlerGroup", "HandlerSpec", "ProcessorFactory", "Wiring"]
