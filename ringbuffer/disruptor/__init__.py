"""The wiring language: which consumers a ring has, and who comes after whom."""

from ringbuffer.disruptor.consumer import Consumer, ProcessorFactory
from ringbuffer.disruptor.disruptor import Disruptor
from ringbuffer.disruptor.wiring import EventHandlerGroup, Wiring

__all__ = ["Consumer", "Disruptor", "EventHandlerGroup", "ProcessorFactory", "Wiring"]
