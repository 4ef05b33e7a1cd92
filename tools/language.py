"""`python -m tools.language [PATH ...]`: a word list and a line length for prose and code.

The language rule is in CONTRIBUTING.md: name the actor, use a finite verb, negate the verb, keep
sentences short. A word list cannot check that. It refuses the habits that hide the actor or that
are not plain English, and says what to write instead.

Python files are searched in comments and strings, other files in their whole text. A file is
checked against the line length as well, because ruff looks at Python alone.
"""

import argparse
import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Final

#: Columns of a line, at most. Tables and links of Markdown files cannot be broken.
COLUMNS: Final = 100

#: A comment for a tool, which must stand at the end of its line. It does not count, as in ruff.
PRAGMA: Final = re.compile(r"  # (type: ignore|noqa|fmt: skip|pragma:).*$")

#: Words of a sentence, at most; `--sentences` lists the longer ones.
WORDS: Final = 25

#: Suffixes of the files that people read.
PROSE: Final = (".py", ".md", ".tla", ".toml", ".rst")

#: Files that quote the habits.
EXAMPLES: Final = ("tools/language.py", "tests/unit/layout/test_language.py")

#: What a person may be called: only people are "who".
PEOPLE: Final = r"users?|people|persons?|readers?|anyone|everyone|someone|those|developers?|others"

ACTOR: Final = "name the actor: a producer, a consumer, the thread that, the caller"
NEGATE: Final = 'negate the verb: "is not a"'

#: A pattern, and what to do about it.
HABITS: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), advice)
    for pattern, advice in (
        (r"\bwho(m|mever|ever)\b", ACTOR),
        (rf"(?<!\w)(?<!-)\b(?!(?:{PEOPLE})\b)(\w+ |\W )who\b", ACTOR),
        (r"\b(no|some)body\b", ACTOR),
        (
            r"(?<!there )\b(is|are|was|were) no "
            r"(?!longer|more|later|less|op\b|better|faster|slower|worse|older|younger)[a-z]",
            NEGATE,
        ),
        (r"\b(is|are|was|were|be) (?-i:none)\b(?! of)", NEGATE),
        (r"\b(is|are|was|were|be|been) told\b", 'say "receives", "is reported", "knows"'),
        (r"\b(tells?|told) of\b", 'say "reports", "describes"'),
        (r"\bof which\b[^.]* tells?\b", 'say "reports", "signals"'),
        (r"\bmore ado\b", 'say "immediately"'),
        (r"\bfaces? of\b", 'say "has the same interface as"'),
        (r"\basks? nothing of\b", 'say "carries no obligations"'),
        (r"\bof one's own\b|\bof mine\b", 'say "its own", "a separate"'),
        (
            r"\b(functions?|objects?|threads?|class(es)?|strateg(y|ies)|handlers?|sequences?) "
            r"of your(s| own)\b",
            'say "your own function"',
        ),
        (r"\bto be had\b", 'say "available"'),
        (r"\bof (its|their) day\b", 'say "at that time"'),
        (r"\bfor want of\b", 'say "for lack of"'),
        (r"\bbelongs? into\b", 'say "belongs in"'),
        (r"\bwhat becomes of\b|\bis to become of\b", 'say "what happens to", "after"'),
        (r"\bthe least is\b", 'say "at minimum"'),
        (r"\bhears? of\b|\bheard of\b", 'say "receives", "knows"'),
        (r"\bput(s|ting)? aside\b", 'say "schedules for redelivery", "keeps"'),
        (r"\bbr(ing|ings|ought) along\b", 'say "passes", "includes"'),
        (r"\b(each|every) turn\b", 'say "each iteration"; a loop "terminates because"'),
        (r"\bwithout a word\b", 'say "silently"'),
        (r"\bin vain\b", 'say "without success"'),
        (r"\bcom(e|es|ing) to (its|their|an) end\b", 'say "ends", "finishes"'),
        (r"\ball the same\b", 'say "anyway", "still"'),
        (r"\bfor ever\b", 'write "forever"'),
        (r"\bmost of all\b|\bby and by\b|\bever so\b", "leave it out"),
    )
)


def prose(path: Path) -> Iterator[tuple[int, str]]:
    """The lines in which the words of a file stand, each with its number from 1."""
    text = path.read_text()
    if path.suffix != ".py":
        yield from enumerate(text.splitlines(), 1)
        return
    kinds = (tokenize.COMMENT, tokenize.STRING, tokenize.FSTRING_MIDDLE)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in kinds:
            yield from enumerate(token.string.splitlines(), token.start[0])


def faults(path: Path) -> Iterator[str]:
    """A line for each habit and each line that is too long, in the form `file:line: what to do`."""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if len(PRAGMA.sub("", line)) > COLUMNS and not _is_unbreakable(path, line):
            yield f"{path}:{number}: {len(line)} columns; break the line after {COLUMNS} at most"
    for number, line in prose(path):
        for pattern, advice in HABITS:
            if found := pattern.search(line):
                yield f"{path}:{number}: {found[0].strip()!r}: {advice}"


def _is_unbreakable(path: Path, line: str) -> bool:
    return path.suffix != ".py" and (
        line.lstrip().startswith(("|", "[", "!")) or "](" in line or "://" in line
    )


def long_sentences(path: Path) -> Iterator[str]:
    """A line for each sentence of a Python docstring, or of a Markdown file, that is too long."""
    blocks: list[tuple[int, str]] = []
    if path.suffix == ".py":
        tokens = tokenize.generate_tokens(io.StringIO(path.read_text()).readline)
        blocks += [
            (token.start[0], token.string.strip('"'))
            for token in tokens
            if token.type == tokenize.STRING and token.string.startswith('"""')
        ]
    else:
        blocks.append((1, path.read_text()))
    for start, block in blocks:
        line = start
        for paragraph in re.split(r"(\n\s*\n)", block):
            for sentence in re.split(r"(?<=[.:;!?])\s+", paragraph):
                if (count := len(sentence.split())) > WORDS:
                    yield f"{path}:{line}: {count} words: {' '.join(sentence.split())[:70]}..."
            line += paragraph.count("\n")


def files(paths: list[str]) -> Iterator[Path]:
    """The files that git keeps under these paths and that people read."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *paths],
        capture_output=True,
        text=True,
        check=True,
    )
    for name in sorted(listed.stdout.splitlines()):
        path = Path(name)
        if path.suffix in PROSE and path.exists() and name not in EXAMPLES:
            yield path


def main(arguments: list[str]) -> int:
    """Exit codes: 0 nothing was found, 1 something was."""
    parser = argparse.ArgumentParser(prog="python -m tools.language", description=main.__doc__)
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files and folders; default: all")
    parser.add_argument(
        "--sentences", action="store_true", help=f"list sentences over {WORDS} words"
    )
    options = parser.parse_args(arguments)
    look = long_sentences if options.sentences else faults
    found = [line for path in files(options.paths) for line in look(path)]
    print(*found, sep="\n")
    if found:
        print(f"{len(found)} found", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
