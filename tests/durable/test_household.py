"""An exchange at home: what it did is in its history, whatever was cut off and whichever database is new."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from builders import START_NS, VENUE_ID
from krakenbox.clock import ManualClock
from krakenbox.durable.home import Data, Identity
from krakenbox.durable.household import Household
from krakenbox.journal.frames import JournalError
from krakenbox.model.command import Command
from tape import trading

COMMANDS = list(trading(400))
FRESH = Identity(venue_id=VENUE_ID, secret=b"secret")


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(test, 60))


async def opened(path: Path | str, retain: int = 0) -> Household:
    """A household whose outcomes reach views and history."""
    data = Data(directory=str(path), retain=retain)
    household = await Household.open(data, FRESH, ManualClock(START_NS).now_ns)
    hub = household.started.hub

    def publish(outcomes: list[Any]) -> None:
        household.observe(outcomes)
        for outcome in outcomes:
            hub.apply(outcome)

    household.started.sequencer.publish = publish
    household.opened(Identity(venue_id=VENUE_ID, secret=b"secret", begun=True))
    return household


async def send(household: Household, commands: list[Command]) -> None:
    """Let it do something, until that is published."""
    sequencer = household.started.sequencer
    for command in commands:
        sequencer.submit(command)
    while sequencer.pending() or sequencer.held():
        sequencer.drain()
        await asyncio.sleep(0)


def entries(connection: Any) -> list[Any]:
    """Every ledger row."""
    return list(connection.exec_driver_sql("select * from ledger"))


async def rows(household: Household) -> list[Any]:
    """The ledger as the history has it."""
    return await household.history.read(entries)


def test_it_lives_in_memory_or_in_a_directory(tmp_path: Path) -> None:
    async def test() -> None:
        for place in ("", tmp_path):
            household = await opened(place)
            assert household.started.recovery.commands == 0
            assert household.capture() == (0 if place else None)
            await send(household, COMMANDS)
            assert len(await rows(household)) > 100
            await household.close()
        again = await opened(tmp_path)
        assert again.started.image_seq == len(COMMANDS)
        assert again.identity.begun
        await again.close()

    run(test())


def test_a_history_that_was_cut_off_is_told_the_rest(tmp_path: Path) -> None:
    async def test() -> None:
        household = await opened(tmp_path)
        await send(household, COMMANDS)
        expected = await rows(household)
        await household.close()
        # As if the database were older than the journal: it has seen nothing behind the first command.
        (tmp_path / "history.sqlite").unlink()
        (snapshot,) = (tmp_path / "snapshots").glob("*.snap")
        snapshot.unlink()
        again = await opened(tmp_path)
        assert await rows(again) == expected
        await again.close()

    run(test())


def test_what_an_overflow_dropped_comes_from_the_journal(tmp_path: Path) -> None:
    async def test() -> None:
        household = await opened(tmp_path)
        await send(household, COMMANDS)
        catch_up = household.history.catch_up
        assert catch_up is not None
        told = [outcome.seq for outcome in await asyncio.to_thread(lambda: list(catch_up(100)))]
        assert told == list(range(101, len(COMMANDS) + 1))
        await household.close()

    run(test())


def test_a_start_that_fails_leaves_nothing_open(tmp_path: Path) -> None:
    async def test() -> None:
        household = await opened(tmp_path)
        await send(household, COMMANDS)
        await household.close()
        segment = next((tmp_path / "journal").glob("*.log"))
        whole = segment.read_bytes()
        segment.write_bytes(b"x" + whole[1:])
        with pytest.raises(JournalError, match=r"journal damaged in segment 0*1 at byte 0"):
            await opened(tmp_path)
        segment.write_bytes(whole)
        await (await opened(tmp_path)).close()

    run(test())
