"""`meaning`: what a violated property says, in a sentence.

It is the comment above the property in its module. A property whose module has none, because its
name and definition say it all, has its sentence here.
"""

import re
from pathlib import Path
from typing import Final

_OF: Final = {
    "ClaimsAreUnique": "No claim is made twice.",
    "Deadlock": "No thread can take a step, and they have not all finished.",
    "EachByOne": "Each event is handled by one worker.",
    "EachOnce": "No event is handled twice.",
    "EndedIsSealed": "Once the run has ended, no producer can publish any more.",
    "EverythingIsClaimed": "In the end every event has been claimed.",
    "InOrder": "Each consumer handles the events in their order.",
    "EverythingIsHandled": "In the end every event has been handled.",
    "Inv": "The inductive invariant of the proof holds.",
    "NoOvertaking": "A consumer is not ahead of the cursor, nor of its dependencies.",
    "NoProducerIsStuck": "A producer is refused, or gets free capacity.",
    "NoRace": "No slot is written while another thread reads or writes it.",
    "NothingForbidden": "The outcome that the memory ordering must rule out does not occur.",
    "NothingIsOverwritten": "No unread event of a consumer has lost its slot.",
    "OneRun": "A processor is run by at most one thread.",
    "OneSeesTheOther": "Of two threads that announce and then look, at least one sees the other.",
    "OnlyPublished": "Only published events are handled.",
    "ReadsAreRight": "A consumer reads the event that was published under its number.",
    "RefinesLog": "Each step is one that a log, which all consumers read in order, allows.",
    "RefinesQueue": "Each step is one that a queue with competing consumers allows.",
    "RestsIsExact": "The proof's set of the resting consumers is that of the model.",
    "Safety": "The inductive invariant of the proof implies the invariants of the model.",
    "StepsHold": "Each step of the model keeps the inductive invariant of the proof.",
    "TheEndComes": "The closer ends, and no producer waits forever.",
    "TypeOK": "Each variable has a value of its type.",
}


def meaning(name: str, module: Path) -> str:
    """Returns the sentence about a property of a module; an empty string if it has none."""
    text = module.read_text() if module.exists() else ""
    found = re.search(rf"((?:^\\\* .*\n)+){re.escape(name)}\b[^\n]*==", text, re.MULTILINE)
    if found is None:
        return _OF.get(name, "")
    return " ".join(line.removeprefix("\\* ").strip() for line in found[1].splitlines())
