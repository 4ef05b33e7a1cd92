"""The whole set-up under the system's own Python, which may be the oldest that the README promises.

Everything that it starts is real but for the C compiler's part: the source that it unpacks,
configures, compiles and installs is a shell script, which then plays the interpreter.
"""

import subprocess
import tarfile
from pathlib import Path

import pytest

from tools.bootstrap import environment, source_build

PROJECT = Path(__file__).parents[3]
STOCK = Path("/usr/bin/python3")

#: An interpreter that says that it is suitable, makes environments, and installs nothing.
INTERPRETER = """#!/bin/sh
case "$*" in
*"-m venv"*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
*"-m pip"*) echo "$@" >> "$(dirname "$0")/installed" ;;
*) echo True ;;
esac
"""

#: `configure` gets the prefix; `make install` gets the folder that is put before it.
CONFIGURE = """#!/bin/sh
for argument; do
    case "$argument" in --prefix=*) prefix="${argument#--prefix=}" ;; esac
done
printf 'all:\\n\\t@true\\ninstall:\\n\\t@mkdir -p "$(DESTDIR)%s/bin"\\n' "$prefix" > Makefile
printf '\\t@install interpreter "$(DESTDIR)%s/bin/python3.13t"\\n' "$prefix" >> Makefile
"""

#: The set-up, but for looking for (and installing) the headers that a real build needs.
PROGRAM = """
import sys
from tools.bootstrap import __main__, build_packages
build_packages.ensure = lambda *arguments: None
sys.exit(__main__.main(sys.argv[1:]))
"""


def stock_version() -> tuple[int, ...]:
    command = [str(STOCK), "-c", "import sys; print(*sys.version_info[:2])"]
    return tuple(
        map(int, subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())
    )


def source_of_an_interpreter(folder: Path) -> Path:
    """A tarball as Debian's, in the place where an earlier run would have left it."""
    tree = folder / "Python-3.13.5"
    tree.mkdir(parents=True)
    for name, text in (("configure", CONFIGURE), ("interpreter", INTERPRETER)):
        (tree / name).write_text(text)
        (tree / name).chmod(0o755)
    tarball = folder / "python3.13_3.13.5.orig.tar.xz"
    with tarfile.open(tarball, "w:xz") as archive:
        archive.add(tree, tree.name)
    return tarball


@pytest.mark.skipif(not STOCK.exists(), reason="this system has no Python of its own")
def test_the_set_up_runs_to_its_end_under_the_python_of_the_system(tmp_path: Path) -> None:
    if stock_version() < (3, 11):
        pytest.skip("the Python of this system is older than the README asks for")
    variables = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }
    cache = source_build.cache_folder(variables)
    cache = cache.parent / cache_name_under_the_stock_python()
    source_of_an_interpreter(cache / "build")
    venv = tmp_path / "environment"
    command = [str(STOCK), "-W", "error", "-c", PROGRAM, "--venv", str(venv)]
    done = subprocess.run(
        command, cwd=PROJECT, env=variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "installing the dependencies: done" in done.stdout + done.stderr
    assert source_build.installed_python(cache).exists()
    assert environment.is_current(PROJECT, venv, source_build.installed_python(cache))
    assert "--editable" in (venv / "bin" / "installed").read_text()
    assert not (cache / "build").exists(), (
        "the source and its objects are removed when the build is whole"
    )


def cache_name_under_the_stock_python() -> str:
    """Its C library is found by the interpreter that looks, so ask that one."""
    program = (
        "from tools.bootstrap.source_build import cache_folder; "
        "print(cache_folder({'HOME': '/'}).name)"
    )
    command = [str(STOCK), "-c", program]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    return done.stdout.strip()
