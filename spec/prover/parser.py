"""`Parser`: an expression, from tokens to nodes.

A list with bullets ends where a token stands left of its bullets, or under them. Operators bind as
in TLA+; where TLA+ asks for parentheses, so does the parser.
"""

from typing import Final

from spec.prover import syntax
from spec.prover.errors import ModuleError, Place
from spec.prover.lexer import Token
from spec.prover.syntax import Definition, Node
from spec.prover.token_reader import RESERVED, TokenReader

#: How strongly an operator between two expressions binds.
BINDS: Final = {
    "=>": 1, "<=>": 2, "\\/": 3, "/\\": 3,
    "=": 5, "#": 5, "/=": 5, "<": 5, ">": 5, "<=": 5, "=<": 5, ">=": 5,
    "\\in": 5, "\\notin": 5, "\\subseteq": 5,
    "\\cup": 8, "\\union": 8, "\\cap": 8, "\\intersect": 8, "\\": 8,
    "..": 9, "+": 10, "-": 11, "%": 11, "*": 13, "\\div": 13,
}  # fmt: skip
#: Other names of operators.
_SAME: Final = {"/=": "#", "=<": "<=", "\\union": "\\cup", "\\intersect": "\\cap"}
#: Operators of which several may stand side by side, read from the left.
_CHAINS: Final = {"\\cup", "\\cap", "+", "-", "*"}
#: Operators of one operand, and how strongly they bind.
_PREFIXES: Final = {"~": 4, "UNCHANGED": 14, "UNION": 8, "SUBSET": 8, "DOMAIN": 9, "-": 12}
_QUANTIFIERS: Final = ("\\A", "\\E", "CHOOSE")
_ALL: Final = 0


