"""`Module`: the definitions of a module, with those of the modules that it extends.

A definition is parsed when it is asked for: the temporal formulas, which the prover does not know,
are never asked for.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from spec.prover.errors import ModuleError, Place
from spec.prover.lexer import Token, tokens_of
from spec.prover.parser import Parser
from spec.prover.syntax import Definition, Node

#: Modules that come with TLA+. The evaluator knows what they define.
STANDARD: Final = frozenset(("Naturals", "Integers", "FiniteSets", "Sequences", "TLC"))

_HEADER: Final = re.compile(r"^-{4,} MODULE (\w+) -{4,}\s*$", re.MULTILINE)
_FOOTER: Final = re.compile(r"^={4,}\s*$", re.MULTILINE)


@dataclass
class Module:
    """A module.

    Attributes:
        path: its file.
        variables, constants: their names, with those of the extended modules.
        assumptions: what its ASSUMEs say.
        changed: the text of modules that differs from that of their files.
    """

    path: Path
    variables: list[str] = field(default_factory=list)
    constants: list[str] = field(default_factory=list)
    assumptions: list[Node] = field(default_factory=list)
    changed: Mapping[str, str] = field(default_factory=dict)
    _sources: dict[str, list[Token]] = field(default_factory=dict)
    _parsed: dict[str, Definition] = field(default_factory=dict)
    _read: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        """The name of the module, which is the name of its file."""
        return self.path.stem

    @property
    def defined(self) -> list[str]:
        """The names of all definitions, in the order of the text."""
        return list(self._sources)

    def definition(self, name: str) -> Definition | None:
        """Returns the definition of a name, if there is one.

        Raises:
            ModuleError: the definition has something that the parser does not know.
        """
        if name not in self._sources:
            return None
        if name not in self._parsed:
            self._parsed[name] = Parser(self._sources[name]).whole_definition()
        return self._parsed[name]

    def required(self, name: str) -> Definition:
        """Returns the definition of a name.

        Raises:
            ModuleError: it is missing, or the parser does not understand it.
        """
        definition = self.definition(name)
        if definition is None:
            raise ModuleError(Place(self.path, 1), f"the module does not define {name}")
        return definition

    def is_about_liveness(self, name: str) -> bool:
        """Whether a definition says that something happens at some time; no prover's business."""
        return any(token.text in ("<>", "~>") for token in self._sources.get(name, ()))

    def strings(self) -> list[str]:
        """Returns all strings in the definitions."""
        units = self._sources.values()
        return sorted(
            {token.text[1:-1] for unit in units for token in unit if token.kind == "string"}
        )

    def beside(self, name: str) -> "Module":
        """Returns the module of that name in the same folder."""
        return read_module(self.path.with_name(f"{name}.tla"), self.changed)

    def _add(self, path: Path, place: Place) -> None:
        """Add what is in a file, and in those of the modules that it extends."""
        if path.stem in self._read or path.stem in STANDARD:
            return
        self._read.add(path.stem)
        text = self.changed.get(path.stem)
        if text is None:
            if not path.exists():
                raise ModuleError(place, f"there is no module {path.stem} beside this one")
            text = path.read_text()
        header = _HEADER.search(text)
        footer = _FOOTER.search(text)
        if header is None or footer is None or header[1] != path.stem:
            raise ModuleError(Place(path, 1), f"it does not have the frame of MODULE {path.stem}")
        first_line = text.count("\n", 0, header.end()) + 1
        tokens = tokens_of(text[header.end() : footer.start()], path, first_line)
        begins = [i for i, token in enumerate(tokens) if token.column == 0]
        for begin, end in zip(begins, [*begins[1:], len(tokens)], strict=True):
            self._add_unit(tokens[begin:end])

    def _add_unit(self, unit: list[Token]) -> None:
        """Add what begins in the first column: a declaration, or a definition."""
        first, *rest = unit
        names = [token.text for token in rest if token.kind == "name"]
        match first.text:
            case "EXTENDS":
                for name in names:
                    self._add(self.path.with_name(f"{name}.tla"), first.place)
            case "CONSTANT" | "CONSTANTS":
                self.constants += names
            case "VARIABLE" | "VARIABLES":
                self.variables += names
            case "ASSUME":
                self.assumptions.append(Parser(rest).whole())
            case name if first.kind == "name" and name not in ("THEOREM", "LOCAL", "INSTANCE"):
                if name in self._sources:
                    raise ModuleError(first.place, f"{name} is defined twice")
                self._sources[name] = unit
            case _:
                raise ModuleError(first.place, f"{first.text} is not understood")


def read_module(path: Path, changed: Mapping[str, str] | None = None) -> Module:
    """Returns a module, with the definitions of those that it extends, which are beside it.

    Args:
        path: of its file.
        changed: the text of modules that differs from that of their files, by name.

    Raises:
        ModuleError: something outside of the definitions is not understood.
    """
    module = Module(path, changed=changed or {})
    module._add(path, Place(path, 1))
    return module
