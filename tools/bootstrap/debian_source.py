"""Gets the source of CPython 3.13 from Debian, from whatever mirror the machine is set up to use."""

import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from tools.bootstrap.errors import SetupError

SUITE = "trixie"
PACKAGE = "python3.13"
_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


def mirrors(texts: Iterable[str]) -> list[str]:
    """The addresses of Debian's main archive in apt's source files, in order, each once.

    Both formats are read: `deb [options] address suite components` and paragraphs with a `URIs:` field. Addresses of
    other archives (security updates, third parties) do not end in `/debian`.
    """
    found: dict[str, None] = {}
    for text in texts:
        for address in _addresses(text):
            if address.rstrip("/").endswith("/debian"):
                found[address] = None
    return list(found)


def _addresses(text: str) -> Iterator[str]:
    for line in text.splitlines():
        field = re.match(r"URIs:\s*(.+)", line)
        if field:
            yield from field[1].split()
        one_line = re.match(r"deb(?:-src)?\s+(?:\[[^]]*\]\s+)?(\S+)\s+\S+", line)
        if one_line:
            yield one_line[1]


def download(folder: Path, apt_folder: Path = Path("/etc/apt")) -> Path:
    """Download the upstream tarball of Debian's newest CPython 3.13 into `folder`; apt checks its signature.

    Raises:
        SetupError: this is no Debian, or apt could not get it.
    """
    present = list(folder.glob("python3.13_*.orig.tar.xz"))
    if present:
        return present[0]
    files = [apt_folder / "sources.list", *sorted((apt_folder / "sources.list.d").glob("*"))]
    addresses = mirrors(file.read_text() for file in files if file.suffix in {".list", ".sources"} and file.is_file())
    if not addresses or not _KEYRING.exists():
        raise SetupError(
            "no free-threaded CPython 3.13 was found, and this machine's apt names no Debian archive to build one from. "
            "Install python3.13t (or uv) and put it on PATH, or set PYTHON to one"
        )
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("lists/partial", "cache/archives/partial", "parts"):
        (folder / "apt" / name).mkdir(parents=True, exist_ok=True)
    sources = folder / "apt" / "sources.list"
    sources.write_text("".join(f"deb-src [signed-by={_KEYRING}] {each} {SUITE} main\n" for each in addresses))
    options = {
        "Dir::Etc::sourcelist": sources,
        "Dir::Etc::sourceparts": folder / "apt" / "parts",
        "Dir::State::lists": folder / "apt" / "lists",
        "Dir::Cache": folder / "apt" / "cache",
        "Acquire::Check-Valid-Until": "false",
        "APT::Sandbox::User": "root",
    }
    apt = [argument for key, value in options.items() for argument in ("-o", f"{key}={value}")]
    log = folder / "apt.log"
    _run(["apt-get", *apt, "update"], folder, log)
    _run(["apt-get", *apt, "source", "--download-only", "--tar-only", PACKAGE], folder, log)
    tarballs = list(folder.glob("python3.13_*.orig.tar.xz"))
    if not tarballs:
        raise SetupError(f"apt reported success but downloaded no source of {PACKAGE}; its output is in {log}")
    return tarballs[0]


def _run(command: list[str], folder: Path, log: Path) -> None:
    with log.open("a") as output:
        try:
            code = subprocess.run(command, cwd=folder, stdout=output, stderr=output, check=False).returncode
        except OSError as error:
            raise SetupError(f"cannot run {command[0]}: {error}") from error
    if code:
        raise SetupError(
            f"apt could not get the source of {PACKAGE} from Debian {SUITE} (exit code {code}); its output is in {log}.\n"
            f"{tail(log)}\nInstall python3.13t (or uv) and put it on PATH, or set PYTHON to one"
        )


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
