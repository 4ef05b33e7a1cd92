"""`python -m ringbuffer check`: what it runs, what it says, and when it fails. TLC is real here."""

import json
import shutil
import threading
import tomllib
from collections.abc import Iterable
from concurrent.futures import Future
from pathlib import Path
from typing import NoReturn

import pytest

from ringbuffer.cli.check import command, mutants, report, tools, trace
from ringbuffer.cli.check.configuration import Configuration, read, read_all
from ringbuffer.cli.check.tlc import Outcome
from ringbuffer.cli.main import main
from tests.support.threads import PATIENCE

SPEC = Path(__file__).parents[3] / "spec"


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the models, which the command takes for the real ones."""
    copy = tmp_path / "spec"
    shutil.copytree(SPEC, copy)
    monkeypatch.setattr(command, "SPEC", copy)
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


def test_the_result_is_told_as_json(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "CompetingQueue", "--json"]) == 0
    captured = capsys.readouterr()
    told = json.loads(captured.out)
    [result] = told["results"]
    assert told["passed"] is True
    assert (result["name"], result["states"], result["depth"], result["problem"]) == ("CompetingQueue", 179, 7, None)
    assert "ok     CompetingQueue" in captured.err
    edit(spec / "CompetingQueue.cfg", "states: 179", "states: 180")
    assert main(["check", "CompetingQueue", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["passed"] is False
    assert "180 states are recorded" in told["results"][0]["problem"]


def test_after_ctrl_c_no_further_model_is_begun(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    begun: list[str] = []
    last_is_taken_back = threading.Event()

    def run(configuration: Configuration, found: tools.Tools) -> Outcome:
        begun.append(configuration.name)
        last_is_taken_back.wait(PATIENCE)
        return Outcome()

    def interrupted(futures: Iterable[Future[Outcome]]) -> NoReturn:
        list(futures)[-1].add_done_callback(lambda future: last_is_taken_back.set())
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "run", run)
    monkeypatch.setattr(command, "as_completed", interrupted)
    monkeypatch.setattr(command, "_cores", lambda: 1)
    assert main(["check"]) == 130
    assert len(begun) <= 1
    assert "ringbuffer check: interrupted" in capsys.readouterr().err


def test_mutants_and_the_list_are_told_as_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--mutants", "cursor-instead-of-work", "--json"]) == 0
    [result] = json.loads(capsys.readouterr().out)["results"]
    assert (result["passed"], result["killed_by"]) == (True, "DoneIsHandled")
    assert main(["check", "CompetingQueue", "--list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == [
        {"name": "CompetingQueue", "size": "small", "says": "the promise of a work pool"}
    ]


def test_a_violation_fails_and_is_shown_as_threads_against_steps(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(
        spec / "WorkPool.tla",
        "/\\ busy' = [busy EXCEPT ![w] = local[w].current]\n    /\\ Keep(w, [local[w] EXCEPT !.claimed",
        "/\\ UNCHANGED busy\n    /\\ Keep(w, [local[w] EXCEPT !.claimed",
    )
    assert main(["check", "WorkPool"]) == 1
    out = capsys.readouterr().out
    assert "FAILED WorkPool" in out
    assert "DoneIsHandled violated" in out
    header = next(line for line in out.splitlines() if line.startswith("step"))
    assert header.split() == ["step", "v", "w", "what", "changed"]
    rows = [line for line in out.splitlines() if line[:1].isdigit() and "of" not in line]
    assert any("Claim" in row and "work = " in row for row in rows)


def test_another_number_of_states_fails(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(spec / "CompetingQueue.cfg", "Events = 4", "Events = 3")
    assert main(["check", "CompetingQueue"]) == 1
    assert "179 states are recorded: the model or its bounds have changed" in capsys.readouterr().out
    assert main(["check", "CompetingQueue", "--record"]) == 0
    assert main(["check", "CompetingQueue"]) == 0
    assert "Events = 3" in (spec / "README.md").read_text()


def test_what_should_fail_and_does_not_fails(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(spec / "FetchAddAhead.cfg", "Size = 1", "Size = 9")
    assert main(["check", "FetchAddAhead"]) == 1
    assert "should violate NeverAhead, and violates nothing" in capsys.readouterr().out


def test_a_model_that_cannot_be_parsed_fails_with_what_tlc_says(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(spec / "CompetingQueue.tla", "EXTENDS Integers", "EXTENDS Integer")
    assert main(["check", "CompetingQueue"]) == 1
    assert "Integer" in capsys.readouterr().out


def test_a_mutant_is_killed_and_a_harmless_one_survives(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--mutants", "cursor-instead-of-work"]) == 0
    assert "killed by DoneIsHandled" in capsys.readouterr().out
    harmless = """
        [harmless]
        module = "CompetingQueue"
        configuration = "CompetingQueue"
        old = "published = 0"
        new = "published = 0 + 0"
        killed_by = ["TypeOK"]
    """
    (spec / "mutants.toml").write_text(harmless)
    assert main(["check", "--mutants"]) == 1
    assert "SURVIVED" in capsys.readouterr().out


def test_every_mutant_fits_its_model_and_there_are_enough() -> None:
    found = mutants.read_mutants(SPEC)
    assert len(found) >= 25
    for mutant in found:
        text = (SPEC / f"{mutant.configuration}.cfg").read_text()
        assert mutant.old != mutant.new
        for name in mutant.killed_by:
            assert name in text, f"{mutant.name}: {mutant.configuration} does not check {name}"


def test_a_mutant_that_does_not_fit_is_an_error(spec: Path) -> None:
    entry = tomllib.loads((spec / "mutants.toml").read_text())["swap-not-checked"]
    edit(spec / "MultiProducer.tla", entry["old"].strip(), "IF cursor = local[p].high")
    with pytest.raises(ValueError, match="'swap-not-checked': its line is 0 times in MultiProducer"):
        mutants.read_mutants(spec)


@pytest.mark.parametrize(
    ("outcome", "killed", "words"),
    [
        (Outcome(states=7, violated="TypeOK"), True, "killed by TypeOK after 7 states"),
        (Outcome(states=7), False, "SURVIVED 7 states"),
        (Outcome(error="no\nverdict"), False, "no verdict: no"),
    ],
)
def test_verdicts(outcome: Outcome, killed: bool, words: str) -> None:
    mutant = mutants.read_mutants(SPEC)[0]
    assert mutants.verdict(mutant, outcome) == (killed, words)


def test_the_list_and_what_is_not_on_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--list", "--full"]) == 0
    listed = capsys.readouterr().out
    assert all(each.name in listed for each in read_all(SPEC))
    assert main(["check", "--list"]) == 0
    assert "MultiProducerFull" not in capsys.readouterr().out
    assert main(["check", "nonsense"]) == 2
    assert "there is no configuration, module or mutant 'nonsense'" in capsys.readouterr().err


def test_without_the_source_there_are_no_models(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "SPEC", tmp_path / "nowhere")
    assert main(["check"]) == 2
    assert "in the source repository" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["TLA2TOOLS_JAR", "JAVA_HOME"])
def test_a_variable_that_leads_nowhere_is_an_error(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(name, str(tmp_path / "nowhere"))
    assert main(["check", "StoreBuffersLite"]) == 2
    assert f"{name} leads to {tmp_path / 'nowhere'}" in capsys.readouterr().err


def test_variables_take_the_place_of_the_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    java = tmp_path / "home" / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.touch()
    jar = tmp_path / "tools.jar"
    jar.touch()
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TLA2TOOLS_JAR", str(jar))
    assert tools.find_tools(pytest.fail) == tools.Tools(java=java, jar=jar)


def test_what_pip_cannot_install_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(tools.PACKAGES, "no_such_package_here", "no-such-package-here==0.0.0.dev0")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    said: list[str] = []
    with pytest.raises(tools.ToolsError, match=r"(?s)could not install .* Set TLA2TOOLS_JAR|TLA2TOOLS_JAR"):
        tools._package("no_such_package_here", said.append)
    assert said == ["installing no-such-package-here==0.0.0.dev0 …"]


def test_every_configuration_says_what_it_is_and_is_in_the_table() -> None:
    readme = (SPEC / "README.md").read_text()
    for each in read_all(SPEC):
        assert each.states is not None, f"{each.name}: run `python -m ringbuffer check --record {each.name}`"
        assert (SPEC / f"{each.module}.tla").exists()
    assert report.table(read_all(SPEC)) in readme


def test_every_module_opens_with_prose() -> None:
    for module in SPEC.glob("*.tla"):
        lines = module.read_text().splitlines()
        assert lines[0].strip("- ") == f"MODULE {module.stem}"
        assert lines[1].startswith("(****"), module
        assert module.stem in (SPEC / "README.md").read_text() or module.stem == "Graphs"


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


def test_a_counterexample_over_time_shows_what_goes_on_for_ever() -> None:
    assert trace.table(LASSO).splitlines() == [
        "step  1  2     what changed",
        "---------------------------",
        "1",
        "2        Step  memory = [a |-> 0, b |-> 1]",
        "3              (Stuttering)",
    ]
    back = LASSO.replace("State 3: Stuttering\n", "Back to state 1: <Step line 3>\n")
    assert "and again from step 1, for ever" in trace.table(back)
    assert trace.table("nothing") == "TLC printed no states"


def test_functions_of_tlc_are_read_in_each_of_their_forms() -> None:
    assert trace.entries('[p |-> "a b", q |-> 3]') == {"p": "a b", "q": "3"}
    assert trace.entries('("p" :> "a" @@ "q" :> "b")') == {"p": "a", "q": "b"}
    assert trace.entries("<<1, 2>>") == {"1": "1", "2": "2"}
