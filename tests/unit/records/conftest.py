"""An interpreter without numpy runs only the tests of what does without it."""

import importlib.util

collect_ignore_glob = [] if importlib.util.find_spec("numpy") else ["test_[!w]*"]
