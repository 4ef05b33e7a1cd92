"""Programs for type checkers, which nothing runs: `right` and `wrong`.

Each line of `wrong` has a mistake. Its `type: ignore` names the error that mypy must report; mypy
and pyright complain of a `type: ignore` without an error. So `make lint` fails if mypy misses a
mistake, or finds one in `right`, and `make pyright` if pyright does.
"""
