"""The tests that find the faults."""

MODEL = "tests/unit/model"
SINGLE = f"{MODEL}/test_sequencers_side_by_side.py::TestSingleProducer"
HAND_OVER = f"{MODEL}/test_handing_over_side_by_side.py::TestHandOver"
MULTI = f"{MODEL}/test_sequencers_side_by_side.py::TestMultiProducer"
JOINING = f"{MODEL}/test_joining_side_by_side.py::TestJoining"
WORK_POOL = f"{MODEL}/test_work_pool_side_by_side.py::TestWorkPool"
LIFECYCLE = f"{MODEL}/test_lifecycle_side_by_side.py::TestLifecycle"
VALUES = f"{MODEL}/test_values_in_slots.py::TestValues"

ALL = (SINGLE, HAND_OVER, MULTI, JOINING, WORK_POOL, LIFECYCLE, VALUES)
