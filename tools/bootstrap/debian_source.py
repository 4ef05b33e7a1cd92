"""Gets the source of CPython 3.13 from the Debian mirror that the machine uses."""

import re
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from tools.bootstrap.errors import SetupError

#: Where the source is looked for, in this order.
SUITES = ("trixie",)
PACKAGE = "python3.13"
#: An index may be old, because those of dated snapshots always are. So this bounds its age.
OLDEST = (3, 13, 5)
_TARBALL = "python3.13_*.orig.tar.xz"
_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
#: How addresses of the main archive end: itself, a dated snapshot of it, a file that lists mirrors
#: of it.
_MAIN_ARCHIVE = re.compile(r"/debian(?:/\d{8}T\d{6}Z|\.list)?/?$")


def mirrors(texts: Iterable[str]) -> list[str]:
    """The addresses that may be Debian's main archive in apt's source files, in order, each once.

    Both formats are read: `deb [options] address suite components` and paragraphs with a `URIs:`
    field. Third parties' archives may end in `/debian` too: only apt, with Debian's keyring, can
    tell.
    """
    found: dict[str, None] = {}
    for text in texts:
        for address in _addresses(text):
            if _MAIN_ARCHIVE.search(address):
                found[address] = None
    return list(found)


def _addresses(text: str) -> Iterator[str]:
    text = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)
    for field in re.finditer(r"^URIs:(.*(?:\n[ \t].*)*)", text, re.MULTILINE):
        yield from field[1].split()
    for line in re.finditer(
        r"^deb(?:-src)?[ \t]+(?:\[[^]]*\][ \t]+)?(\S+)[ \t]+\S+", text, re.MULTILINE
    ):
        yield line[1]


def archives(apt_folder: Path = Path("/etc/apt")) -> list[str]:
    """What `mirrors` finds in this machine's files; nothing if apt lacks Debian's keyring."""
    files = [apt_folder / "sources.list", *sorted((apt_folder / "sources.list.d").glob("*"))]
    found = mirrors(
        file.read_text()
        for file in files
        if file.suffix in {".list", ".sources"} and file.is_file()
    )
    return found if _KEYRING.exists() else []


def private_apt(folder: Path, kind: str, address: str, suite: str) -> list[str]:
    """Returns the options with which apt reads one archive, and keeps all its state in `folder`.

    Args:
        folder: is made.
        kind: "deb" or "deb-src".
        address: of the archive; apt checks its signature with Debian's keyring.
        suite: of the archive.
    """
    for name in ("lists/partial", "cache/archives/partial", "parts"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    sources = folder / "sources.list"
    sources.write_text(f"{kind} [signed-by={_KEYRING}] {address} {suite} main\n")
    options = {
        "Dir::Etc::sourcelist": sources,
        "Dir::Etc::sourceparts": folder / "parts",
        "Dir::State::lists": folder / "lists",
        "Dir::Cache": folder / "cache",
        "Acquire::Check-Valid-Until": "false",
        "APT::Sandbox::User": "root",
    }
    return [argument for key, value in options.items() for argument in ("-o", f"{key}={value}")]


def download(
    folder: Path, apt_folder: Path = Path("/etc/apt"), suites: Sequence[str] | None = None
) -> Path:
    """Download Debian's newest upstream CPython 3.13 into `folder`; apt checks the signature.

    Each of `suites`, or of `SUITES`, is tried at each address until one has it. A tarball stands in
    `folder` itself only once it is whole.

    Raises:
        SetupError: this system is not Debian, or apt could not get it.
    """
    present = list(folder.glob(_TARBALL))
    if present:
        return present[0]
    addresses = archives(apt_folder)
    if not addresses:
        raise SetupError(
            "no free-threaded CPython 3.13 was found, "
            "and this machine's apt names no Debian archive to build one from. "
            "Install python3.13t (or uv) and put it on PATH, or set PYTHON to one"
        )
    *others, last = [(suite, address) for suite in suites or SUITES for address in addresses]
    for suite, address in others:
        with suppress(SetupError):
            return _download_from(suite, address, folder)
    return _download_from(*last, folder)


def version(tarball: Path) -> str:
    """Returns the version of CPython in a tarball: "3.13.15"."""
    return tarball.name.split("_")[1].removesuffix(".orig.tar.xz")


def _download_from(suite: str, address: str, folder: Path) -> Path:
    # apt writes under the final name from the first byte on, so it works in its own folder,
    # and resumes there.
    incoming = folder / "incoming" / suite
    incoming.mkdir(parents=True, exist_ok=True)
    apt = private_apt(folder / "apt", "deb-src", address, suite)
    log = folder / "apt.log"
    _run(["apt-get", *apt, "update"], incoming, log, suite)
    source = ["apt-get", *apt, "source", "--download-only", "--tar-only", PACKAGE]
    _run(source, incoming, log, suite)
    tarballs = list(incoming.glob(_TARBALL))
    if not tarballs:
        raise SetupError(
            f"apt reported success but downloaded no source of {PACKAGE}; its output is in {log}"
        )
    (tarball,) = tarballs
    found = version(tarball)
    if tuple(map(int, re.findall(r"\d+", found)[:3])) < OLDEST:
        tarball.unlink()
        raise SetupError(
            f"Debian {suite} at {address} has CPython {found} only; "
            f"{'.'.join(map(str, OLDEST))} or newer is needed. Is that an old copy of the archive?"
        )
    return tarball.rename(folder / tarball.name)


def _run(command: list[str], folder: Path, log: Path, suite: str) -> None:
    with log.open("a") as output:
        try:
            code = subprocess.run(
                command, cwd=folder, stdout=output, stderr=output, check=False
            ).returncode
        except OSError as error:
            raise SetupError(f"cannot run {command[0]}: {error}") from error
    if code:
        raise SetupError(
            f"apt could not get the source of {PACKAGE} from Debian {suite} (exit code {code}); "
            f"its output is in {log}.\n"
            f"{tail(log)}\nInstall python3.13t (or uv) and put it on PATH, or set PYTHON to one"
        )


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
