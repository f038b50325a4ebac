"""Snapshots on a schedule, on demand and at the end; what they make needless goes."""

import logging
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest

from builders import START_NS, VENUE_ID
from krakenbox.clock import ManualClock
from krakenbox.durable import keeper
from krakenbox.durable.keeper import Keeper
from krakenbox.durable.recovery import Plan, Started, recover
from krakenbox.journal.files import FileShelf
from krakenbox.journal.log import Header
from krakenbox.journal.storage import MemoryStorage
from krakenbox.model.command import Command, UseNonce
from tape import trading

TIMEOUT_S = 20


class Running:
    """An exchange with small segments whose snapshots lie in a directory."""

    def __init__(self, path: Path, retain: int = 0, history_seq: int = 1_000_000) -> None:
        plan = Plan(
            header=Header(rules=1, venue_id=VENUE_ID),
            now_ns=ManualClock(START_NS).now_ns,
            segment_bytes=2_000,
        )
        self.shelf = FileShelf(path)
        self.storage = MemoryStorage()
        self.started: Started = recover(self.storage, self.shelf, plan)
        hub, self.sequencer = self.started.hub, self.started.sequencer
        self.sequencer.publish = lambda outcomes: [hub.apply(outcome) for outcome in outcomes]
        self.keeper = Keeper(self.started, self.shelf, retain, lambda: history_seq)
        self.commands: Iterator[Command] = trading(10_000)

    def send(self, count: int) -> None:
        """Let it do something, in batches of ten."""
        for place in range(count):
            self.sequencer.submit(next(self.commands))
            if place % 10 == 9:
                self.sequencer.drain()
        while self.sequencer.pending():
            self.sequencer.drain()

    def wait(self) -> None:
        """Wait for the snapshot under way."""
        end = monotonic() + TIMEOUT_S
        before = self.keeper.image_seq
        while self.keeper.image_seq == before:
            assert monotonic() < end, "no snapshot came"
            self.keeper.step()

    def capture(self) -> None:
        """Make a snapshot on demand."""
        self.keeper.capture()
        self.wait()


def test_a_snapshot_is_made_every_so_many_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "IMAGE_EVERY", 50)
    running = Running(tmp_path)
    running.send(49)
    running.keeper.step()
    assert running.shelf.kept() == []
    running.send(1)
    running.wait()
    running.send(49)
    running.keeper.step()
    assert running.shelf.kept() == [50]
    running.send(1)
    running.wait()
    assert running.shelf.kept() == [50, 100]


def test_the_last_one_is_made_at_the_end_unless_it_is_there(tmp_path: Path) -> None:
    running = Running(tmp_path)
    running.send(30)
    running.keeper.close()
    assert running.shelf.kept() == [30]
    running.keeper.close()
    assert running.shelf.kept() == [30]


def test_none_is_made_once_the_journal_has_failed(tmp_path: Path) -> None:
    running = Running(tmp_path)
    running.send(30)
    running.storage.fail_syncs(OSError(5, "Input/output error"))
    running.send(1)
    assert running.sequencer.failed
    running.keeper.capture()
    running.keeper.close()
    assert running.shelf.kept() == []


def test_what_is_needless_goes_once_it_is_too_much(tmp_path: Path) -> None:
    running = Running(tmp_path, retain=1)
    for _ in range(3):
        running.send(100)
        running.capture()
    assert running.shelf.kept() == [300]
    assert running.started.log.first_seq in range(280, 302)


def test_nothing_goes_that_the_history_lacks(tmp_path: Path) -> None:
    running = Running(tmp_path, retain=1, history_seq=150)
    for _ in range(3):
        running.send(100)
        running.capture()
    assert running.shelf.kept() == [100, 200, 300]
    assert running.started.log.first_seq in range(80, 102)


def test_a_snapshot_that_fails_is_told_and_not_tried_again_at_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "IMAGE_EVERY", 10)
    running = Running(tmp_path / "file" / "none")
    (tmp_path / "file").write_text("")
    running.send(10)
    with caplog.at_level(logging.WARNING):
        end = monotonic() + TIMEOUT_S
        while not caplog.records:
            assert monotonic() < end, "nothing was told"
            running.keeper.step()
        running.keeper.step()
    assert [record.getMessage() for record in caplog.records] == ["snapshot 10 was not made: Not a directory"]


def test_what_was_never_published_is_in_the_last_one_too(tmp_path: Path) -> None:
    running = Running(tmp_path)
    running.send(30)
    running.storage.defer_syncs = True
    running.sequencer.submit(UseNonce("key", 7))
    running.sequencer.drain()
    assert running.started.hub.nonces == {}
    running.keeper.close()
    assert running.shelf.kept() == [31]
    assert running.started.hub.nonces == {"key": 7}
