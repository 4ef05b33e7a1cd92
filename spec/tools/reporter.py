"""`Reporter`: prints the results of a command as lines for people, or as JSON for programs."""

import json
import sys
from typing import Any, Final


class Reporter:
    """Prints each line as soon as it is known.

    With `as_json`, lines go to standard error, and `finish` prints all results to standard output.
    One thread only.
    """

    def __init__(self, *, as_json: bool) -> None:
        self._as_json: Final = as_json
        self._results: Final[list[dict[str, Any]]] = []

    def say(self, line: str) -> None:
        """Print a line."""
        print(line, file=sys.stderr if self._as_json else sys.stdout, flush=True)

    def result(self, line: str, *, passed: bool, **facts: object) -> None:
        """Print a result as a line, and keep its facts for JSON."""
        self._results.append({**facts, "passed": passed})
        self.say(line)

    def finish(self) -> int:
        """Print the JSON. Returns the exit code: 1 if a result failed."""
        passed = all(each["passed"] for each in self._results)
        if self._as_json:
            text = json.dumps({"results": self._results, "passed": passed}, indent=2)
            print(text, flush=True)
        return 0 if passed else 1
