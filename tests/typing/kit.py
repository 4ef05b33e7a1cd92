"""Events, translators and handlers of the programs."""

from collections.abc import Sequence

from ringbuffer.records import ColumnRecords, PlainRecords


class Order:
    price = 0.0
    quantity = 0


def fill(order: Order, sequence: int, price: float, quantity: int) -> None:
    order.price, order.quantity = price, quantity


def fill_price(order: Order, sequence: int, price: float, quantity: int = 1) -> None:
    order.price, order.quantity = price, quantity


def fill_all(order: Order, sequence: int, *prices: float) -> None:
    order.price = sum(prices)


def fill_nothing(order: Order, sequence: int) -> None:
    order.price = 0.0


def fill_text(text: str, sequence: int, price: float) -> None:
    raise NotImplementedError


class Filler:
    def translate_to(self, order: Order, sequence: int, price: float) -> None:
        order.price = price


def handle(order: Order, sequence: int, end_of_batch: bool) -> None:
    order.quantity += 1


async def handle_later(order: Order, sequence: int, end_of_batch: bool) -> None:
    order.quantity += 1


def handle_two(order: Order, sequence: int) -> None:
    order.quantity += 1


def handle_text(text: str, sequence: int, end_of_batch: bool) -> None:
    raise NotImplementedError


class Handler:
    def on_event(self, order: Order, sequence: int, end_of_batch: bool) -> None:
        order.quantity += 1


class BatchHandler:
    def on_batch(self, orders: Sequence[Order], first: int) -> None:
        assert orders


class HandlerOfTwo:
    def on_event(self, order: Order, sequence: int) -> None:
        order.quantity += 1


class RecordHandler:
    def on_batch(self, records: PlainRecords, first: int) -> None:
        assert records["price"]


class ColumnHandler:
    def on_batch(self, records: ColumnRecords, first: int) -> None:
        assert records["price"].size
