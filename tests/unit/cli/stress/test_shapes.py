"""A seed says the shape, in every process; and the shapes have everything in them."""

import subprocess
import sys
from pathlib import Path

from ringbuffer.programs.stress.shape import KINDS, shape_of
from ringbuffer.programs.stress.switches import CORES
from ringbuffer.programs.stress.waiting import WAITING

PROJECT = Path(__file__).parents[4]
SEEDS = range(40)


def test_the_same_seed_is_the_same_shape() -> None:
    for seed in (0, 7, 123_456):
        assert shape_of(seed) == shape_of(seed)
    assert len({shape_of(seed) for seed in SEEDS}) == len(SEEDS)


def test_the_same_seed_is_the_same_shape_in_another_process() -> None:
    script = (
        "from ringbuffer.programs.stress.shape import shape_of\n"
        "for seed in range(40): print(shape_of(seed))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.splitlines() == [str(shape_of(seed)) for seed in SEEDS]


def test_every_way_to_consume_and_to_wait_is_drawn() -> None:
    shapes = [shape_of(seed) for seed in range(100)]
    assert {stage.kind for shape in shapes for stage in shape.stages} == set(KINDS)
    assert {shape.waiting for shape in shapes} == set(WAITING)
    assert {shape.switches.cores for shape in shapes} == set(CORES)
    assert {shape.producers for shape in shapes} >= {1, 16}
    assert {len(shape.stages) for shape in shapes} >= {1, 16}
    assert {shape.size for shape in shapes} == {1 << bits for bits in range(11)}
    for attribute in ("values", "single"):
        assert {getattr(shape, attribute) for shape in shapes} == {False, True}


def test_a_stage_comes_after_stages_before_it() -> None:
    for seed in SEEDS:
        for number, stage in enumerate(shape_of(seed).stages):
            assert all(0 <= before < number for before in stage.before)