class Parser(TokenReader):
    """Parses one definition or expression; one thread."""

    def whole(self) -> Node:
        """Returns the expression that all the tokens are."""
        return self._to_the_end(self._expression())

    def whole_definition(self) -> Definition:
        """Returns the definition that all the tokens are."""
        definition = self._definition()
        self._to_the_end(definition)
        return definition

    def _to_the_end(self, node: Node) -> Node:
        if self._at < len(self._tokens):
            raise self._unexpected(self._tokens[self._at])
        return node

    # Operators

    def _expression(self, least: int = _ALL) -> Node:
        """Returns an expression whose operators all bind more strongly than `least`."""
        left = self._prefixed()
        previous = ""
        while (binds := BINDS.get(self._operator(), _ALL)) > least:
            token = self._next()
            operator = _SAME.get(token.text, token.text)
            if previous and BINDS[previous] == binds:
                self._may_follow(previous, operator, token)
            right = self._expression(binds)
            left = self._joined(operator, left, right, previous)
            previous = operator
        return left

    def _operator(self) -> str:
        token = self._peek()
        return token.text if token.kind == "operator" else ""

    def _may_follow(self, previous: str, operator: str, token: Token) -> None:
        if previous != operator or operator not in {*_CHAINS, "/\\", "\\/"}:
            says = f"{previous} and {operator} side by side; parentheses say which comes first"
            raise ModuleError(token.place, says)

    def _joined(self, operator: str, left: Node, right: Node, previous: str) -> Node:
        if operator not in ("/\\", "\\/"):
            return syntax.Binary(operator, left, right, place=left.place)
        if previous == operator and isinstance(left, syntax.Junction):
            return syntax.Junction(operator, (*left.parts, right), place=left.place)
        return syntax.Junction(operator, (left, right), place=left.place)

    def _prefixed(self) -> Node:
        token = self._peek()
        place, text = token.place, token.text
        if token.kind not in ("operator", "name"):
            return self._postfixed(self._atom())
        if text in ("/\\", "\\/"):
            return self._bullets()
        if text in _PREFIXES:
            self._next()
            return syntax.Unary(text, self._expression(_PREFIXES[text]), place=place)
        if text in _QUANTIFIERS:
            return self._quantified()
        match text:
            case "IF":
                return self._conditional()
            case "LET":
                return self._let()
            case "CASE":
                return self._case()
        return self._postfixed(self._atom())

    def _bullets(self) -> Node:
        bullet = self._peek()
        parts: list[Node] = []
        # Terminates because each part has its own bullet.
        while (token := self._peek()).text == bullet.text and token.column == bullet.column:
            self._next()
            self._columns.append(bullet.column)
            parts.append(self._expression())
            self._columns.pop()
        return syntax.Junction(bullet.text, tuple(parts), place=bullet.place)

    # Expressions that begin with a word

    def _quantified(self) -> Node:
        token = self._next()
        groups = self._bounds()
        self._next(":")
        body = self._expression()
        for name, domain in reversed(groups):
            body = syntax.Quantified(token.text, name, domain, body, place=token.place)
        return body

    def _bounds(self) -> list[tuple[str, Node]]:
        r"""Returns the names of `x, y \in S, z \in T`, each with its set."""
        groups: list[tuple[str, Node]] = []
        # Terminates because each group has a name.
        while True:
            names = [self._name()]
            while self._took(","):
                names.append(self._name())
            self._next("\\in")
            domain = self._expression(BINDS["\\in"])
            groups += [(name, domain) for name in names]
            if not self._took(","):
                return groups

    def _conditional(self) -> Node:
        place = self._next().place
        condition = self._expression()
        self._next("THEN")
        yes = self._expression()
        self._next("ELSE")
        return syntax.Conditional(condition, yes, self._expression(), place=place)

    def _let(self) -> Node:
        place = self._next().place
        definitions = []
        while not self._took("IN"):
            definitions.append(self._definition())
        return syntax.Let(tuple(definitions), self._expression(), place=place)

    def _case(self) -> Node:
        place = self._next().place
        arms: list[tuple[Node | None, Node]] = []
        # Terminates because each arm has an arrow.
        while True:
            condition = None if self._took("OTHER") else self._expression()
            self._next("->")
            arms.append((condition, self._expression()))
            if condition is None or not self._took("[]"):
                return syntax.Case(tuple(arms), place=place)

    def _definition(self) -> Definition:
        place, name = self._peek().place, self._name()
        parameters = []
        if self._took("("):
            parameters.append(self._name())
            while self._took(","):
                parameters.append(self._name())
            self._next(")")
        self._next("==")
        if self._peek().text == "INSTANCE":
            return Definition(name, tuple(parameters), self._instance(), place=place)
        return Definition(name, tuple(parameters), self._expression(), place=place)

    def _instance(self) -> Node:
        place, module = self._next().place, self._name()
        given: list[tuple[str, Node]] = []
        if self._took("WITH"):
            # Terminates because each substitution has an arrow.
            while not given or self._took(","):
                name = self._name()
                self._next("<-")
                given.append((name, self._expression()))
        return syntax.InstanceOf(module, tuple(given), place=place)

    # Expressions with brackets

    def _several(self, end: str) -> tuple[Node, ...]:
        found: list[Node] = []
        while not self._took(end):
            if found:
                self._next(",")
            found.append(self._expression())
        return tuple(found)

    def _atom(self) -> Node:
        token = self._next()
        place, text = token.place, token.text
        match token.kind, text:
            case "number", _:
                return syntax.Literal(int(text), place=place)
            case "string", _:
                return syntax.Literal(text[1:-1], place=place)
            case "name", "TRUE" | "FALSE":
                return syntax.Literal(text == "TRUE", place=place)
            case "operator", "(":
                inside = self._expression()
                self._next(")")
                return inside
            case "operator", "{":
                return self._set(place)
            case "operator", "<<":
                return syntax.Sequence(self._several(">>"), place=place)
            case "operator", "[":
                return self._bracket(place)
            case "operator", "@":
                return syntax.Name("@", place=place)
            case "name", _ if text in RESERVED:
                raise self._unexpected(token)
            case "name", _ if self._took("!"):
                name = self._name()
                given = self._several(")") if self._took("(") else ()
                return syntax.Instanced(text, name, given, place=place)
            case "name", _:
                given = self._several(")") if self._took("(") else ()
                return syntax.Name(text, given, place=place)
        raise self._unexpected(token)

    def _set(self, place: Place) -> Node:
        if self._took("}"):
            return syntax.SetOfItems((), place=place)
        first = self._expression()
        if self._took(":"):
            match first:
                case syntax.Binary("\\in", syntax.Name(name, ()), domain):
                    condition = self._expression()
                    self._next("}")
                    return syntax.Filter(name, domain, condition, place=place)
            name = self._name()
            self._next("\\in")
            domain = self._expression()
            self._next("}")
            return syntax.Image(first, name, domain, place=place)
        if self._took("}"):
            return syntax.SetOfItems((first,), place=place)
        self._next(",")
        return syntax.SetOfItems((first, *self._several("}")), place=place)

    def _bracket(self, place: Place) -> Node:
        first = self._expression()
        if self._took("EXCEPT"):
            changes = [self._change()]
            while self._took(","):
                changes.append(self._change())
            self._next("]")
            return syntax.Except(first, tuple(changes), place=place)
        if self._took("->"):
            second = self._expression()
            self._next("]")
            return syntax.FunctionsFromTo(first, second, place=place)
        self._next("|->")
        match first:
            case syntax.Binary("\\in", syntax.Name(name, ()), domain):
                body = self._expression()
                self._next("]")
                return syntax.FunctionOf(name, domain, body, place=place)
            case syntax.Name(name, ()):
                return self._record(name, place)
        raise ModuleError(place, "a record has names before its arrows")

    def _record(self, first: str, place: Place) -> Node:
        fields = [(first, self._expression())]
        while self._took(","):
            name = self._name()
            self._next("|->")
            fields.append((name, self._expression()))
        self._next("]")
        return syntax.RecordOf(tuple(fields), place=place)

    def _change(self) -> syntax.Change:
        place = self._next("!").place
        path: list[str | Node] = []
        # Terminates because each part of the path has a point or a bracket.
        while not self._took("="):
            if self._next(".", "[", "=").text == ".":
                path.append(self._name())
            else:
                path.append(self._expression())
                self._next("]")
        return syntax.Change(tuple(path), self._expression(), place=place)

    def _postfixed(self, node: Node) -> Node:
        # Terminates because each part has a bracket, a point or a prime.
        while True:
            if self._took("["):
                node = syntax.Application(node, self._expression(), place=node.place)
                self._next("]")
            elif self._took("."):
                node = syntax.Field(node, self._name(), place=node.place)
            elif self._took("'"):
                node = syntax.Primed(node, place=node.place)
            else:
                return node
