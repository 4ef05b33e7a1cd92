"""Draws the pictures of `docs/` and of CONTRIBUTING.md.

`python docs/drawings/draw.py` writes the .svg files next to this one, or into a FOLDER that it is
given.
"""

import sys
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from svg import Picture, on_circle

from tools.palette import BLUE, FAINT, FREE, GREEN, RED

HERE: Final = Path(__file__).resolve().parent
#: One moment, which all pictures of a ring show: 16 slots, the cursor and the consumers' sequences.
SIZE: Final = 16
CURSOR: Final = 21
JOURNAL: Final = 18
CHECK: Final = 16
EXECUTE: Final = 12

#: The layers of the library, from the top down, as `FLOORS` of tests/unit/layout/test_house.py has
#: them: the modules, what they hold, and a colour for the layers that belong together.
HOUSE: Final = [
    ("cli", "the command line", FREE),
    ("programs", "what the commands run", FREE),
    ("testing", "schedules, clock and drain for tests", FREE),
    ("diagnostics", "metrics, exporters, stall detector", BLUE),
    ("messaging", "queues of messages, event buses, pipelines", BLUE),
    ("queues", "Queue and AsyncQueue", BLUE),
    ("disruptor", "the wiring language", GREEN),
    ("processors", "consumers with their own threads", GREEN),
    ("ring_buffer", "RingBuffer: slots and sequencer", RED),
    ("shared_rings", "RingBuffer.create and attach", RED),
    ("shared", "rings between processes", RED),
    ("producer readers reclaiming resetting ring_progress", "what threads do to slots", RED),
    ("sequencer", "claims and publication, without slots", RED),
    ("barrier", "the limit of one consumer", RED),
    ("wait", "wait strategies", RED),
    ("sequence_group", "the minimum of several sequences", RED),
    ("sequence skipped", "shared counters; skipped ranges", RED),
    (
        "backoff blocking_bridge blocked_loop own_loop",
        "waits with a deadline; event loops",
        FREE,
    ),
    ("records", "slots that are rows of one block of memory", RED),
    ("service", "threads of the library", FREE),
    ("host memory", "the seams: threads, locks, time; cells, flags, slots", FREE),
    ("at_exit", "the end of a program", FREE),
    ("ending", "the end of a `with` block", FREE),
    ("system", "events and conditions that survive interrupts", FREE),
    ("forks", "objects of the parent in a forked child", FREE),
    ("reentry", "calls that a signal handler has interrupted", FREE),
    ("errors checks per_thread_counter one_process lazy", "what every floor uses", FREE),
]


def ring() -> Picture:
    """The slots with their sequences, coloured by the consumers that still need them."""
    picture = Picture(
        900,
        400,
        "A ring of 16 slots: the cursor is at 21, journal at 18, check at 16, execute at 12",
    )
    x, y, inner, outer = 270.0, 200.0, 95, 150
    for sequence in range(CURSOR - SIZE + 1, CURSOR + 1):
        turn = sequence % SIZE / SIZE
        fill = FREE if sequence <= EXECUTE else GREEN if sequence <= CHECK else BLUE
        picture.wedge(x, y, inner, outer, turn, turn + 1 / SIZE, fill)
        picture.text(*on_circle(x, y, (inner + outer) / 2, turn + 0.5 / SIZE), str(sequence))
    for name, sequence in (
        ("cursor", CURSOR),
        ("journal", JOURNAL),
        ("check", CHECK),
        ("execute", EXECUTE),
    ):
        turn = (sequence % SIZE + 0.5) / SIZE
        picture.arrow(on_circle(x, y, outer + 28, turn), on_circle(x, y, outer + 4, turn))
        at_x, at_y = on_circle(x, y, outer + 36, turn)
        picture.text(at_x, at_y, name, anchor="start" if turn < 0.5 else "end", bold=True)
    picture.text(x, y - 10, "slot =")
    picture.text(x, y + 10, f"sequence mod {SIZE}")
    for i, (fill, words) in enumerate(
        (
            (BLUE, "published; journal or check still needs it"),
            (GREEN, "published; only execute still needs it"),
            (FREE, "passed by all consumers: free for the next lap"),
        )
    ):
        picture.box(490, 290 + 34 * i, 20, 20, fill, rounded=3)
        picture.text(520, 300 + 34 * i, words, anchor="start")
    return picture


