"""Requests of the command line to a running exchange; `test_accounts` makes them."""

import pytest
import typer

from krakenbox.cli.posting import post


def test_nobody_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit):
        post("http://127.0.0.1:9/", "snapshot", {})
    assert capsys.readouterr().err.startswith("krakenbox: no exchange at http://127.0.0.1:9/: ")
