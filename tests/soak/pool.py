"""`settle_pool`: the account of workers that share the messages: each goes to exactly one."""

from collections.abc import Mapping

from tests.soak.ledger import HANDLED, NEVER, Account, Ledger

#: A bit for each message, at any worker that it came to; and at any that handled it.
_CAME = bytes(int(mark != NEVER) for mark in range(256))
_DONE = bytes(int(mark == HANDLED) for mark in range(256))


def settle_pool(ledgers: list[Ledger], published: Mapping[int, int]) -> Account:
    """The sum of the workers' ledgers; one worker gets messages of one producer in order.

    Args:
        ledgers: of all workers, each of which has ended.
        published: how many messages each producer has published.
    """
    account = Account()
    for ledger in ledgers:
        account.doubled += ledger.doubled
        account.torn += ledger.torn
        account.reordered += sum(ledger.reordered.values())
        account.phantoms += sum(
            len(marks) - marks.count(NEVER)
            for producer in ledger.producers
            if (marks := ledger.marks(producer, 0)[published.get(producer, 0) :])
        )
    for producer, count in published.items():
        union = 0
        for ledger in ledgers:
            marks = ledger.marks(producer, count)[:count]
            came = int.from_bytes(marks.translate(_CAME))
            account.doubled += (union & came).bit_count()
            union |= came
            account.handled += marks.translate(_DONE).count(1)
        account.arrived += union.bit_count()
        account.lost += count - union.bit_count()
    account.failed = account.arrived - account.handled
    return account
