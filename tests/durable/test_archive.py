"""A data directory that is only read: nothing in it changes, whoever else uses it."""

from pathlib import Path

import pytest

from builders import START_NS, VENUE_ID
from krakenbox.clock import ManualClock
from krakenbox.durable.archive import Archive
from krakenbox.durable.directory import Directory
from krakenbox.durable.home import Identity
from krakenbox.durable.imaging import image
from krakenbox.durable.recovery import Plan, Started, recover
from krakenbox.errors import ConfigError
from krakenbox.journal import reading, snapshot
from krakenbox.journal.frames import DamagedJournal
from krakenbox.journal.log import Header
from krakenbox.journal.reading import Reader
from krakenbox.journal.storage import Storage
from tape import trading

COMMANDS = list(trading(200))
ME = Identity(venue_id=VENUE_ID, secret=b"secret", begun=True)


class Recorded:
    """A directory with an exchange at home that did all of `COMMANDS`, with a snapshot after 100."""

    def __init__(self, path: Path) -> None:
        self.directory = Directory(path, lambda call: call(), "commit")
        self.directory.remember(ME)
        plan = Plan(
            header=Header(rules=1, venue_id=VENUE_ID),
            now_ns=ManualClock(START_NS).now_ns,
            hash_every=50,
            segment_bytes=8_000,
        )
        self.started: Started = recover(self.directory.storage, self.directory.shelf, plan)
        hub = self.started.hub
        self.started.sequencer.publish = lambda outcomes: [hub.apply(outcome) for outcome in outcomes]
        self.send(0, 100)
        found = image(self.started.exchange, hub, self.started.sequencer.held(), 1)
        self.directory.shelf.put(found.seq, snapshot.encode(found))
        self.send(100, len(COMMANDS))

    def send(self, start: int, end: int) -> None:
        """Let it do something, durably."""
        sequencer = self.started.sequencer
        for command in COMMANDS[start:end]:
            sequencer.submit(command)
        while sequencer.pending():
            sequencer.drain()
        self.started.log.sync_now()


def content(path: Path) -> dict[str, bytes]:
    return {str(file.relative_to(path)): file.read_bytes() for file in path.rglob("*") if file.is_file()}


def test_it_reads_beside_a_running_exchange_and_changes_nothing(tmp_path: Path) -> None:
    recorded = Recorded(tmp_path)
    before = content(tmp_path)
    archive = Archive(tmp_path)
    log = archive.log()
    assert len(log.segments) > 2
    assert (log.seq, log.torn, archive.identity(), archive.read("keys.json")) == (
        len(COMMANDS),
        None,
        ME,
        None,
    )
    replay = archive.replay(log, 150)
    assert (replay.image_seq, sum(1 for _ in replay.outcomes(150))) == (100, 50)
    seq, table = archive.listed()
    assert (seq, table.instruments) == (100, recorded.started.hub.reference.table.instruments)
    assert content(tmp_path) == before
    recorded.directory.close()


def test_without_a_snapshot_nothing_is_listed_yet(tmp_path: Path) -> None:
    Recorded(tmp_path).directory.close()
    next((tmp_path / "snapshots").iterdir()).unlink()
    seq, table = Archive(tmp_path).listed()
    assert (seq, table.assets, table.instruments) == (0, {}, {})


def test_where_nothing_is_kept_that_is_told(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing"):
        with pytest.raises(ConfigError, match=f"^{path}: there is no journal$"):
            Archive(path)
    Recorded(tmp_path).directory.close()
    (tmp_path / "identity.json").write_text("{")
    with pytest.raises(ConfigError, match=r"identity\.json: is damaged"):
        Archive(tmp_path).identity()
    (tmp_path / "identity.json").unlink()
    with pytest.raises(ConfigError, match=r"identity\.json: cannot be read: No such file"):
        Archive(tmp_path).identity()


def test_damage_counts_once_it_is_seen_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Recorded(tmp_path).directory.close()
    seen = []

    def reader(storage: Storage) -> Reader:
        seen.append(storage)
        if len(seen) in (1, 3, 4):
            raise DamagedJournal(1, 0, 0, "a write under way")
        return reading.Reader(storage)

    monkeypatch.setattr("krakenbox.durable.archive.Reader", reader)
    assert Archive(tmp_path).log().seq == len(COMMANDS)
    with pytest.raises(DamagedJournal, match="a write under way"):
        Archive(tmp_path).log()
