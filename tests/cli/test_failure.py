"""An expected failure is one line and the exit code 1; anything else stays what it is."""

import pytest
import typer

from krakenbox.cli.failure import failing
from krakenbox.errors import ConfigError


def test_an_expected_failure(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ended, failing(ConfigError):
        raise ConfigError("port 1 is [not] yours")
    assert ended.value.exit_code == 1
    assert capsys.readouterr() == ("", "krakenbox: port 1 is [not] yours\n")


def test_a_bug_is_no_expected_failure(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyError), failing(ConfigError):
        raise KeyError("x")
    assert capsys.readouterr() == ("", "")
