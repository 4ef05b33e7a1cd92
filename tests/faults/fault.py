"""A fault: one rule of the library is replaced by a wrong one, in memory, while it is imported."""

import sys
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType


class FaultError(Exception):
    """A fault that cannot be installed."""


@dataclass(frozen=True)
class Fault:
    """A fault of one line.

    Attributes:
        name: says what is wrong.
        module: of the library, without `ringbuffer.`, such as `sequencer.capacity`.
        line: what stands there, without indentation; with the lines before or after it where it is
        not the only one.
        becomes: what stands there instead.
        killed_by: the test that finds it.
    """

    name: str
    module: str
    line: str
    becomes: str
    killed_by: str = ""

    @property
    def target(self) -> str:
        """The module's full name."""
        return f"ringbuffer.{self.module}"

    def apply(self, source: str) -> str:
        """The source with the fault in it.

        Raises:
            FaultError: the line does not occur exactly once.
        """
        lines, wanted = source.splitlines(), textwrap.dedent(self.line).splitlines()
        count = len(wanted)
        places = [
            at for at in range(len(lines) - count + 1) if dedented(lines[at : at + count]) == wanted
        ]
        if len(places) != 1:
            raise FaultError(
                f"{self.name!r}: the line occurs {len(places)} times in {self.target}: "
                f"{self.line!r}"
            )
        (at,) = places
        indent = min(
            (len(each) - len(each.lstrip()) for each in lines[at : at + count] if each.strip()),
            default=0,
        )
        lines[at : at + count] = [
            " " * indent + each for each in textwrap.dedent(self.becomes).splitlines()
        ]
        return "\n".join(lines) + "\n"


def dedented(lines: list[str]) -> list[str]:
    return textwrap.dedent("\n".join(lines)).splitlines()


def install(fault: Fault) -> None:
    """Have the module imported with the fault in it, in this process, from now on.

    Raises:
        FaultError: the module is imported already; or the line does not occur exactly once.
    """
    if fault.target in sys.modules:
        raise FaultError(f"{fault.name!r}: {fault.target} is imported already")
    fault.apply(source_of(fault))
    sys.meta_path.insert(0, FaultFinder(fault))


def source_of(fault: Fault) -> str:
    """The source of the module. This imports neither the module nor its packages."""
    path: Sequence[str] | None = None
    origin = ""
    parts = fault.target.split(".")
    for number in range(1, len(parts) + 1):
        spec = PathFinder.find_spec(".".join(parts[:number]), path)
        if spec is None or spec.origin is None:
            raise FaultError(f"{fault.name!r}: there is no module {fault.target}")
        path, origin = spec.submodule_search_locations, spec.origin
    return SourceFileLoader(fault.target, origin).get_data(origin).decode()


class FaultFinder(MetaPathFinder):
    """Finds the one module, and nothing else."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self.fault.target:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.origin is not None:
            spec.loader = FaultLoader(self.fault, spec.origin)
        return spec


class FaultLoader(SourceFileLoader):
    """Compiles the source with the fault in it; what was compiled before is not asked for."""

    def __init__(self, fault: Fault, path: str) -> None:
        super().__init__(fault.target, path)
        self.fault = fault

    def get_code(self, fullname: str) -> CodeType:
        source = self.get_data(self.path).decode()
        code: CodeType = compile(self.fault.apply(source), self.path, "exec", dont_inherit=True)
        return code
