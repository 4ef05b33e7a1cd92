"""A folder that holds a small Debian, from binary packages, and is entered as the root folder.

apt chooses the packages and checks their signatures, with its own state: it changes nothing of
this machine. Their own scripts do not run, so what these would make is made here: a few links, and
the names of the user and of this machine.

<folder>/apt      the lists and the packages that apt downloaded
<folder>/root     the packages, unpacked; it stands there only once it is complete
<folder>/unpacking    the same, while it is being unpacked
"""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from tools.bootstrap import debian_source
from tools.bootstrap.progress import Progress
from tools.platforms.errors import Failure, Skip

#: What each of them needs to run a program that starts others.
BASE: Final = ("base-files", "bash", "coreutils", "dash", "grep", "sed", "util-linux")
#: The folders in which a merged system has its programs, and libraries.
MERGED: Final = ("bin", "sbin", "lib", "lib64")
#: Where other folders are put.
PLACES: Final = ("proc", "dev", "sys", "tmp")
#: What scripts of the packages would link.
LINKS: Final = {"usr/bin/awk": "gawk"}
FILES: Final = {
    "etc/passwd": "root:x:0:0:root:/tmp:/bin/sh\n",
    "etc/group": "root:x:0:\n",
    "etc/hosts": "127.0.0.1 localhost\n::1 localhost\n",
}
#: The commands that it takes; Debian always has them.
NEEDED: Final = ("apt-get", "dpkg", "dpkg-deb", "tar", "unshare")
#: A shell's program: put the system's folders, and those that are asked for, into the root folder,
#: then enter it. The mounts are in a namespace that ends with the command.
ENTER: Final = """\
set -e
root=$1; count=$2; shift 2
for each in proc dev sys; do mount --rbind "/$each" "$root/$each"; done
while [ "$count" -gt 0 ]; do
    mount --rbind "$1" "$root$2"; shift 2; count=$((count - 1))
done
exec chroot "$root" "$@"
"""
_NAMED: Final = re.compile(r"^'[^']+' (\S+\.deb) \d+", re.MULTILINE)


def refuse(has: Mapping[str, bool], addresses: Sequence[str]) -> None:
    """Refuse a machine on which no small Debian can be made or entered.

    Args:
        has: whether each of `NEEDED` is there.
        addresses: of Debian's archive, as apt knows them.

    Raises:
        Skip: it lacks something.
    """
    missing = [name for name, is_there in has.items() if not is_there]
    if missing:
        raise Skip(f"this machine lacks {', '.join(missing)}, which Debian has")
    if not addresses:
        raise Skip("apt on this machine does not know Debian's archive, or its keyring")


def way_in() -> list[str]:
    """Returns what to put before a command so that it may mount folders and change its root.

    Raises:
        Skip: this user may not.
    """
    options = ["--mount"] if os.geteuid() == 0 else ["--mount", "--map-root-user"]
    command = ["unshare", *options]
    probe = [*command, "mount", "--rbind", "/proc", "/proc"]
    if subprocess.run(probe, capture_output=True, check=False).returncode:
        raise Skip("this user may not mount folders, as root or in a namespace of the user's own")
    return command


