"""The set-up: which interpreter it takes, what it says without one, what an interruption leaves."""

import io
import os
import re
import subprocess
import sys
import tarfile
import threading
from pathlib import Path

import pytest

from tools.bootstrap import build_packages, debian_source, environment, interpreter, source_build
from tools.bootstrap.__main__ import main
from tools.bootstrap.errors import SetupError
from tools.bootstrap.progress import Progress
from tools.lock import listed

PROJECT = Path(__file__).parents[3]
SILENT = Progress(io.StringIO())


def fake_python(path: Path, *, suitable: bool = True) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho {suitable}\n")
    path.chmod(0o755)
    return path


def described(project: Path) -> Path:
    """Writes what defines the environment of a project."""
    (project / "requirements").mkdir(parents=True)
    (project / "requirements" / "dev.txt").write_text("one")
    (project / "pyproject.toml").write_text("one")
    (project / "native").mkdir()
    (project / "native" / "pyproject.toml").write_text("one")
    (project / "native" / "ringbuffer_native.c").write_text("one")
    return project


def variables(tmp_path: Path, **more: str) -> dict[str, str]:
    return {
        "PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin",
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        **more,
    }


def test_the_interpreter_that_runs_this_is_judged_rightly() -> None:
    is_free_threaded = not getattr(sys, "_is_gil_enabled", lambda: True)()
    assert interpreter.is_suitable(sys.executable) == is_free_threaded
    assert not interpreter.is_suitable("/nowhere/python")


def test_the_named_interpreter_comes_first(tmp_path: Path) -> None:
    named = fake_python(tmp_path / "elsewhere" / "python")
    fake_python(tmp_path / "bin" / "python3.13t")
    assert interpreter.find(variables(tmp_path, PYTHON=str(named)), SILENT) == named


def test_a_named_interpreter_that_will_not_do_is_an_error(tmp_path: Path) -> None:
    named = fake_python(tmp_path / "python", suitable=False)
    for wanted in (str(named), "no-such-python"):
        with pytest.raises(SetupError, match=f"PYTHON={wanted} is not a free-threaded"):
            interpreter.find(variables(tmp_path, PYTHON=wanted), SILENT)


def test_the_path_comes_before_an_earlier_build_and_that_before_uv(tmp_path: Path) -> None:
    env = variables(tmp_path)
    of_uv = fake_python(tmp_path / "uv-python")
    uv = fake_python(tmp_path / "bin" / "uv")
    uv.write_text(f"#!/bin/sh\necho {of_uv}\n")
    assert interpreter.find(env, SILENT) == of_uv
    built = fake_python(source_build.installed_python(source_build.cache_folder(env)))
    assert interpreter.find(env, SILENT) == built
    on_path = fake_python(tmp_path / "bin" / "python3.13t")
    assert interpreter.find(env, SILENT) == on_path
    fake_python(on_path, suitable=False)
    assert interpreter.find(env, SILENT) == built


def test_an_activated_environment_is_not_what_an_environment_is_made_from(tmp_path: Path) -> None:
    inside = fake_python(tmp_path / ".venv" / "bin" / "python3.13t")
    (tmp_path / ".venv" / "pyvenv.cfg").touch()
    outside = fake_python(tmp_path / "bin" / "python3.13t")
    env = variables(tmp_path)
    env["PATH"] = f"{inside.parent}:{env['PATH']}"
    assert interpreter.find(env, SILENT) == outside
    with pytest.raises(SetupError, match="outside a virtual environment"):
        interpreter.find({**env, "PYTHON": str(inside)}, SILENT)


def test_variables_that_switch_the_gil_on_do_not_disqualify_an_interpreter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without = interpreter.is_suitable(sys.executable)
    monkeypatch.setenv("PYTHON_GIL", "1")
    assert interpreter.is_suitable(sys.executable) == without


