"""`class_archive`: an archive of TLC's classes, with which Java starts twice as fast.

Java reads and verifies about a thousand classes before TLC does anything. A small model takes less
time than that. Java can store the classes as they are in memory, and map that file the next time
(class data sharing). The file belongs to one Java and one tla2tools.jar; it is made once, in the
user's cache.
"""

import functools
import hashlib
import os
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import Final

#: The collector that the small runs use too: with another one, Java maps a part of the file only.
COLLECTOR: Final = "-XX:+UseSerialGC"

#: A model whose run loads every class that the other runs need: it is violated over time.
_MODULE: Final = """\
---- MODULE Training ----
EXTENDS Integers, Sequences, FiniteSets, TLC
VARIABLE count
Init == count = 0
Next == count' = (count + 1) % 4 /\\ Len(<<count>>) = Cardinality({count})
Spec == Init /\\ [][Next]_count /\\ WF_count(Next)
Small == count < 9 /\\ [a |-> count].a = count /\\ [x \\in {"p", "q"} |-> count]["p"] = count
Ends == <>(count = 9)
====
"""
_CONFIGURATION: Final = "SPECIFICATION Spec\nINVARIANT Small\nPROPERTY Ends\n"

_making: Final = threading.Lock()


def forget() -> None:
    """Look for the archives anew: the cache may be elsewhere now."""
    _archive.cache_clear()


def archive(java: Path, jar: Path) -> Path | None:
    """Returns the archive for this Java and this jar, which is made first if it is missing.

    Any thread may call this. Returns None if this Java cannot make one; then runs go on without it.
    """
    with _making:
        return _archive(java, jar)


@functools.cache
def _archive(java: Path, jar: Path) -> Path | None:
    path = _folder() / f"{_key(java, jar)}.jsa"
    try:
        if not path.is_file():
            _make(java, jar, path)
    except (OSError, subprocess.CalledProcessError):
        return None
    return path


def _folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "ringbuffer" / "tlc"


def _key(java: Path, jar: Path) -> str:
    """Returns a name that changes whenever Java or the jar does."""
    facts = [path.resolve() for path in (java, jar)]
    stats = [path.stat() for path in facts]
    text = repr(
        [(str(path), it.st_size, it.st_mtime_ns) for path, it in zip(facts, stats, strict=True)]
    )
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _make(java: Path, jar: Path, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Processes may make it at once. Each renames a whole file into place, and any of them is right.
    with tempfile.TemporaryDirectory(prefix="making-", dir=path.parent) as temporary:
        folder = Path(temporary)
        (folder / "Training.tla").write_text(_MODULE)
        (folder / "Training.cfg").write_text(_CONFIGURATION)
        listed, made = folder / "classes", folder / "archive.jsa"
        use = [str(java), COLLECTOR, f"-Djava.io.tmpdir={folder}", "-cp", str(jar)]
        train = [f"-XX:DumpLoadedClassList={listed}", "tlc2.TLC", "-metadir", temporary, "Training"]
        # TLC finds the violation, so its exit code is not 0.
        subprocess.run([*use, *train], cwd=folder, capture_output=True, check=False)
        dump = ["-Xshare:dump", f"-XX:SharedClassListFile={listed}"]
        subprocess.run(
            [*use[:2], *dump, f"-XX:SharedArchiveFile={made}", *use[2:]],
            cwd=folder,
            capture_output=True,
            check=True,
        )
        made.rename(path)
