"""`Told`: what the command says, line by line for people, or in one piece for programs."""

import json
import sys
from typing import Any, Final


class Told:
    """Prints each line as it comes; as JSON, the results at the end, and the lines to standard error. One thread."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json: Final = as_json
        self._results: Final[list[dict[str, Any]]] = []

    @property
    def passed(self) -> int:
        """How many results are as they should be."""
        return sum(each["passed"] for each in self._results)

    def say(self, line: str) -> None:
        """A line."""
        print(line, file=sys.stderr if self._as_json else sys.stdout, flush=True)

    def result(self, line: str, *, passed: bool, **facts: object) -> None:
        """One result: as a line, and as facts."""
        self._results.append({**facts, "passed": passed})
        self.say(line)

    def end(self) -> int:
        """The exit code: 1 if a result is not as it should be."""
        passed = self.passed == len(self._results)
        if self._as_json:
            print(json.dumps({"results": self._results, "passed": passed}, indent=2), flush=True)
        return 0 if passed else 1
