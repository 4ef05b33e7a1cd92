"""`Containers`: the expressions that make sets, functions, records and tuples, or take parts."""

from dataclasses import replace

from spec.prover import syntax
from spec.prover.context import Bound, Context
from spec.prover.expressions import Expressions
from spec.prover.syntax import Node
from spec.prover.terms import SortError
from spec.prover.values import Value, the_function, the_record, the_set


class Containers(Expressions):
    """Evaluates expressions about sets, functions, records and tuples; one thread."""

    def _items(self, node: syntax.SetOfItems, context: Context) -> Value:
        return self.operators.items(self.value(item, context) for item in node.items)

    def _filter(self, node: syntax.Filter, context: Context) -> Value:
        domain = the_set(self.value(node.domain, context))
        return self.operators.filtered(
            domain, lambda x: self.holds(node.condition, context.with_value(node.name, x))
        )

    def _image(self, node: syntax.Image, context: Context) -> Value:
        source = the_set(self.value(node.domain, context))
        return self.operators.image(
            source, lambda x: self.value(node.body, context.with_value(node.name, x))
        )

    def _sequence(self, node: syntax.Sequence, context: Context) -> Value:
        return tuple(self.value(item, context) for item in node.items)

    def _record(self, node: syntax.RecordOf, context: Context) -> Value:
        return {name: self.value(item, context) for name, item in node.fields}

    def _function(self, node: syntax.FunctionOf, context: Context) -> Value:
        domain = the_set(self.value(node.domain, context))
        return self.operators.function(
            domain, lambda x: self.value(node.body, context.with_value(node.name, x))
        )

    def _functions(self, node: syntax.FunctionsFromTo, context: Context) -> Value:
        domain = the_set(self.value(node.domain, context))
        return self.operators.functions(domain, the_set(self.value(node.range, context)))

    def _application(self, node: syntax.Application, context: Context) -> Value:
        function = self.value(node.function, context)
        argument = self.value(node.argument, context)
        if isinstance(function, dict) and isinstance(argument, str):
            return self._part(function, argument)
        return the_function(function).at(argument)

    def _field(self, node: syntax.Field, context: Context) -> Value:
        return self._part(the_record(self.value(node.record, context)), node.name)

    def _part(self, record: dict[str, Value], name: str) -> Value:
        if name not in record:
            raise SortError(f"a record has no field {name}; it has {', '.join(record)}")
        return record[name]

    def _except(self, node: syntax.Except, context: Context) -> Value:
        value = self.value(node.base, context)
        for change in node.changes:
            value = self._changed(value, change.path, change.new, context)
        return value

    def _changed(
        self, value: Value, path: tuple[str | Node, ...], new: Node, context: Context
    ) -> Value:
        if not path:
            old = Bound(value, new, context)
            return self.value(new, replace(context, bound={**context.bound, "@": old}))
        first, *rest = path

        def change(old: Value) -> Value:
            return self._changed(old, tuple(rest), new, context)

        if isinstance(first, Node) and isinstance(value, dict):
            key = self.value(first, context)
            if not isinstance(key, str):
                raise SortError("a record is changed at something that is not a name")
            first = key
        if isinstance(first, str):
            record = the_record(value)
            return {**record, first: change(self._part(record, first))}
        return self.operators.changed(the_function(value), self.value(first, context), change)