def test_uv_is_asked_for_an_interpreter_outside_our_environment(tmp_path: Path) -> None:
    inside, outside = (
        fake_python(tmp_path / ".venv" / "bin" / "python"),
        fake_python(tmp_path / "uv-python"),
    )
    (tmp_path / ".venv" / "pyvenv.cfg").touch()
    uv = fake_python(tmp_path / "bin" / "uv")
    uv.write_text(f'#!/bin/sh\ntest "$UV_SYSTEM_PYTHON" = 1 && echo {outside} || echo {inside}\n')
    assert interpreter.find(variables(tmp_path), SILENT) == outside


def test_a_uv_that_cannot_download_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uv = fake_python(tmp_path / "bin" / "uv")
    uv.write_text("#!/bin/sh\nexit 2\n")
    monkeypatch.setattr(source_build, "build", lambda *arguments: Path("built"))
    assert interpreter.find(variables(tmp_path), SILENT) == Path("built")


def test_builds_are_kept_by_user_and_by_kind_of_machine(tmp_path: Path) -> None:
    folder = source_build.cache_folder({"HOME": str(tmp_path)})
    assert folder.parent == tmp_path / ".cache" / "ringbuffer"
    assert os.uname().machine in folder.name


def test_both_formats_of_apts_sources_are_read() -> None:
    comment = "# deb http://ignored/debian x main\n"
    one_line = (
        comment
        + "deb [arch=amd64] http://mirror/debian bookworm main\ndeb-src http://mirror/debian x\n"
    )
    paragraphs = (
        "Types: deb\n# http://comment/debian\n"
        "URIs: http://other/debian/ http://other/debian-security\nSuites: x\n"
    )
    third_party = "deb http://third.party/apt stable main\n"
    assert debian_source.mirrors([one_line, paragraphs, third_party]) == [
        "http://mirror/debian",
        "http://other/debian/",
    ]


def test_snapshots_lists_of_mirrors_and_fields_of_several_lines_are_understood() -> None:
    addresses = [
        "http://mirror/archive/debian/20250520T000000Z",
        "mirror+file:/etc/mirrors/debian.list",
    ]
    paragraph = f"Types: deb\nURIs:\n {addresses[0]}\n# a comment\n {addresses[1]}\nSuites: x\n"
    assert debian_source.mirrors([paragraph]) == addresses


def fake_apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, on_source: str) -> Path:
    """An apt that refuses the archive of a third party. Returns the folder of its settings."""
    apt = fake_python(tmp_path / "bin" / "apt-get")
    sources = tmp_path / "work" / "apt" / "sources.list"
    apt.write_text(
        f'#!/bin/sh\ncase "$*" in\n'
        f"*update) ! grep -q third.party {sources} ;;\n*) {on_source} ;;\nesac\n"
    )
    monkeypatch.setenv("PATH", f"{apt.parent}:{os.environ['PATH']}")
    keyring = tmp_path / "keyring"
    keyring.touch()
    monkeypatch.setattr(debian_source, "_KEYRING", keyring)
    settings = tmp_path / "apt"
    settings.mkdir()
    (settings / "sources.list").write_text(
        "deb http://third.party/debian x stable\ndeb http://good/debian x main\n"
    )
    return settings


def test_an_archive_that_is_not_debians_own_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = fake_apt(tmp_path, monkeypatch, "echo whole > python3.13_3.13.5.orig.tar.xz")
    tarball = debian_source.download(tmp_path / "work", settings)
    assert tarball == tmp_path / "work" / "python3.13_3.13.5.orig.tar.xz"
    assert tarball.read_text() == "whole\n"


def test_the_first_suite_is_tried_at_each_address_before_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(debian_source, "SUITES", ("forky", "trixie"))
    sources = tmp_path / "work" / "apt" / "sources.list"
    settings = fake_apt(
        tmp_path,
        monkeypatch,
        f"cat {sources} >> {tmp_path / 'tried'}; grep -q trixie {sources} || exit 1; "
        "echo whole > python3.13_3.13.5.orig.tar.xz",
    )
    tarball = debian_source.download(tmp_path / "work", settings)
    assert debian_source.version(tarball) == "3.13.5"
    tried = [line.split()[-2] for line in (tmp_path / "tried").read_text().splitlines()]
    assert tried == ["forky", "trixie"]


