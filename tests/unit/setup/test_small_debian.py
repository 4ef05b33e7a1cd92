"""A folder that holds a small Debian, made with an apt that does what the tests say."""

import io
import os
import subprocess
import tarfile
from pathlib import Path

import pytest

from tools.bootstrap import debian_source
from tools.bootstrap.progress import Progress
from tools.platforms import root
from tools.platforms.errors import Failure, Skip
from tools.platforms.root import SmallDebian

SILENT = Progress(io.StringIO())
APT = """#!/bin/sh
echo "$*" >> {folder}/asked
case "$*" in
*update*) grep -q "$(cat {folder}/refused)" {folder}/debian/apt/sources.list && exit 100 ;;
*--print-uris*)
    cd {folder}/archive
    for each in *.deb; do echo "'http://mirror/$each' $each 12 SHA256:0"; done ;;
*--download-only*) cp {folder}/archive/*.deb {folder}/debian/apt/cache/archives ;;
esac
exit 0
"""


def command(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def package(folder: Path, name: str, *files: str) -> None:
    """A package of Debian, which is a plain archive here."""
    (folder / "archive").mkdir(exist_ok=True)
    with tarfile.open(folder / "archive" / f"{name}.deb", "w") as archive:
        for file in files:
            entry = tarfile.TarInfo(f"./{file}")
            if file.endswith("/"):
                entry.type = tarfile.DIRTYPE
                entry.mode = 0o755
            archive.addfile(entry)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with one archive and one package; its apt's settings name two addresses."""
    command(tmp_path / "bin" / "apt-get", APT.format(folder=tmp_path))
    command(tmp_path / "bin" / "dpkg", "#!/bin/sh\necho amd64\n")
    command(tmp_path / "bin" / "dpkg-deb", '#!/bin/sh\ncat "$2"\n')
    command(tmp_path / "bin" / "unshare", "#!/bin/sh\n")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setattr(
        debian_source, "archives", lambda: ["http://first/debian", "http://second/debian"]
    )
    (tmp_path / "refused").write_text("nothing")
    package(tmp_path, "it_1_amd64", "usr/bin/it", "lib/", "lib/one.so")
    return tmp_path


def small_debian(folder: Path, foreign: str = "") -> SmallDebian:
    return SmallDebian(folder / "debian", "sid", ["it"], foreign)


def test_a_machine_that_is_not_debian_is_refused_with_the_reason() -> None:
    there = dict.fromkeys(root.NEEDED, True)
    root.refuse(there, ["http://mirror/debian"])
    with pytest.raises(Skip, match="lacks apt-get, dpkg, which Debian has"):
        root.refuse({**there, "apt-get": False, "dpkg": False}, ["http://mirror/debian"])
    with pytest.raises(Skip, match="does not know Debian's archive"):
        root.refuse(there, [])


def test_a_user_that_may_not_mount_is_refused(folder: Path) -> None:
    command(folder / "bin" / "unshare", "#!/bin/sh\nexit 1\n")
    with pytest.raises(Skip, match="may not mount folders"):
        small_debian(folder)


@pytest.mark.parametrize(
    ("user", "options"), [(0, ["--mount"]), (1000, ["--mount", "--map-root-user"])]
)
def test_a_user_other_than_root_gets_a_namespace(
    folder: Path, monkeypatch: pytest.MonkeyPatch, user: int, options: list[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    assert root.way_in() == ["unshare", *options]


def test_packages_are_unpacked_into_a_merged_system(folder: Path) -> None:
    debian = small_debian(folder)
    assert debian.prepare(SILENT)
    assert (debian.root / "usr" / "bin" / "it").exists()
    assert (debian.root / "usr" / "lib" / "one.so").exists()
    assert (debian.root / "lib").is_symlink()
    assert (debian.root / "etc" / "passwd").read_text().startswith("root:x:0:0:")
    for place in ("proc", "dev", "sys", "tmp"):
        assert (debian.root / place).is_dir()
    assert not (folder / "debian" / "apt" / "cache").exists(), "what is unpacked is not kept twice"


def test_what_is_unpacked_is_unpacked_again_only_if_a_package_is_newer(folder: Path) -> None:
    debian = small_debian(folder)
    assert debian.prepare(SILENT)
    assert not debian.prepare(SILENT)
    package(folder, "it_2_amd64", "usr/bin/newer")
    (folder / "archive" / "it_1_amd64.deb").unlink()
    assert debian.prepare(SILENT)
    assert (debian.root / "usr" / "bin" / "newer").exists()
    assert not (debian.root / "usr" / "bin" / "it").exists()


def test_a_package_that_cannot_be_unpacked_leaves_no_half_system(folder: Path) -> None:
    (folder / "archive" / "broken_1_amd64.deb").write_text("not a package")
    debian = small_debian(folder)
    with pytest.raises(Failure, match=r"broken_1_amd64\.deb cannot be unpacked"):
        debian.prepare(SILENT)
    assert not debian.root.exists()
    (folder / "archive" / "broken_1_amd64.deb").unlink()
    assert debian.prepare(SILENT)


def test_apt_keeps_all_state_in_the_folder_and_takes_nothing_for_installed(folder: Path) -> None:
    small_debian(folder, foreign="arm64").prepare(SILENT)
    state = folder / "debian" / "apt"
    for line in (folder / "asked").read_text().splitlines():
        for key, value in (
            ("Dir::Etc::sourcelist", state / "sources.list"),
            ("Dir::State::lists", state / "lists"),
            ("Dir::State::status", state / "status"),
            ("Dir::Cache", state / "cache"),
            ("APT::Architectures", "amd64,arm64"),
        ):
            assert f"-o {key}={value}" in line
    assert (state / "status").read_text() == ""


def test_the_next_address_is_tried_and_without_one_the_command_is_skipped(folder: Path) -> None:
    (folder / "refused").write_text("first")
    assert small_debian(folder).prepare(SILENT)
    (folder / "refused").write_text("debian")
    with pytest.raises(Skip, match="apt got no packages of Debian sid"):
        small_debian(folder).prepare(SILENT)


def test_a_command_inside_sees_the_folders_that_are_shown_and_few_variables(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    debian = small_debian(folder)
    debian.prepare(SILENT)
    inside = debian.inside(["it", "now"], {folder: "/project"}, {"PYTHONPATH": "/project"})
    assert inside[0] == "unshare"
    assert inside[-2:] == ["it", "now"]
    assert "PYTHONPATH=/project" in inside
    assert (debian.root / "project").is_dir()
    # Mount and chroot are those of the test: they say what they get.
    command(folder / "bin" / "mount", "#!/bin/sh\necho mount $2 to $3\n")
    command(folder / "bin" / "chroot", "#!/bin/sh\necho enter $1; shift; echo then $@\n")
    shell = inside[inside.index("sh") :]
    said = subprocess.run(shell, capture_output=True, text=True, check=True).stdout.splitlines()
    assert said[:4] == [
        f"mount /proc to {debian.root}/proc",
        f"mount /dev to {debian.root}/dev",
        f"mount /sys to {debian.root}/sys",
        f"mount {folder} to {debian.root}/project",
    ]
    assert said[4] == f"enter {debian.root}"
    assert said[5].startswith("then env --default-signal=INT --ignore-environment PATH=")
    assert said[5].endswith("it now")
