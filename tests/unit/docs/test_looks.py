"""The whole site, built and shown to a real browser, where both programs are installed."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from tools.look import browser
from tools.look.__main__ import GOOD, main

PROJECT = Path(__file__).parents[3]


@pytest.mark.verify
@pytest.mark.timeout(3600)
@pytest.mark.skipif(browser.find() is None, reason="there is no browser")
@pytest.mark.skipif(
    importlib.util.find_spec("furo") is None, reason="Sphinx is not installed: run `make docs`"
)
def test_each_page_looks_right_in_a_browser(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = tmp_path / "site"
    options = ["-q", "-E", "-b", "html", "-c", "docs", "-d", str(tmp_path / "trees")]
    subprocess.run(
        [sys.executable, "-m", "sphinx", *options, ".", str(site)], check=True, cwd=PROJECT
    )
    assert main([str(site), "--sheet", str(tmp_path / "sheet")]) == GOOD, capsys.readouterr().out