def test_a_source_that_is_too_old_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = fake_apt(tmp_path, monkeypatch, "echo whole > python3.13_3.13.4.orig.tar.xz")
    with pytest.raises(SetupError, match=r"has CPython 3\.13\.4 only; 3\.13\.5 or newer is needed"):
        debian_source.download(tmp_path / "work", settings)


def test_a_download_that_was_interrupted_is_not_taken_for_a_whole_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tarball = "python3.13_3.13.5.orig.tar.xz"
    first_half_then_both = (
        f"test -e {tarball} && echo rest >> {tarball} || {{ echo half > {tarball}; exit 1; }}"
    )
    settings = fake_apt(tmp_path, monkeypatch, first_half_then_both)
    with pytest.raises(SetupError, match="could not get the source"):
        debian_source.download(tmp_path / "work", settings)
    assert debian_source.download(tmp_path / "work", settings).read_text() == "half\nrest\n"


def test_without_a_debian_archive_the_error_says_what_else_will_do(tmp_path: Path) -> None:
    with pytest.raises(
        SetupError, match=r"Install python3\.13t \(or uv\) and put it on PATH, or set PYTHON to one"
    ):
        debian_source.download(tmp_path / "work", tmp_path / "no-apt")


def test_a_tarball_that_is_there_is_not_downloaded_again(tmp_path: Path) -> None:
    tarball = tmp_path / "python3.13_3.13.5.orig.tar.xz"
    tarball.touch()
    assert debian_source.download(tmp_path, tmp_path / "no-apt") == tarball


def test_missing_packages_are_named_with_the_command_that_installs_them() -> None:
    assert build_packages.missing(lambda thing: True) == []
    packages = build_packages.missing(lambda thing: thing not in ("ffi.h", "cc"))
    assert packages == ["gcc", "libffi-dev"]
    assert "sudo apt-get install gcc libffi-dev" in build_packages.refusal(packages)


def test_packages_that_cannot_be_installed_are_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build_packages, "on_this_machine", lambda thing: thing != "zlib.h")
    monkeypatch.setattr(build_packages, "_privileged", lambda: None)
    with pytest.raises(SetupError, match="sudo apt-get install zlib1g-dev"):
        build_packages.ensure(tmp_path / "log")


def test_pip_that_lacks_a_header_leads_to_the_name_of_its_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(command: list[str], project: Path) -> None:
        if "pip" in command:
            raise SetupError("ffi.h: no such file")

    (tmp_path / "pyproject.toml").write_text(
        "[dependency-groups]\ntest = []\nlint = []\nproof = []\n"
    )
    (tmp_path / ".venv").mkdir()
    monkeypatch.setattr(environment, "_run", fail)
    monkeypatch.setattr(build_packages, "_privileged", lambda: None)
    for there, said in ((False, "sudo apt-get install libffi-dev"), (True, "no such file")):
        monkeypatch.setattr(
            build_packages, "on_this_machine", lambda thing, there=there: there or thing != "ffi.h"
        )
        with pytest.raises(SetupError, match=said):
            environment.prepare(tmp_path, tmp_path / ".venv", Path("python"), SILENT)


def test_a_header_that_is_there_is_found_and_another_is_not() -> None:
    assert build_packages.on_this_machine("stdio.h")
    assert not build_packages.on_this_machine("no/such/header.h")
    assert build_packages.on_this_machine("sh")


def test_a_tree_that_was_half_unpacked_is_unpacked_again(tmp_path: Path) -> None:
    (tmp_path / "Python-3.13" / "Lib").mkdir(parents=True)
    (tmp_path / "Python-3.13" / "configure").write_text("#!/bin/sh\n")
    tarball = tmp_path / "python.tar.xz"
    with tarfile.open(tarball, "w:xz") as archive:
        archive.add(tmp_path / "Python-3.13", "Python-3.13")
    (tmp_path / "unpacking" / "half").mkdir(parents=True)
    log = tmp_path / "log"
    tree = source_build.unpack(tarball, tmp_path, log, SILENT)
    assert (tree / "configure").exists()
    assert not (tmp_path / "unpacking").exists()
    (tree / "object.o").touch()  # what an interrupted build leaves stays
    assert source_build.unpack(tarball, tmp_path, log, SILENT) == tree
    assert (tree / "object.o").exists()


