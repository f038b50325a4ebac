"""`krakenbox journal`, on directories of exchanges that were stopped, killed, damaged, or are running."""

import json
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, Popen
from sys import executable
from time import monotonic, sleep
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.test_serve import serving
from gateway.peer import hang_up_all, run
from krakenbox.cli.main import app
from live import Client
from test_local_data import ORDER, living, traded

RUNNER = CliRunner()
PORTS = ("--http-port", "0", "--ws-port", "0")


def journal(*arguments: object) -> Result:
    return RUNNER.invoke(app, ["journal", *map(str, arguments)])


def row(result: Result, name: str) -> str:
    """What a report says of something."""
    (found,) = [line for line in result.stdout.splitlines() if line.startswith(f"{name} ")]
    return found.removeprefix(name).strip()


def content(path: Path) -> dict[str, bytes]:
    return {str(file.relative_to(path)): file.read_bytes() for file in path.rglob("*") if file.is_file()}


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory in which alice and bob traded; beside it `killed`, as a kill would have left it."""
    path = tmp_path_factory.mktemp("journal") / "stopped"

    async def record() -> None:
        async with living(path) as exchange:
            await traded(exchange)
            shutil.copytree(path, path.parent / "killed")

    run(record())
    return path


@pytest.fixture
def killed(stopped: Path, tmp_path: Path) -> Path:
    """A copy of its own, to be damaged."""
    return shutil.copytree(stopped.parent / "killed", tmp_path / "killed")


def segment(path: Path) -> Path:
    (found,) = (path / "journal").iterdir()
    return found


# --- verify


def test_all_is_well_and_left_as_it_is(stopped: Path) -> None:
    before = content(stopped)
    result = journal("verify", stopped)
    assert (result.exit_code, result.stderr) == (0, "")
    assert row(result, "commands") == "1 to 89"
    assert row(result, "segments").startswith("1, ")
    assert [row(result, name) for name in ("rules", "voided", "end", "snapshots")] == [
        "1",
        "none",
        "whole",
        "89",
    ]
    assert row(result, "replay") == "89 commands from the beginning, 0 state hashes and 1 snapshots equal"
    assert content(stopped) == before


def test_of_one_that_was_killed(killed: Path) -> None:
    result = journal("verify", killed)
    assert (result.exit_code, row(result, "commands"), row(result, "snapshots")) == (0, "1 to 89", "none")
    assert row(journal("verify", killed, "--quick"), "commands") == "1 to 89"
    assert "replay" not in journal("verify", killed, "--quick").stdout


def test_a_torn_end_is_told_and_no_damage(killed: Path) -> None:
    file = segment(killed)
    whole = file.read_bytes().rstrip(b"\0")
    file.write_bytes(whole[:-3])
    result = journal("verify", killed)
    assert result.exit_code == 0
    assert row(result, "commands") == "1 to 88"
    assert "torn, never acknowledged" in row(result, "end")


@pytest.mark.parametrize("position", [0, 5, 1_000, 5_000])
def test_a_flipped_bit_names_its_place(killed: Path, position: int) -> None:
    file = segment(killed)
    data = bytearray(file.read_bytes())
    data[position] ^= 1
    file.write_bytes(data)
    for options in ((), ("--quick",)):
        result = journal("verify", killed, *options)
        assert result.exit_code == 1
        assert result.stderr.startswith(f"krakenbox: journal damaged in segment {1:020} at byte ")
        at = int(result.stderr.split("at byte ")[1].split(",")[0])
        assert at <= position
        assert ", behind command " in result.stderr
    for command in ("show", "export", "replay"):
        assert journal(command, killed).stderr == result.stderr


def test_what_lies_behind_damage_can_be_given_up(killed: Path) -> None:
    """As docs/durability.md says."""
    file = segment(killed)
    data = bytearray(file.read_bytes())
    data[len(data.rstrip(b"\0")) - 400] ^= 1
    file.write_bytes(data)
    told = journal("verify", killed).stderr
    os.truncate(file, int(told.split("at byte ")[1].split(",")[0]))
    (killed / "history.sqlite").unlink(missing_ok=True)
    result = journal("verify", killed)
    assert (result.exit_code, row(result, "end")) == (0, "whole")
    kept = int(told.split("behind command ")[1].split(":")[0])
    assert row(result, "commands") == f"1 to {kept}"

    async def start() -> None:
        async with living(killed) as exchange:
            assert exchange.household.started.recovery.commands == kept

    run(start())


def test_a_damaged_snapshot_is_told(stopped: Path, tmp_path: Path) -> None:
    path = shutil.copytree(stopped, tmp_path / "copy")
    file = path / "snapshots" / f"{89:020}.snap"
    file.write_bytes(file.read_bytes()[:-1])
    result = journal("verify", path)
    assert result.exit_code == 1
    assert row(result, "replay").startswith("89 commands from the beginning")
    assert result.stderr.startswith("krakenbox: snapshot 89 damaged: ")
    assert result.stderr.endswith("bytes whose checksum does not hold; a start passes over it\n")


def test_a_journal_that_is_shorter_than_a_snapshot(stopped: Path, tmp_path: Path) -> None:
    path = shutil.copytree(stopped, tmp_path / "copy")
    file = segment(path)
    file.write_bytes(file.read_bytes().rstrip(b"\0")[:-3])
    result = journal("verify", path)
    expected = "krakenbox: snapshot 89 is of a command behind the last of the journal, 88\n"
    assert (result.exit_code, result.stderr) == (1, expected)


@pytest.mark.parametrize("command", ["verify", "show", "export", "replay"])
def test_where_nothing_is_kept(command: str, tmp_path: Path) -> None:
    result = journal(command, tmp_path)
    assert (result.exit_code, result.stderr) == (1, f"krakenbox: {tmp_path}: there is no journal\n")


# --- show and export


def test_commands_are_shown_one_a_line(stopped: Path) -> None:
    result = journal("show", stopped, "--from", 88)
    alice, bob = result.stdout.splitlines()
    assert alice.split()[0] == "88"
    assert " PlaceOrder     account=alice symbol=BTC/USD side=buy order_type=limit qty=0.50000000 " in alice
    assert " limit_price=1000.0 " in bob
    assert len(journal("show", stopped).stdout.splitlines()) == 89
    assert len(journal("show", stopped, "--from", 3, "--to", 5).stdout.splitlines()) == 3
    assert len(journal("show", stopped, "--limit", 7).stdout.splitlines()) == 7
    of_bob = journal("show", stopped, "--account", "bob", "--json").stdout.splitlines()
    assert {json.loads(line)["account"] for line in of_bob} == {"bob"}
    assert json.loads(of_bob[-1])["qty"] == "0.20000000"


def test_without_a_snapshot_the_log_itself_tells_decimals(killed: Path) -> None:
    assert "qty=0.50000000 limit_price=1000.0" in journal("show", killed, "--from", 88).stdout


def test_commands_are_exported_with_what_they_did(stopped: Path) -> None:
    plain = [json.loads(line) for line in journal("export", stopped, "--from", 88).stdout.splitlines()]
    assert [told["seq"] for told in plain] == [88, 89]
    assert list(plain[0]) == ["seq", "time_ns", "command"]
    assert plain[0]["command"]["terms"]["limit_price"] == 10_000
    told = [
        json.loads(line) for line in journal("export", stopped, "--from", 88, "--events").stdout.splitlines()
    ]
    kinds = [[event["type"] for event in one["events"]] for one in told]
    assert kinds[0][:3] == ["RateCounted", "OrderAccepted", "OrderOpened"]
    assert "Traded" in kinds[1]
    assert [{key: one[key] for key in one if key != "events"} for one in told] == plain
    assert len(journal("export", stopped, "--to", 5, "--events").stdout.splitlines()) == 5


def test_what_was_dropped_is_told(stopped: Path, tmp_path: Path) -> None:
    path = shutil.copytree(stopped, tmp_path / "copy")
    segment(path).rename(path / "journal" / f"{50:020}.log")
    result = journal("show", path)
    assert "it says that it begins with command 1" in result.stderr


# --- replay


def test_an_exchange_as_it_was(stopped: Path, killed: Path) -> None:
    before = content(killed)
    now, then = journal("replay", killed), journal("replay", killed, "--until", 88)
    assert (row(now, "command"), row(then, "command")) == ("89 of 89", "88 of 89")
    assert row(now, "replay") == "89 commands from the beginning, 0 state hashes equal"
    assert "  BTC/USD   online  1            1000.0 x 0.30000000  none      1000.0\n" in now.stdout
    assert "  BTC/USD   online  1            1000.0 x 0.50000000  none      none\n" in then.stdout
    assert "    BTC   100.2000000000\n" in now.stdout
    assert "USD   999799.5000, 301.2000 of it held by orders\n" in now.stdout
    assert content(killed) == before
    # From the snapshot it comes to the same.
    again = journal("replay", stopped)
    assert row(again, "replay") == "0 commands from snapshot 89, 0 state hashes equal"
    assert row(again, "state") == row(now, "state") != row(then, "state")


def test_no_further_than_it_goes(killed: Path) -> None:
    result = journal("replay", killed, "--until", 90)
    assert (result.exit_code, result.stderr) == (1, f"krakenbox: {killed}: the last command is 89; was 90\n")


def test_commands_of_other_rules_are_not_replayed(killed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("krakenbox.cli.journal.RULES", 2)
    refusal = "not possible: commands are of rules 1, this version has rules 2"
    assert row(journal("verify", killed), "replay") == refusal
    for arguments in (("replay", killed), ("export", killed, "--events")):
        result = journal(*arguments)
        assert (result.exit_code, result.stderr) == (1, f"krakenbox: {refusal}\n")


@contextmanager
def looking(path: Path, ready: Path, *options: str) -> Iterator[tuple[Popen[str], dict[str, Any]]]:
    """`journal replay --serve` as a process, and where it listens."""
    command = [executable, "-m", "krakenbox", "journal", "replay", str(path), "--serve", *PORTS, *options]
    process = Popen([*command, "--ready-file", str(ready)], stdout=PIPE, stderr=PIPE, text=True)
    try:
        deadline = monotonic() + 60
        while not ready.exists():
            assert process.poll() is None, process.communicate()
            assert monotonic() < deadline, "not ready within a minute"
            sleep(0.01)
        yield process, json.loads(ready.read_text())
    finally:
        process.kill()
        process.communicate()


def test_the_past_is_served_while_the_exchange_runs(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(tmp_path / "ready", "--market", "off", "--data", str(data)) as (_, running):
        assert journal("verify", data).exit_code == 0
        assert journal("snapshot", "--url", running["http_url"]).stdout == "begun at command 85\n"
        with looking(data, tmp_path / "past", "--until", "40") as (process, told):

            async def look() -> None:
                client = await Client.connect(told["ws_url"])
                client.send("subscribe", channel="instrument")
                messages = await client.until(lambda m: m.get("channel") == "instrument")
                assert len(messages[-1]["data"]["assets"]) == 12
                private = await Client.connect(told["ws_auth_url"])
                private.send("add_order", token="x" * 43, **ORDER)
                assert (await private.receive())["error"] == "ESession:Invalid session"
                await hang_up_all()

            run(look())
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=20)
            assert (process.returncode, err) == (0, "")
            assert "command     40 of 85\n" in out
            assert "answered EService:Unavailable" in out


def test_a_snapshot_of_nobody() -> None:
    result = journal("snapshot", "--url", "http://127.0.0.1:9")
    assert result.exit_code == 1
    assert result.stderr.startswith("krakenbox: no exchange at http://127.0.0.1:9: ")
