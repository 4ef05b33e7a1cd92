"""How fast the library is, beside what its users would pick instead: `python -m benchmarks`.

scenarios/    what is measured: one topology a file
peers/        what else could carry the events: one library a file
scenario.py   contenders, runs and figures: the words that everything here speaks
runner.py     interleaved runs, A B A B ..., each of them verified
results.py    the results as data; `report.py` prints them, `pictures.py` draws them,
              `pages.py` puts them into docs/
compare.py    one saved measurement against another
gates.py      the numbers that must hold; `deterministic.py` has those that do not depend on the
              machine
"""
