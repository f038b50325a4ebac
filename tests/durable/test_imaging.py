"""Snapshots by real forked children: kept once durable, never before, whatever becomes of either process."""

import errno
import os
import signal
import socket
from pathlib import Path

import pytest

from builders import VENUE_ID
from krakenbox.durable.imaging import (
    DIGEST,
    FEEDS,
    VENUE,
    Ended,
    Imager,
    SnapshotRefused,
    image,
    restored,
)
from krakenbox.feeds.hub import Hub
from krakenbox.journal import snapshot
from krakenbox.journal.files import Disk, FileShelf
from krakenbox.journal.snapshot import Image, MemoryShelf, Shelf
from krakenbox.model.event import Outcome
from krakenbox.venue.exchange import Exchange
from krakenbox.venue.state import state_hash
from tape import BROKEN, FULL, HEADER, Desk, trading

COMMANDS = list(trading(80))


class Running:
    """An exchange with views, a sequencer, and an imager with a shelf."""

    def __init__(self, shelf: Shelf) -> None:
        self.exchange = Exchange(VENUE_ID)
        self.hub = Hub()
        self.desk = Desk(self.exchange)
        self.sequencer = self.desk.sequencer
        self.sequencer.publish = self._publish
        self.shelf = shelf
        self.imager = Imager(self.exchange, self.hub, self.sequencer, shelf, HEADER.rules)

    def _publish(self, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            self.hub.apply(outcome)

    def hold(self) -> None:
        """From now on the disk takes its time."""
        self.desk.storage.defer_syncs = True

    def sync(self) -> None:
        """The disk is done."""
        while self.desk.storage.unfinished_syncs:
            self.desk.storage.finish_sync()

    def wait(self) -> None:
        """The child has ended."""
        os.waitid(os.P_PID, self.imager._pid, os.WEXITED | os.WNOWAIT)

    def end(self) -> Ended:
        """What came of the snapshot under way."""
        ended = self.imager.poll()  # it may need to be told that it may
        if ended is None:
            self.wait()
            ended = self.imager.poll()
        assert ended is not None
        assert not self.imager.running
        return ended


@pytest.fixture
def shelf(tmp_path: Path) -> FileShelf:
    return FileShelf(tmp_path / "snapshots")


def running(shelf: Shelf, count: int = 60) -> Running:
    found = Running(shelf)
    found.desk.send(*COMMANDS[:count])
    return found


def test_what_is_held_back_is_in_the_image_of_both() -> None:
    here = running(MemoryShelf())
    here.hold()
    here.desk.send(*COMMANDS[60:])
    held = list(here.sequencer.held())
    assert len(held) == len(COMMANDS) - 60
    views = Hub()
    views.restore(here.hub.capture())
    found = image(here.exchange, views, held, rules=3)
    assert (found.seq, found.time_ns) == (len(COMMANDS), here.exchange.venue.time_ns)
    assert (found.rules, found.venue_id, here.hub.seq) == (3, VENUE_ID, 60)
    copy = restored(found)
    here.sync()
    assert state_hash(copy.exchange) == copy.digest.value() == state_hash(here.exchange)
    assert copy.hub.capture() == here.hub.capture()


def test_an_image_of_two_moments_is_none() -> None:
    here = running(MemoryShelf())
    here.hold()
    here.desk.send(*COMMANDS[60:])
    with pytest.raises(AssertionError, match="the views stand at 60, the exchange at"):
        image(here.exchange, here.hub, (), rules=1)


@pytest.mark.parametrize(
    ("part", "data", "message"),
    [
        (DIGEST, b"00", "expected the state 00; was [0-9a-f]{64}"),
        (VENUE, b"{}", "ValidationError .*venue_id"),
        (FEEDS, b"{", "DecodeError "),
        (FEEDS, None, "KeyError 'feeds'"),
    ],
)
def test_what_is_not_what_was_captured_is_refused(part: str, data: bytes | None, message: str) -> None:
    here = running(MemoryShelf())
    found = image(here.exchange, here.hub, (), rules=1)
    if data is None:
        del found.parts[part]
    else:
        found.parts[part] = data
    with pytest.raises(SnapshotRefused, match=f"^snapshot 60: {message}"):
        restored(found)


def test_views_of_another_moment_are_refused() -> None:
    here = running(MemoryShelf(), 50)
    before = here.hub.capture()
    here.desk.send(*COMMANDS[50:60])
    found = image(here.exchange, here.hub, (), rules=1)
    found.parts[FEEDS] = before
    with pytest.raises(SnapshotRefused, match=r"^snapshot 60: expected its views; was 50$"):
        restored(found)


def test_a_child_makes_the_snapshot_of_the_moment_it_was_begun_at(shelf: FileShelf) -> None:
    here = running(shelf)
    expected = image(here.exchange, here.hub, (), HEADER.rules)
    assert here.imager.begin() is None
    here.desk.send(*COMMANDS[60:])
    assert here.end() == Ended(60)
    assert shelf.kept() == [60]
    assert snapshot.decode(shelf.get(60)) == expected


def test_a_snapshot_is_kept_once_its_last_command_is_durable_and_not_before(
    shelf: FileShelf, tmp_path: Path
) -> None:
    here = running(shelf)
    here.hold()
    here.desk.send(*COMMANDS[60:])
    assert here.imager.begin() is None
    for _ in range(100):
        assert here.imager.poll() is None
    assert shelf.kept() == []
    here.sync()
    assert here.end() == Ended(len(COMMANDS))
    found = snapshot.decode(shelf.get(len(COMMANDS)))
    assert restored(found).hub.capture() == here.hub.capture()
    assert [file.suffix for file in (tmp_path / "snapshots").iterdir()] == [".snap"]


def test_a_snapshot_of_what_failed_to_be_durable_is_left_out(shelf: FileShelf, tmp_path: Path) -> None:
    here = running(shelf)
    here.hold()
    here.desk.send(*COMMANDS[60:])
    here.imager.begin()
    here.desk.storage.fail_syncs(BROKEN)
    here.sync()
    assert here.sequencer.failed
    assert here.end() == Ended(len(COMMANDS), "its last command is not durable")
    assert list((tmp_path / "snapshots").iterdir()) == []
    assert here.imager.begin() is None
    assert not here.imager.running


def test_a_child_whose_parent_died_leaves_nothing(shelf: FileShelf, tmp_path: Path) -> None:
    here = running(shelf)
    here.hold()
    here.desk.send(*COMMANDS[60:])
    here.imager.begin()
    os.close(here.imager._pipe)  # what the system does for a process that is gone
    here.imager._pipe = -1
    here.wait()
    assert list((tmp_path / "snapshots").iterdir()) == []
    assert here.end().failure == "its last command is not durable"


def test_a_child_that_is_killed_leaves_no_file_and_is_told(shelf: FileShelf, tmp_path: Path) -> None:
    here = running(shelf)
    here.hold()
    here.desk.send(*COMMANDS[60:])
    here.imager.begin()
    os.kill(here.imager._pid, signal.SIGKILL)
    here.wait()
    here.sync()
    assert here.end() == Ended(len(COMMANDS), "its process was ended by SIGKILL")
    assert list(tmp_path.glob("snapshots/*")) == []
    # The next one is none the worse.
    here.imager.begin()
    assert here.end() == Ended(len(COMMANDS))


def test_a_full_disk_is_told(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    def write(file: int, data: bytes | memoryview, position: int) -> int:
        raise FULL

    here = running(FileShelf(tmp_path / "snapshots", Disk(write=write)))
    here.imager.begin()
    assert here.end() == Ended(60, os.strerror(errno.ENOSPC))
    assert list(tmp_path.glob("snapshots/*")) == []
    assert capfd.readouterr().err == ""


def test_a_child_that_crashes_says_where(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    def write(file: int, data: bytes | memoryview, position: int) -> int:
        raise ZeroDivisionError("planted")

    here = running(FileShelf(tmp_path / "snapshots", Disk(write=write)))
    here.imager.begin()
    assert here.end() == Ended(60, "its process crashed")
    assert "ZeroDivisionError: planted" in capfd.readouterr().err
    assert list(tmp_path.glob("snapshots/*")) == []


def test_one_child_at_a_time(shelf: FileShelf) -> None:
    here = running(shelf)
    here.imager.begin()
    child = here.imager._pid
    here.desk.send(*COMMANDS[60:])
    assert here.imager.begin() is None
    assert here.imager._pid == child
    assert here.end() == Ended(60)


def test_a_child_holds_none_of_its_parents_connections(shelf: FileShelf) -> None:
    here = running(shelf)
    here.hold()
    here.desk.send(*COMMANDS[60:])
    ours, peer = socket.socketpair()
    here.imager.begin()
    ours.close()
    peer.settimeout(60)
    assert peer.recv(1) == b"", "the connection ends though the child still waits"
    peer.close()
    assert here.imager.poll() is None
    here.sync()
    assert here.end() == Ended(len(COMMANDS))


def test_a_close_ends_the_child(shelf: FileShelf, tmp_path: Path) -> None:
    here = running(shelf)
    here.imager.close()
    here.hold()
    here.desk.send(*COMMANDS[60:])
    here.imager.begin()
    here.imager.close()
    assert not here.imager.running
    assert here.imager.poll() is None
    assert list(tmp_path.glob("snapshots/*")) == []


def test_nothing_is_captured_before_the_first_command(shelf: FileShelf) -> None:
    here = Running(shelf)
    assert here.imager.begin() is None
    assert here.imager.now() is None
    assert not here.imager.running
    assert here.imager.poll() is None


def test_a_shelf_without_files_is_filled_in_line() -> None:
    shelf = MemoryShelf()
    here = running(shelf)
    assert here.imager.begin() == Ended(60)
    assert shelf.kept() == [60]
    here.hold()
    here.desk.send(*COMMANDS[60:])
    assert here.imager.begin() is None, "the views must not show what is held back"
    here.sync()
    assert here.imager.now() == Ended(len(COMMANDS))


def test_a_full_disk_is_told_in_line_too(tmp_path: Path) -> None:
    def write(file: int, data: bytes | memoryview, position: int) -> int:
        raise FULL

    here = running(FileShelf(tmp_path / "snapshots", Disk(write=write)))
    assert here.imager.now() == Ended(60, FULL.strerror)


def test_images_name_all_their_parts() -> None:
    here = running(MemoryShelf())
    found: Image = image(here.exchange, here.hub, (), rules=1)
    assert list(found.parts) == [VENUE, FEEDS, DIGEST] == ["venue", "feeds", "digest"]
