"""`krakenbox simulate`: a summary when all is well, what to repeat when it is not."""

import re

import pytest
from typer.testing import CliRunner

from krakenbox.cli.main import app
from krakenbox.sim import world

RUNNER = CliRunner()


def test_it_sums_up_what_was_done() -> None:
    found = RUNNER.invoke(
        app, ["simulate", "--seeds", "3", "--first", "5", "--steps", "30", "--jobs", "1", "-v"]
    )
    assert found.exit_code == 0, found.output
    lines = found.output.splitlines()
    assert [line.partition(":")[0] for line in lines[:3]] == ["seed 5", "seed 6", "seed 7"]
    assert re.match(r"3 worlds, 90 steps, [\d,]+ commands, ", lines[3])
    assert lines[4].startswith("faults: ")
    assert lines[5].startswith("events: ")
    assert "times real time" in lines[6]
    assert len(lines) == 7


def test_processes_share_the_worlds_and_come_to_the_same() -> None:
    told = [
        RUNNER.invoke(app, ["simulate", "--seeds", "6", "--steps", "20", "--jobs", jobs]).output.splitlines()[
            :2
        ]
        for jobs in ("1", "2")
    ]
    assert told[0] == told[1]


def test_a_world_that_breaks_is_told_with_the_shortest_command(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(process: object, clients: list[object]) -> int:
        raise AssertionError("nobody is content")

    monkeypatch.setattr(world.auditor, "check", broken)
    found = RUNNER.invoke(app, ["simulate", "--seed", "4", "--without", "cut, books"])
    assert found.exit_code == 1
    assert "seed 4, step 1: nobody is content" in found.output
    assert "  krakenbox simulate --seed 4 --steps 1 --without cut,books" in found.output


def test_what_nobody_knows_cannot_be_left_out() -> None:
    found = RUNNER.invoke(app, ["simulate", "--without", "luck"])
    assert found.exit_code == 2
    assert "luck" in found.output
