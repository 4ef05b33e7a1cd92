"""An interpreter without numpy, or with one that it cannot load, runs only what does without it."""

try:
    import numpy as np
except ImportError:
    collect_ignore_glob = ["test_[!w]*"]
else:
    assert np.__version__
