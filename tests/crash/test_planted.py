"""A command that crashes `apply` is voided: the next start steps over it, says so, and loses nothing else."""

import asyncio
import re
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

import aiohttp
import pytest

from acceptance.signing import signed
from builders import buy, opening, place, sell
from crash.runs import Life
from crash.served import accounts, served
from krakenbox.journal.snapshot import MemoryShelf
from krakenbox.journal.storage import Crashed, MemoryStorage
from krakenbox.model.command import PlaceOrder, Stamped
from krakenbox.model.event import Event, Outcome
from krakenbox.sequencer import SequencerCrash
from krakenbox.venue.exchange import Exchange

POISON = 666
"""A reference number that the planted bug cannot bear."""
BEFORE = [*opening(), place(sell, 3, at=100, by="bob"), place(buy, 1, at=99)]
POISONED = [
    place(buy, 1, at=100, by="carol"),
    place(buy, 1, at=100, userref=POISON),
    place(buy, 1, at=100, by="bob"),
]
"""One batch: sound, crashing when its work is done but for the telling, never reached."""
POISONED_SEQ = len(BEFORE) + 2
VOIDED = (POISONED_SEQ, POISONED_SEQ + 1)


@pytest.fixture(autouse=True)
def planted(monkeypatch: pytest.MonkeyPatch) -> None:
    """An exchange with a bug."""

    def apply(self: Exchange, stamped: Stamped) -> list[Event]:
        events = sound(self, stamped)
        if isinstance(stamped.command, PlaceOrder) and stamped.command.terms.userref == POISON:
            raise ZeroDivisionError("planted")
        return events

    sound = Exchange.apply
    monkeypatch.setattr(Exchange, "apply", apply)


class Scene:
    """A process that the command has ended."""

    def __init__(self, captured: bool = False, crash: bool = False) -> None:
        """`captured`: there is a snapshot. `crash`: the disk is gone before the command can be voided."""
        self.disk, self.shelf = MemoryStorage(), MemoryShelf()
        self.told: list[Outcome] = []
        life = Life(self.disk, self.shelf, self.told)
        life.send(BEFORE)
        if captured:
            life.capture(self.shelf)
        without = Life(self.disk.crashed(), MemoryShelf(), [])
        without.send(POISONED[:1])
        self.expected = without.seen()
        """What there is when the rest of its batch was never sent."""
        if crash:
            self.disk.crash_at(2)
        expected = Crashed if crash else SequencerCrash
        with pytest.raises(
            expected, match="at write" if crash else f"^command {POISONED_SEQ} crashed and is voided"
        ):
            life.send(POISONED)
        assert len(self.told) == len(BEFORE), "nobody was told of its batch"

    def next_life(self) -> Life:
        """A start after the crash."""
        self.disk = self.disk.crashed(self.disk.size - self.disk.durable)
        return Life(self.disk, self.shelf, self.told)


@pytest.mark.parametrize("captured", [False, True], ids=["log alone", "behind a snapshot"])
def test_it_is_voided_and_reported_by_every_start_to_come(captured: bool) -> None:
    scene = Scene(captured)
    for number in range(3):
        life = scene.next_life()
        assert life.started.recovery.voided == VOIDED
        if number == 0:
            assert life.seen() == scene.expected
            assert [outcome.seq for outcome in life.replayed][-1] == POISONED_SEQ - 1
        life.send([place(buy, 1, at=98)])
        assert scene.told[-1].seq == VOIDED[-1] + 2 + number + 1


def test_a_process_that_died_before_it_could_void_it_leaves_that_to_the_next_start() -> None:
    scene = Scene(crash=True)
    with pytest.raises(SequencerCrash, match=f"^command {POISONED_SEQ} crashed and is voided"):
        scene.next_life()
    life = scene.next_life()
    assert life.started.recovery.voided == VOIDED
    assert life.seen() == scene.expected


BUG = f"""
from krakenbox.cli.main import app
from krakenbox.venue.exchange import Exchange

sound = Exchange.apply

def apply(self, stamped):
    events = sound(self, stamped)
    assert getattr(getattr(stamped.command, "terms", None), "userref", 0) != {POISON}, "planted"
    return events

Exchange.apply = apply
app()
"""


def test_a_real_process_ends_and_the_next_one_says_what_it_skipped(tmp_path: Path) -> None:
    alice = accounts()["alice"]

    async def add(told: dict[str, str], userref: int, nonce: int) -> str:
        """Rest an order; its id, or nothing if the connection broke off."""
        path, what = "/0/private/AddOrder", "pair=XBTUSD&type=buy&ordertype=limit&price=1000&volume=1"
        body = f"nonce={nonce}&userref={userref}&{what}"
        headers = signed(alice["api_key"], alice["api_secret"], path, str(nonce), body)
        async with aiohttp.ClientSession() as http:
            try:
                async with http.post(told["http_url"] + path, data=body, headers=headers) as response:
                    return str((await response.json())["result"]["txid"][0])
            except aiohttp.ClientError:
                return ""

    buggy = (sys.executable, "-c", BUG)
    with served(tmp_path, "--market", "off", command=buggy, fails=True) as told:
        first = asyncio.run(add(told, 1, 1))
        assert first
        assert asyncio.run(add(told, POISON, 2)) == ""
    assert "crashed and is voided" in (tmp_path / "output.txt").read_text()
    with served(tmp_path, "--market", "off") as told:
        second = asyncio.run(add(told, POISON, 3))
        assert second not in ("", first)
        database = f"file:{tmp_path / 'data' / 'history.sqlite'}?mode=ro"
        with closing(sqlite3.connect(database, uri=True)) as sql:
            deadline = time.monotonic() + 10
            while [row[0] for row in sql.execute("SELECT order_id FROM orders ORDER BY id")] != [
                first,
                second,
            ]:
                assert time.monotonic() < deadline, "the history has other orders"
                time.sleep(0.05)
    assert re.search(r"commands that had crashed skipped: \d+", (tmp_path / "output.txt").read_text())
