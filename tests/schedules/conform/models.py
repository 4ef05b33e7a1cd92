"""Every model that production code runs in lock-step with, and its bounds."""

import functools
from typing import Final

from tests.schedules.conform.blocking import OfBlocking, blocking
from tests.schedules.conform.joining import OfJoining, joining
from tests.schedules.conform.lifecycle import OfLifecycle, lifecycle
from tests.schedules.conform.multi_producer import OfMultiProducer, multi_producer
from tests.schedules.conform.revoke import Claim, OfRevoke, revoke
from tests.schedules.conform.run import Conformity
from tests.schedules.conform.single_producer import OfSingleProducer, single_producer
from tests.schedules.conform.work_pool import OfWorkPool, work_pool

ONE: Final = "Consumers <- One; Dependencies <- Independent"
CHAIN: Final = "Consumers <- Two; Dependencies <- Chain"
PQ: Final = 'Producers = {"p", "q"}'


def single(name: str, constants: str, is_short: bool = True) -> Conformity:
    return Conformity(
        name, "SingleProducer", constants, OfSingleProducer, single_producer, is_short
    )


def multi(name: str, constants: str, is_short: bool = True) -> Conformity:
    return Conformity(name, "MultiProducer", constants, OfMultiProducer, multi_producer, is_short)


def waits(name: str, bounds: str, is_short: bool = True) -> Conformity:
    constants = f"Events = 2; {bounds}; {CHAIN}; Alerted = {{}}"
    return Conformity(name, "Blocking", constants, OfBlocking, blocking, is_short)


def alerts(name: str, bounds: str, alerted: str) -> Conformity:
    constants = f"Events = 1; {bounds}; {CHAIN}; Alerted = {{{alerted}}}"
    return Conformity(name, "Blocking", constants, OfBlocking, blocking, is_short=False)


def pool(name: str, constants: str, is_short: bool = True) -> Conformity:
    return Conformity(
        name, "WorkPool", f'{constants}; Workers = {{"v", "w"}}', OfWorkPool, work_pool, is_short
    )


def joins(name: str, bounds: str) -> Conformity:
    threads = 'Producers = {"p"}; Residents = {"a"}; Joiners = {"b"}'
    return Conformity(name, "Joining", f"{bounds}; {threads}", OfJoining, joining, is_short=False)


def life(name: str, constants: str, is_short: bool = True) -> Conformity:
    constants = f'Size = 1; Producers = {{"producer"}}; Consumers = {{"run"}}; {constants}'
    return Conformity(
        name, "Lifecycle", f"{constants}; MaySkip = FALSE", OfLifecycle, lifecycle, is_short
    )


def alone(
    name: str, bounds: str, *newcomers: str, how: Claim = Claim.NEXT, is_short: bool = False
) -> Conformity:
    others = ", ".join(f'"{each}"' for each in newcomers)
    waits = str(how is Claim.NEXT).upper()
    constants = (
        f'{bounds}; Owner = "o"; Newcomers = {{{others}}}; Waits = {waits}; Protocol = "revoke"'
    )
    build = functools.partial(revoke, how)
    return Conformity(name, "Revoke", constants, OfRevoke, build, is_short)


BLOCKING: Final = "Lite = FALSE; Spins = FALSE; MayTimeOut = FALSE"
LITE: Final = "Lite = TRUE; Spins = FALSE; MayTimeOut = FALSE"
ADAPTIVE: Final = "Lite = TRUE; Spins = TRUE; MayTimeOut = FALSE"
TIMEOUT: Final = "Lite = FALSE; Spins = FALSE; MayTimeOut = TRUE"
OPEN: Final = "MayClose = FALSE"
CLOSED: Final = "MayClose = TRUE"

