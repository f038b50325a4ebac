"""What a journal holds and how an exchange stands, in lines."""

from builders import START_NS, buy, opened, place
from durable.test_replay import ran
from krakenbox.durable import report
from krakenbox.durable.verification import Replayed, snapshots
from krakenbox.journal.log import Log
from krakenbox.journal.reading import Reader
from krakenbox.journal.storage import MemoryStorage
from krakenbox.model.command import Stamped, Tick, Void
from tape import HEADER


def test_the_extent_of_a_log() -> None:
    storage = MemoryStorage()
    log = Log(storage, HEADER, segment_bytes=300)
    for first in (1, 3):
        log.append([Stamped(seq, START_NS + seq, Tick()) for seq in (first, first + 1)])
    log.append_voids([Stamped(5, START_NS + 5, Void(4))])
    log.sync_now()
    storage.append(b"CRC!CMDS and no more")
    sizes = dict(log.sizes())
    assert list(report.extent(Reader(storage))) == [
        f"segments    2, {sum(sizes.values())} bytes",
        f"  00000000000000000001.log  commands 1 to 4, {sizes[1]} bytes, rules 1",
        f"  00000000000000000005.log  commands 5 to 5, {sizes[5]} bytes, rules 1",
        "commands    1 to 5",
        "stamps      2026-01-01T00:00:00.000000001Z to 2026-01-01T00:00:00.000000005Z",
        "rules       1",
        "voided      4: crashed or stood behind one that did, skipped",
        f"end         20 bytes at byte {sizes[5]} of 00000000000000000005.log: torn, never acknowledged, or "
        "being written now",
    ]


def test_an_empty_log() -> None:
    assert list(report.extent(Reader(MemoryStorage()))) == [
        "segments    0, 0 bytes",
        "commands    none",
        "rules       none",
        "voided      none",
        "end         whole",
    ]
    storage = MemoryStorage()
    size = Log(storage, HEADER).size_bytes
    assert list(report.extent(Reader(storage)))[:2] == [
        f"segments    1, {size} bytes",
        f"  00000000000000000001.log  no command, {size} bytes, rules 1",
    ]


def test_what_was_replayed() -> None:
    assert report.replayed(Replayed(0, 1_000, 2, 0)) == (
        "replay      1,000 commands from the beginning, 2 state hashes and 0 snapshots equal"
    )
    assert report.replayed(Replayed(5_000, 7, 0, 1)) == (
        "replay      7 commands from snapshot 5,000, 0 state hashes and 1 snapshots equal"
    )
    assert report.kept(snapshots(ran(100, 200)[0].shelf)) == "snapshots   100, 200"
    assert report.kept(snapshots(ran()[0].shelf)) == "snapshots   none"


def test_how_an_exchange_stands() -> None:
    pit = opened("102.0 x 1 | 100.0 x 2")
    pit.send(place(buy, "0.5", at=101))
    lines = list(report.standing(pit.exchange))
    assert lines[:2] == ["mode        online", "accounts"]
    start = lines.index("  alice (pro)")
    assert lines[start : lines.index("  bob (intermediate)")][-1] == "    open orders: 1 BTC/USD"
    assert any(text.endswith("of it held by orders") for text in lines)
    table = lines[lines.index("pairs") + 1 :]
    assert table[0].split() == ["mode", "open", "orders", "best", "bid", "best", "ask", "last"]
    assert table[1].split() == [
        "BTC/USD",
        "online",
        "3",
        "101.0",
        "x",
        "0.50000000",
        "102.0",
        "x",
        "1.00000000",
        "none",
    ]
    assert table[2].split()[-3:] == ["none", "none", "none"]
