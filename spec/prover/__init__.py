"""Proves that an invariant of a model is inductive, for every size: `python -m spec prove`.

Each line knows only those above it:

    errors, syntax              the nodes of an expression, and where they stand
    lexer, token_reader, parser the text of a module becomes nodes
    module, levels, context     a module with those that it extends; what its names mean
    terms                       formulas with unknowns
    values                      what an expression can be: a number, a set, a function, a term
    quantifiers, sets, operators    the operators of TLA+
    expressions, choice, names, containers, evaluator   what an expression means
    steps                       each way to take a step
    constants, states, lemmas   what is unknown, and what is known of it
    theory, clauses, obligations    what has to be proven
    smtlib, solver              the same as text; Z3
    induction_failure, failure_table    a state of the invariant, and a step that leaves it
    exploration                 the states of an instance, found without a solver
"""