def barriers() -> Picture:
    """The limit of each consumer and of the producer, and the sequences that set it."""
    picture = Picture(
        720, 300, "A diamond: execute comes after journal and check, and holds the producers back"
    )
    picture.box(20, 105, 110, 60, FREE, "producer", f"limit {EXECUTE + SIZE}")
    picture.box(200, 105, 110, 60, BLUE, "ring", f"cursor {CURSOR}")
    picture.box(380, 40, 110, 60, GREEN, "journal", f"at {JOURNAL}")
    picture.box(380, 170, 110, 60, GREEN, "check", f"at {CHECK}")
    picture.box(580, 105, 110, 60, RED, "execute", f"at {EXECUTE}")
    picture.arrow((130, 135), (198, 135))
    for y in (70, 200):
        picture.arrow((310, 135), (378, y))
        picture.arrow((490, y), (578, 135))
    picture.text(328, 82, f"≤ {CURSOR}", color=FAINT)
    picture.text(328, 190, f"≤ {CURSOR}", color=FAINT)
    picture.text(625, 82, f"≤ min({JOURNAL}, {CHECK}) = {CHECK}", color=FAINT)
    picture.arrow((635, 165), (635, 265), (75, 265), (75, 167), dashed=True)
    picture.text(
        355,
        250,
        f"gates producers: claims up to {EXECUTE} + {SIZE} = {EXECUTE + SIZE}",
        color=FAINT,
    )
    return picture


def _strip(picture: Picture, y: float, cells: list[tuple[str, str, str]]) -> None:
    for i, (fill, above, inside) in enumerate(cells):
        picture.text(150 + 70 * i, y - 16, above, color=FAINT)
        picture.box(118 + 70 * i, y, 64, 40, fill, inside, rounded=4)


def gap() -> Picture:
    """Several producers: claimed in order, published in any."""
    picture = Picture(
        720,
        190,
        "18 is claimed and not published yet: consumers may go to 17, "
        "though 19 to 21 are published",
    )
    cells = [
        (FREE if n == 18 else BLUE, str(n), claimant) for n, claimant in enumerate("AABACC", 16)
    ]
    _strip(picture, 70, [*cells, (FREE, "22", "")])
    picture.text(58, 54, "sequence", color=FAINT)
    picture.text(58, 90, "claimed by", color=FAINT)
    picture.arrow((220, 150), (220, 114))
    picture.text(220, 162, "published up to here")
    picture.arrow((500, 150), (500, 114))
    picture.text(500, 162, "cursor: claimed up to here")
    picture.text(360, 20, "B has claimed 18 and still fills it: 19 to 21 wait for it")
    return picture


def skipping() -> Picture:
    """A claim that could not be filled."""
    picture = Picture(720, 190, "18 is skipped: it is published, and no handler gets it")
    cells = [(RED, str(n), "skip") if n == 18 else (BLUE, str(n), "event") for n in range(16, 22)]
    _strip(picture, 70, [*cells, (FREE, "22", "")])
    picture.text(58, 54, "sequence", color=FAINT)
    picture.arrow((118, 140), (252, 140))
    picture.text(185, 160, "on_batch gets 16, 17")
    picture.arrow((328, 140), (532, 140))
    picture.text(430, 160, "and then 19, 20, 21")
    picture.text(360, 20, "the translator of 18 raised: consumers pass over it")
    return picture


def house() -> Picture:
    """The layers of the library; imports point down."""
    floor = 26
    picture = Picture(
        840,
        len(HOUSE) * floor + 60,
        "The layers of the library, from cli at the top to errors at the bottom: "
        "imports point down",
    )
    for i, (rooms, words, fill) in enumerate(HOUSE):
        y = 20 + floor * i
        picture.box(60, y, 340, floor, fill, " · ".join(rooms.split()), rounded=0)
        picture.text(420, y + floor / 2, words, anchor="start")
    bottom = 20 + floor * len(HOUSE)
    picture.arrow((36, 24), (36, bottom - 4))
    picture.text(60, bottom + 20, "imports point down, never up", anchor="start", color=FAINT)
    return picture


PICTURES: Final = {
    "ring": ring,
    "barriers": barriers,
    "gap": gap,
    "skipping": skipping,
    "house": house,
}

if __name__ == "__main__":
    folder = Path(*sys.argv[1:] or [HERE])
    for name, draw in PICTURES.items():
        (folder / f"{name}.svg").write_text(str(draw()))
