"""`python -m spec`."""

import sys

from ringbuffer.cli.program import Program

PROGRAM = Program(
    name="python -m spec",
    description="The TLA+ models of the protocol, checked by TLC, and proofs for every size.",
    modules="spec.commands.{}",
    commands={
        "check": "check the models: do all properties hold, in as many states as recorded?",
        "mutants": "check models with a fault in them: does a property find each fault?",
        "cvc5": "ask a second solver about what is proven: does it contradict the first?",
        "prove": "prove for every size: is each invariant inductive?",
    },
)


if __name__ == "__main__":
    sys.exit(PROGRAM.run())
