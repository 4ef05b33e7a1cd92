"""Asks cvc5 about obligations: `python cvc5_runner.py FOLDER LIMIT`.

Another interpreter runs this file, one for which cvc5 has a wheel. It imports nothing else of the
project. For each text of SMT-LIB in the folder it prints a line: the name of the file, and "unsat",
"sat" or "unknown".
"""

import sys
from pathlib import Path


def main() -> None:
    """Ask about each file, in order."""
    import cvc5

    folder, limit = Path(sys.argv[1]), sys.argv[2]
    for path in sorted(folder.glob("*.smt2")):
        solver = cvc5.Solver(cvc5.TermManager())
        solver.setOption("rlimit", limit)
        parser = cvc5.InputParser(solver)
        parser.setFileInput(cvc5.InputLanguage.SMT_LIB_2_6, str(path))
        symbols = parser.getSymbolManager()
        answer = ""
        while not (command := parser.nextCommand()).isNull():
            answer += command.invoke(solver, symbols)
        print(path.name, answer.split()[0], flush=True)


if __name__ == "__main__":
    main()