def test_a_tarball_that_cannot_be_unpacked_is_an_error_that_shows_why(tmp_path: Path) -> None:
    (tmp_path / "python.tar.xz").write_text("not a tarball")
    with pytest.raises(SetupError, match=r"unpacking: `tar .*failed"):
        source_build.unpack(tmp_path / "python.tar.xz", tmp_path, tmp_path / "log", SILENT)
    assert not (tmp_path / "source").exists()


@pytest.fixture
def half_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache with the tree of an interrupted build: configured, and with a broken object file."""
    tree = tmp_path / "build" / "source"
    tree.mkdir(parents=True)
    (tree / "object.o").write_text("half")
    (tree / "configured").touch()
    python = source_build.installed_python(tmp_path)
    (tree / "Makefile").write_text(
        "all: object.o\n\t@grep -q whole object.o\n"
        "object.o:\n\t@echo whole > $@\nclean:\n\t@rm object.o\n"
        f"install:\n\t@mkdir -p $(DESTDIR){python.parent}; cp object.o $(DESTDIR){python}\n"
    )
    unused = "python3.13_3.13.5.orig.tar.xz"
    monkeypatch.setattr(debian_source, "download", lambda work: work / unused)
    monkeypatch.setattr(build_packages, "ensure", lambda log: None)
    return tmp_path


def test_a_cache_that_cpython_cannot_be_built_in_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"has a space.*set XDG_CACHE_HOME"):
        source_build.build(tmp_path / "a cache", SILENT, lambda python: True)
    assert not (tmp_path / "a cache").exists()


def test_an_object_file_that_an_interruption_left_broken_is_compiled_again(
    half_built: Path,
) -> None:
    python = source_build.build(half_built, SILENT, lambda python: python.exists())
    assert python.read_text() == "whole\n"
    assert not (half_built / "build").exists()


def test_an_interrupted_build_is_resumed(half_built: Path) -> None:
    (half_built / "build" / "source" / "object.o").write_text("whole, by the earlier run")
    python = source_build.build(half_built, SILENT, lambda python: python.exists())
    assert python.read_text() == "whole, by the earlier run"


def test_the_lock_is_held_as_long_as_a_step_runs_even_if_its_parent_is_gone(tmp_path: Path) -> None:
    free = f"flock --nonblock {tmp_path / 'lock'} true"
    with source_build._only_one(tmp_path, SILENT):
        # The step closes nothing, so it has the lock's file too: if this process died, the lock
        # would stay.
        source_build.step(
            "look", ["sh", "-c", "ls -l /proc/self/fd"], tmp_path, tmp_path / "log", SILENT, 1
        )
        assert subprocess.run(free, shell=True, check=False).returncode == 1
    assert str(tmp_path / "lock") in (tmp_path / "log").read_text()
    assert subprocess.run(free, shell=True, check=False).returncode == 0


def test_what_was_said_to_our_make_is_not_said_to_cpythons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAKEFLAGS", "k -- ARGS=x")
    source_build.step("look", ["env"], tmp_path, tmp_path / "log", SILENT, 1)
    assert "MAKEFLAGS" not in (tmp_path / "log").read_text()


def test_a_build_step_that_fails_shows_the_end_of_its_log(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="no such instruction") as error:
        source_build.step(
            "compiling",
            ["sh", "-c", "echo no such instruction; exit 2"],
            tmp_path,
            tmp_path / "log",
            SILENT,
            10,
        )
    assert str(tmp_path / "log") in str(error.value)


def test_an_environment_is_made_again_when_its_description_or_its_interpreter_changes(
    tmp_path: Path,
) -> None:
    described(tmp_path)
    python, venv = fake_python(tmp_path / "python"), tmp_path / ".venv"
    assert not environment.is_current(tmp_path, venv)
    fake_python(venv / "bin" / "python")
    (venv / "stamp").write_text(environment.stamp(tmp_path, python))
    assert environment.is_current(tmp_path, venv)
    assert environment.is_current(tmp_path, venv, python)
    assert not environment.is_current(tmp_path, venv, tmp_path / "other")
    for name in ("pyproject.toml", "requirements/dev.txt", "native/ringbuffer_native.c"):
        description = tmp_path / name
        description.write_text("two")
        assert not environment.is_current(tmp_path, venv)
        description.write_text("one")
        assert environment.is_current(tmp_path, venv)
    python.unlink()
    assert not environment.is_current(tmp_path, venv)


def test_an_environment_that_was_copied_with_its_checkout_is_made_again(tmp_path: Path) -> None:
    python = fake_python(tmp_path / "python")
    for name in ("old", "new"):
        fake_python(tmp_path / name / ".venv" / "bin" / "python")
        described(tmp_path / name)
    for name in ("old", "new"):
        (tmp_path / name / ".venv" / "stamp").write_text(
            environment.stamp(tmp_path / "old", python)
        )
    assert environment.is_current(tmp_path / "old", tmp_path / "old" / ".venv")
    assert not environment.is_current(tmp_path / "new", tmp_path / "new" / ".venv")


def test_two_that_want_the_same_environment_make_it_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    described(tmp_path)
    python, venv = fake_python(tmp_path / "python"), tmp_path / ".venv"
    made = []

    def make(project: Path, venv: Path, python: Path, progress: Progress) -> None:
        made.append(venv)
        fake_python(venv / "bin" / "python")
        (venv / "stamp").write_text(environment.stamp(project, python))

    monkeypatch.setattr(environment, "_make", make)
    threads = [
        threading.Thread(target=environment.prepare, args=(tmp_path, venv, python, SILENT))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [venv]


@pytest.mark.parametrize("lock", environment.LOCKS)
def test_a_lock_file_pins_what_its_groups_ask_for_with_hashes(lock: str) -> None:
    pinned: dict[str, list[str]] = {}
    for line in (PROJECT / lock).read_text().splitlines():
        if not line.startswith(" "):
            name, version = line.split(";")[0].rstrip(" \\").split("==")
            files = pinned.setdefault(f"{name}=={version.strip()}", [])
        else:
            assert re.fullmatch(r" +--hash=sha256:[0-9a-f]{64}( \\)?", line)
            files.append(line)
    assert all(pinned.values())
    asked = (each.split(";")[0].replace("_", "-") for each in listed(environment.LOCKS[lock]))
    assert {each.lower() for each in asked} <= pinned.keys()


def test_a_group_without_a_lock_file_is_an_error_that_names_those_that_have_one(
    tmp_path: Path,
) -> None:
    with pytest.raises(SetupError, match=r"no lock file for a group 'doc'; there are dev, docs, "):
        environment.add_group(tmp_path, tmp_path, "doc", SILENT)


@pytest.mark.parametrize("has_compiler", [True, False])
def test_pip_installs_nothing_without_a_hash_but_the_project_and_its_native_cells(
    has_compiler: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build_packages, "on_this_machine", lambda thing: has_compiler)
    commands: list[list[str]] = []
    monkeypatch.setattr(environment, "_run", lambda command, project: commands.append(command))
    described(tmp_path)
    (tmp_path / ".venv").mkdir()
    monkeypatch.setattr("shutil.rmtree", lambda *arguments, **options: None)
    environment._make(tmp_path, tmp_path / ".venv", tmp_path / "python", SILENT)
    _, locked, editable, *native = commands
    assert locked[-3:] == ["--require-hashes", "--requirement", "requirements/dev.txt"]
    assert {"--no-deps", "--no-build-isolation", "--editable"} < set(editable)
    assert len(native) == has_compiler
    for command in native:
        assert {"--no-deps", "--no-build-isolation", "./native-source"} < set(command)


def test_another_group_is_installed_once_and_again_in_another_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    described(tmp_path)
    venv = tmp_path / ".venv"
    venv.mkdir()
    (venv / "stamp").write_text("one")
    commands: list[list[str]] = []
    monkeypatch.setattr(environment, "_run", lambda command, project: commands.append(command))
    for _ in range(2):
        environment.add_group(tmp_path, venv, "docs", SILENT)
    assert [command[-1] for command in commands] == ["requirements/docs.txt"]
    (venv / "stamp").write_text("two")
    environment.add_group(tmp_path, venv, "docs", SILENT)
    assert len(commands) == 2


def test_a_group_that_could_not_be_installed_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(command: list[str], project: Path) -> None:
        raise SetupError("no network")

    described(tmp_path)
    (tmp_path / "stamp").write_text("one")
    monkeypatch.setattr(environment, "_run", fail)
    for _ in range(2):
        with pytest.raises(SetupError, match="no network"):
            environment.add_group(tmp_path, tmp_path, "docs", SILENT)


def test_the_set_up_adds_the_group_that_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    added = []
    monkeypatch.delenv("PYTHON", raising=False)
    monkeypatch.setattr(environment, "is_current", lambda *arguments: True)
    monkeypatch.setattr(
        environment, "add_group", lambda project, venv, group, progress: added.append(group)
    )
    assert main(["--group", "docs"]) == 0
    assert added == ["docs"]


def test_an_environment_that_was_not_finished_is_not_current(tmp_path: Path) -> None:
    described(tmp_path)
    fake_python(tmp_path / ".venv" / "bin" / "python")
    assert not environment.is_current(tmp_path, tmp_path / ".venv")
    (tmp_path / ".venv" / "stamp").write_text("")
    assert not environment.is_current(tmp_path, tmp_path / ".venv")


def test_a_set_up_that_fails_says_why_and_one_that_is_interrupted_that_it_can_go_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*arguments: object) -> Path:
        raise SetupError("no compiler")

    def interrupt(*arguments: object) -> Path:
        raise KeyboardInterrupt

    for find, code in ((fail, 1), (interrupt, 130)):
        monkeypatch.setattr(interpreter, "find", find)
        assert main(["--venv", "no-such-environment"]) == code
    errors = capsys.readouterr().err
    assert "set-up failed: no compiler" in errors
    assert "run it again to go on" in errors


def test_an_environment_that_is_ready_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHON", raising=False)
    monkeypatch.setattr(environment, "is_current", lambda *arguments: True)
    assert main([]) == 0


def test_progress_on_a_terminal_rewrites_its_line_and_elsewhere_does_not() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal, file = Terminal(), io.StringIO()
    for stream in (terminal, file):
        progress = Progress(stream, plain_interval=0)
        progress.begin("compiling")
        progress.update("about 3 %")
        progress.end()
    assert "\r" in terminal.getvalue()
    assert file.getvalue().splitlines()[0] == "compiling …"
    assert "\r" not in file.getvalue()
    assert "compiling: done, 0 s" in file.getvalue()


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z0-9-]+):.*##", (PROJECT / "Makefile").read_text(), re.MULTILINE))


def test_help_lists_every_target() -> None:
    shown = subprocess.run(
        ["make", "-s", "help"], cwd=PROJECT, capture_output=True, text=True, check=True
    ).stdout
    phony = re.findall(r"^\.PHONY: (.*)$", (PROJECT / "Makefile").read_text(), re.MULTILINE)
    assert make_targets() == set(" ".join(phony).split())
    assert set(re.findall(r"make ([a-z0-9-]+) ", shown)) == make_targets()
    assert {"venv", "demo", "test", "stress", "lint", "coverage", "help"} <= make_targets()


def tracked_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True, check=False
    ).stdout
    return [PROJECT / name for name in listed.split("\n") if name and (PROJECT / name).is_file()]


def test_no_file_names_the_host_of_a_registry_or_a_path_of_one_machine() -> None:
    hosts = ["py" + "pi.org", "python" + "hosted", "debian" + ".org", "npm" + "js.org"]
    paths = [f"/{name}/" for name in ("wo" + "rk", "ro" + "ot")]
    for file in tracked_files():
        text = file.read_text(errors="replace")  # a picture is not text
        assert not [each for each in hosts + paths if each in text], file
