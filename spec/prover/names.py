"""`Names`: what a name means, alone or with arguments, and in an instance of another module."""

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

from spec.prover import syntax
from spec.prover.context import Bound, Context, Operator, Scope
from spec.prover.errors import ModuleError
from spec.prover.expressions import Expressions
from spec.prover.levels import Level
from spec.prover.syntax import Definition
from spec.prover.values import Value, the_set


class Names(Expressions):
    """Evaluates names; one thread."""

    def _name(self, node: syntax.Name, context: Context) -> Value:
        name, scope = node.name, context.scope
        if name in context.bound:
            return self._bound(node, context)
        if name in scope.constants and not node.arguments:
            return scope.constants[name]
        if name in scope.module.variables:
            if name not in context.state:
                raise ModuleError(node.place, f"{name} has no value yet")
            return context.state[name]
        if name in scope.opaque:
            return scope.opaque[name](*self._values(node, context))
        definition = scope.module.definition(name)
        if definition is None:
            return self._built_in(node, context)
        if len(definition.parameters) != len(node.arguments):
            raise ModuleError(node.place, f"{name} has {len(definition.parameters)} parameters")
        if not node.arguments and scope.levels.of_name(name) == Level.CONSTANT:
            if name not in scope.computed:
                scope.computed[name] = self.value(definition.body, context.inside({}))
            return scope.computed[name]
        return self.value(definition.body, self.entered(definition, node, context))

    def entered(self, definition: Definition, node: syntax.Name, context: Context) -> Context:
        """Returns the context of the body of a definition that is applied to arguments."""
        bound = {
            name: Bound(self.value(argument, context), argument, context)
            for name, argument in zip(definition.parameters, node.arguments, strict=True)
        }
        return context.inside(bound)

    def _values(self, node: syntax.Name, context: Context) -> list[Value]:
        return [self.value(argument, context) for argument in node.arguments]

    def _bound(self, node: syntax.Name, context: Context) -> Value:
        bound = context.bound[node.name]
        if context.is_primed and not bound.is_rigid():
            raise ModuleError(
                node.place, f"{node.name} stands for something that changes, and under a prime"
            )
        if node.arguments:
            operator = cast("Operator", bound.value)
            return operator(*self._values(node, context))
        return cast("Value", bound.value)

    def _built_in(self, node: syntax.Name, context: Context) -> Value:
        match node:
            case syntax.Name("BOOLEAN", ()):
                return self.operators.items((False, True))
            case syntax.Name("Int", ()):
                return self.operators.numbers_from(None)
            case syntax.Name("Nat", ()):
                return self.operators.numbers_from(0)
            case syntax.Name("IsFiniteSet", (of,)):
                the_set(self.value(of, context))
                return True
            case syntax.Name("Cardinality", (of,)):
                return self.operators.cardinality(the_set(self.value(of, context)))
        raise ModuleError(node.place, f"{node.name} is not known")

    def _instanced(self, node: syntax.Instanced, context: Context) -> Value:
        inner = self.instance(node, context)
        definition = inner.scope.module.required(node.name)
        bound = {
            name: Bound(self.value(argument, context), argument, context)
            for name, argument in zip(definition.parameters, node.arguments, strict=True)
        }
        return self.value(definition.body, inner.inside(bound))

    def instance(self, node: syntax.Instanced, context: Context) -> Context:
        """Returns the context of an instance: its variables have the values substituted for them.

        Raises:
            ModuleError: there is no such instance, or a name of its module has no value.
        """
        module = context.scope.module
        made = module.required(node.instance).body
        if not isinstance(made, syntax.InstanceOf):
            raise ModuleError(node.place, f"{node.instance} is not an INSTANCE")
        inner = module.beside(made.module)
        given = {name: syntax.Name(name, place=made.place) for name in inner.constants}
        given |= {name: syntax.Name(name, place=made.place) for name in inner.variables}
        all_of = {**given, **dict(made.substitutions)}
        outer = context.inside({})

        def values(names: list[str], of: Context) -> Mapping[str, Value]:
            return {name: self.value(all_of[name], of) for name in names}

        constants = values(inner.constants, outer)
        after = None
        if context.after is not None:
            after = values(inner.variables, replace(outer, state=context.after, after=None))
        return Context(
            Scope(inner, constants), values(inner.variables, outer), after,
            is_primed=context.is_primed,
        )  # fmt: skip
