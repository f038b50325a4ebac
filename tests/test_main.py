"""`python -m krakenbox` is the command."""

import runpy
import sys

import pytest

from krakenbox import __version__


def test_it_is_the_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["krakenbox", "--version"])
    with pytest.raises(SystemExit, match="0"):
        runpy.run_module("krakenbox", run_name="__main__")
    assert capsys.readouterr().out == f"{__version__}\n"
