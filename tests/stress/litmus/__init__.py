"""Litmus tests of the memory layer, in the manner of jcstress: tiny races with graded outcomes.

`grades` says what an outcome means, and `actors` runs a race on free-running threads. The races are
in `moves` (plain loads and stores), `operations` (read-modify-writes) and `handovers` (what the
library is made of); `catalogue` has them all.
"""
