"""The command itself: what it says of itself."""

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from krakenbox import __version__
from krakenbox.cli.main import app

RUNNER = CliRunner()


def test_version() -> None:
    result = RUNNER.invoke(app, ["--version"])
    assert (result.exit_code, result.output) == (0, f"{__version__}\n")


def test_help_names_every_command_and_whose_it_is_not() -> None:
    result = RUNNER.invoke(app, ["--help"])
    assert result.exit_code == 0
    for word in ("serve", "accounts", "journal", "simulate", "Not affiliated"):
        assert word in result.output


@pytest.mark.parametrize(
    "option",
    [
        "--host",
        "--http-port",
        "--ws-port",
        "--config",
        "--seed",
        "--market",
        "--limits",
        "--data",
        "--ephemeral",
        "--durability",
        "--retain",
        "--history",
        "--accept-future",
        "--ready-file",
    ],
)
def test_serve_has_the_option(option: str) -> None:
    assert option in RUNNER.invoke(app, ["serve", "--help"], env={"COLUMNS": "200"}).output


def test_an_unknown_command() -> None:
    assert RUNNER.invoke(app, ["trade-like-a-pro"]).exit_code == 2


def test_it_runs_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "krakenbox", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{__version__}\n"