class SmallDebian:
    """A small Debian in a folder.

    Args:
        folder: for it and for what apt keeps.
        suite: of Debian.
        packages: that it has, beside `BASE` and what they need.
        foreign: another architecture, whose packages have its name after a colon.

    Raises:
        Skip: this machine cannot make one, or this user cannot enter it.
    """

    def __init__(
        self, folder: Path, suite: str, packages: Sequence[str], foreign: str = ""
    ) -> None:
        self._addresses: Final = debian_source.archives()
        refuse({name: shutil.which(name) is not None for name in NEEDED}, self._addresses)
        self._way_in: Final = way_in()
        self._folder: Final = folder
        self._suite: Final = suite
        self._packages: Final = (*BASE, *packages)
        self._foreign: Final = foreign
        self._log: Final = folder / "log"
        self.root: Final = folder / "root"

    def prepare(self, progress: Progress) -> bool:
        """Download and unpack what is not there yet. Returns whether anything is new.

        Raises:
            Skip: apt cannot reach the archive.
            Failure: a package cannot be unpacked.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        self._log.unlink(missing_ok=True)
        progress.begin(f"asking Debian {self._suite} for packages")
        apt, names = self._ask()
        listed = "\n".join(names)
        mark = self.root / "complete"
        if mark.exists() and mark.read_text() == listed:
            progress.end(f"the {len(names)} of the last time are the newest")
            return False
        progress.end(f"{len(names)} packages")
        progress.begin("downloading")
        self._run([*apt, "--download-only"])
        progress.end()
        progress.begin("unpacking")
        self._unpack(names, progress)
        progress.end()
        return True

    def _ask(self) -> tuple[list[str], list[str]]:
        """The command that installs the packages, and the names of their files."""
        failed = None
        for address in self._addresses:
            try:
                return self._ask_at(address)
            except Failure as failure:
                failed = failure
        raise Skip(f"apt got no packages of Debian {self._suite}: {failed}") from failed

    def _ask_at(self, address: str) -> tuple[list[str], list[str]]:
        state = self._folder / "apt"
        private = debian_source.private_apt(state, "deb", address, self._suite)
        (state / "status").touch()  # nothing is installed: so apt chooses all that is needed
        native = self._run(["dpkg", "--print-architecture"]).strip()
        architectures = f"{native},{self._foreign}" if self._foreign else native
        for key, value in (
            ("Dir::State::status", state / "status"),
            ("APT::Architectures", architectures),
            ("APT::Install-Recommends", "false"),
        ):
            private += ["-o", f"{key}={value}"]
        self._run(["apt-get", *private, "update", "--error-on=any"])
        apt = ["apt-get", *private, "install", "--yes", *self._packages]
        names = _NAMED.findall(self._run([*apt, "--print-uris"]))
        if not names:
            raise Failure("apt reported success but named no packages")
        return apt, sorted(names)

    def _unpack(self, names: Sequence[str], progress: Progress) -> None:
        half = self._folder / "unpacking"
        shutil.rmtree(half, ignore_errors=True)
        for name in MERGED:
            (half / "usr" / name).mkdir(parents=True)
            (half / name).symlink_to(f"usr/{name}")
        for number, name in enumerate(names):
            self._extract(self._folder / "apt" / "cache" / "archives" / name, half)
            progress.update(f"{number} of {len(names)}")
        for place in PLACES:
            (half / place).mkdir(exist_ok=True)
        for name, target in LINKS.items():
            (half / name).symlink_to(target)
        (half / "etc").mkdir(exist_ok=True)
        for name, text in FILES.items():
            (half / name).write_text(text)
        (half / "complete").write_text("\n".join(names))
        shutil.rmtree(self.root, ignore_errors=True)
        half.rename(self.root)
        shutil.rmtree(self._folder / "apt" / "cache", ignore_errors=True)

    def _extract(self, package: Path, folder: Path) -> None:
        # Not by `dpkg-deb --extract`: that replaces the links to merged folders by folders.
        unpack = ["tar", "--extract", "--keep-directory-symlink", "--no-same-owner"]
        with subprocess.Popen(
            ["dpkg-deb", "--fsys-tarfile", str(package)], stdout=subprocess.PIPE
        ) as archive:
            done = subprocess.run(
                [*unpack, "--directory", str(folder)],
                stdin=archive.stdout,
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
            )
        if archive.returncode or done.returncode:
            raise Failure(f"{package.name} cannot be unpacked: {done.stderr}")

    def inside(
        self, command: Sequence[str], shown: Mapping[Path, str], variables: Mapping[str, str]
    ) -> list[str]:
        """Returns the command that runs another one in here.

        Args:
            command: for the small Debian.
            shown: folders of this machine, and where they are to be in here, such as "/project".
            variables: of the environment, which has few others.
        """
        pairs: list[str] = []
        for folder, place in shown.items():
            (self.root / place.lstrip("/")).mkdir(parents=True, exist_ok=True)
            pairs += [str(folder), place]
        enter = ["sh", "-c", ENTER, "sh", str(self.root), str(len(shown)), *pairs]
        known = {"PATH": "/usr/bin:/usr/sbin", "HOME": "/tmp", "LANG": "C.UTF-8", **variables}
        # A shell that starts a command in the background has it ignore Ctrl-C, which tests send.
        environment = ["env", "--default-signal=INT", "--ignore-environment"]
        environment += [f"{name}={value}" for name, value in known.items()]
        return [*self._way_in, *enter, *environment, *command]

    def _run(self, command: list[str]) -> str:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        with self._log.open("a") as log:
            log.write(f"$ {' '.join(command)}\n{done.stdout}{done.stderr}")
        if done.returncode:
            raise Failure(f"`{command[0]}` failed; see {self._log}:\n{done.stderr[-1500:]}")
        return done.stdout
