"""numpy is imported for records of a dtype only; records of a format do without it."""

import pytest

from tests.conftest import FREE_THREADED
from tests.unit.layout.test_lazy import loaded_by, run_python

#: A ring of records by a format, from its making to its end.
PLAIN = """
import array, asyncio
from ringbuffer import Disruptor, RingBuffer
from ringbuffer.records import RecordLayout

layout = RecordLayout.of_struct("qd", "id price")
totals = []

class Handler:
    def on_batch(self, records, first):
        totals.append(sum(records["price"]))

disruptor = Disruptor.of_records(8, layout)
handler = Handler()
disruptor.handle_events_with(handler)
with disruptor:
    disruptor.publish_records([(number, number / 2) for number in range(20)])
    with disruptor.claim(3) as claim:
        for piece in claim.pieces:
            piece["price"][:] = array.array("d", [1.0] * len(piece))
assert sum(totals) == sum(range(20)) / 2 + 3
"""


def test_an_import_and_plain_records_load_no_numpy() -> None:
    assert loaded_by(PLAIN, ("numpy",)) == []


def test_without_numpy_a_dtype_is_refused_with_a_remedy() -> None:
    program = """
        import sys
        sys.modules["numpy"] = None  # an import of it fails
        from ringbuffer import RingBuffer
        try:
            RingBuffer.of_records(8, [("id", "i8")])
        except ImportError as error:
            print(error)
    """
    said = run_python(program)
    assert "pip install 'ringbuffer-ft[records]'" in said
    assert run_python(f"import sys\nsys.modules['numpy'] = None\n{PLAIN}") == ""


@pytest.mark.skipif(not FREE_THREADED, reason="this interpreter has a GIL")
def test_the_gil_is_off_after_records_of_a_dtype() -> None:
    pytest.importorskip("numpy", exc_type=ImportError)
    program = """
        import sys
        from ringbuffer import Disruptor
        disruptor = Disruptor.of_records(8, [("id", "i8")])
        class Handler:
            def on_batch(self, records, first):
                records["id"].sum()
        disruptor.handle_events_with(Handler())
        with disruptor:
            disruptor.publish_records([(1,), (2,)])
        print("numpy" in sys.modules, sys._is_gil_enabled())
    """
    assert run_python(program) == "True False"