CONFORMITIES: Final = {
    each.name: each
    for each in (
        single("single", f"Size = 2; Events = 4; Batches = {{1, 2}}; {ONE}"),
        single("single-chain", f"Size = 2; Events = 4; Batches = {{1, 2}}; {CHAIN}", False),
        single(
            "single-diamond",
            "Size = 1; Events = 2; Batches = {1}; Consumers <- Three; Dependencies <- Diamond",
            False,
        ),
        multi(
            "multi", f"Size = 1; Events = 2; Batches = {{1}}; {PQ}; {ONE}; MayGiveUp = FALSE", False
        ),
        multi(
            "multi-gives-up",
            f"Size = 1; Events = 2; Batches = {{1}}; {PQ}; {ONE}; MayGiveUp = TRUE",
            False,
        ),
        multi(
            "multi-batches",
            f"Size = 2; Events = 2; Batches = {{1, 2}}; {PQ}; {ONE}; MayGiveUp = FALSE",
            False,
        ),
        multi(
            "multi-alone",
            "Size = 2; Events = 4; Batches = {1, 2}; "
            f'Producers = {{"p"}}; {ONE}; MayGiveUp = TRUE',
        ),
        waits("blocking", BLOCKING, False),
        alerts("blocking-alert", BLOCKING, '"a", "b"'),
        waits("lite", LITE, False),
        alerts("lite-alert", LITE, '"a"'),
        waits("adaptive", ADAPTIVE, False),
        alerts("adaptive-alert", ADAPTIVE, '"a"'),
        waits("timeout", TIMEOUT, False),
        alerts("timeout-alert", TIMEOUT, '"a"'),
        joins("join", "Size = 1; Events = 2; Batches = {1}"),
        joins("join-laps", "Size = 1; Events = 3; Batches = {1}"),
        pool("pool", "Size = 1; Events = 2; Chunks = {1}; Deaths = 0", False),
        pool("pool-chunks", "Size = 2; Events = 2; Chunks = {1, 2}; Deaths = 0", False),
        pool("pool-death", "Size = 1; Events = 2; Chunks = {1}; Deaths = 1", False),
        life("life-death", 'Events = 3; Starts = 1; Halters = {}; MayDie = TRUE; Ends = "nothing"'),
        life(
            "life-shutdown",
            'Events = 2; Starts = 1; Halters = {}; MayDie = FALSE; Ends = "shutdown"',
            False,
        ),
        life(
            "life-again",
            'Events = 2; Starts = 2; Halters = {"halter"}; MayDie = FALSE; Ends = "nothing"',
            False,
        ),
        life(
            "life-halt",
            'Events = 1; Starts = 2; Halters = {"halter"}; MayDie = FALSE; Ends = "halt"',
            False,
        ),
        life(
            "life-faults",
            'Events = 1; Starts = 2; Halters = {"halter"}; MayDie = TRUE; Ends = "shutdown"',
            False,
        ),
        alone("revoke", f"Size = 2; Events = 2; {OPEN}", "p", is_short=True),
        alone("revoke-alone", f"Size = 1; Events = 4; {OPEN}", is_short=True),
        alone("revoke-laps", f"Size = 2; Events = 3; {OPEN}", "p"),
        alone("revoke-full", f"Size = 1; Events = 2; {OPEN}", "p"),
        alone("revoke-refused", f"Size = 1; Events = 2; {OPEN}", "p", how=Claim.TRY_NEXT),
        alone("revoke-put", f"Size = 1; Events = 2; {OPEN}", "p", how=Claim.TRY_PUT),
        alone("revoke-fill", f"Size = 1; Events = 2; {OPEN}", "p", how=Claim.TRY_FILL),
        alone("revoke-two", f"Size = 1; Events = 1; {OPEN}", "p", "q"),
        alone("revoke-close-one", f"Size = 1; Events = 1; {CLOSED}", is_short=True),
        alone("revoke-close", f"Size = 2; Events = 3; {CLOSED}"),
        alone("revoke-close-put", f"Size = 1; Events = 2; {CLOSED}", how=Claim.TRY_PUT),
        alone("revoke-close-two", f"Size = 1; Events = 1; {CLOSED}", "p"),
    )
}
