"""How fast an exchange starts: a million commands from the journal alone, and from a snapshot.

    python -m benchmarks.recovery

Beside it the same commands, already decoded, through the engine alone, and through all that must know of
them: engine, views and state hash. A start also reads and checks the journal, decodes it and compares hashes.
"""

import gc
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple

from benchmarks.traffic import Traffic
from krakenbox.clock import ManualClock
from krakenbox.durable.imaging import image
from krakenbox.durable.recovery import Plan, Started, recover
from krakenbox.feeds.hub import Hub
from krakenbox.journal import snapshot
from krakenbox.journal.files import FileShelf, FileStorage
from krakenbox.journal.log import Header, Log
from krakenbox.journal.snapshot import MemoryShelf, Shelf
from krakenbox.model.command import Stamped
from krakenbox.model.event import Outcome
from krakenbox.venue.exchange import Exchange
from krakenbox.venue.hashing import Digest

QUICK = bool(os.environ.get("KRAKENBOX_BENCH_QUICK"))
COMMANDS = 100_000 if QUICK else 1_000_000
OPEN_ORDERS = COMMANDS // 10
BATCH = 16
"""Commands of one write: a busy exchange with a fast disk."""
DECODED = 50_000
"""Commands that the yardstick holds decoded."""
STEP_NS = 1_000_000
HEADER = Header(rules=1, venue_id=1)


class Figures(NamedTuple):
    """What the starts came to."""

    commands: int
    open_orders: int
    apply_s: float
    """The commands through the engine alone."""
    state_s: float
    """Through engine, views and state hash."""
    journal_s: float
    """A start from the journal alone."""
    journal_mb: float
    snapshot_s: float
    """A start from a snapshot, the whole journal still there."""
    snapshot_mb: float


class Place:
    """A journal and a shelf on disk."""

    def __init__(self, folder: Path) -> None:
        self.shelf = FileShelf(folder / "snapshots")
        self._folder = folder
        self._clock = ManualClock(1_767_225_600 * 10**9)
        self._told: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self.storage = self.opened()

    def start(self, shelf: Shelf) -> Started:
        """A start of the next process."""
        self.storage.close()
        self.storage = self.opened()
        plan = Plan(header=HEADER, now_ns=self._clock.now_ns, batch_limit=BATCH)
        return recover(self.storage, shelf, plan)

    def fill(self) -> Started:
        """Let an exchange do what the traffic asks for."""
        traffic, started = Traffic(COMMANDS, OPEN_ORDERS), self.start(MemoryShelf())
        sequencer, hub = started.sequencer, started.hub

        def publish(outcomes: list[Outcome]) -> None:
            for outcome in outcomes:
                hub.apply(outcome)
            traffic.heard(outcomes)

        sequencer.publish = publish
        for command in traffic.opening():
            sequencer.submit(command)
        while sequencer.pending() or sequencer.durable_seq < COMMANDS:
            while sequencer.seq < COMMANDS and not sequencer.held() and not sequencer.pending():
                for _ in range(BATCH):
                    sequencer.submit(traffic.next())
            self._clock.advance(STEP_NS)
            sequencer.drain()
            if sequencer.held():
                self._told.get()()
        return started

    def opened(self) -> FileStorage:
        """The journal's bytes."""
        return FileStorage(self._folder / "journal", self._told.put, durability="os")


def measure() -> Figures:
    """Fill a journal, then start from it."""
    with tempfile.TemporaryDirectory() as folder:
        place = Place(Path(folder))
        filled = place.fill()
        made = image(filled.exchange, filled.hub, (), HEADER.rules)
        data = snapshot.encode(made)
        place.shelf.put(made.seq, data)
        orders = sum(len(account.orders) for account in filled.exchange.venue.accounts.values())
        journal = sum(size for _, size in filled.log.sizes())
        del filled, made
        apply_s = _applied(Log(place.opened(), HEADER), state=False)
        state_s = _applied(Log(place.opened(), HEADER), state=True)
        journal_s, replayed = _timed(lambda: place.start(MemoryShelf()))
        assert replayed.recovery.commands == replayed.sequencer.seq
        del replayed
        snapshot_s, restored = _timed(lambda: place.start(place.shelf))
        assert restored.image_seq == restored.sequencer.seq
        place.storage.close()
        return Figures(
            commands=restored.sequencer.seq,
            open_orders=orders,
            apply_s=apply_s,
            state_s=state_s,
            journal_s=journal_s,
            journal_mb=journal / 1e6,
            snapshot_s=snapshot_s,
            snapshot_mb=len(data) / 1e6,
        )


def _applied(log: Log, *, state: bool) -> float:
    """Seconds that the commands of a log take once they are decoded."""
    exchange, hub = Exchange(HEADER.venue_id), Hub()
    digest = Digest(exchange)
    decoded: list[Stamped] = []
    took_s = 0.0
    for record in log.records():
        if isinstance(record, list):
            decoded += record
        if len(decoded) >= DECODED or (decoded and decoded[-1].seq == log.seq):
            began = time.perf_counter()
            for stamped in decoded:
                events = exchange.apply(stamped)
                if state:
                    digest.observe(stamped, events)
                    hub.apply(Outcome(stamped.seq, stamped.time_ns, events))
            took_s += time.perf_counter() - began
            decoded.clear()
    assert exchange.venue.seq == log.seq
    return took_s


def _timed(start: Callable[[], Started]) -> tuple[float, Started]:
    gc.collect()
    began = time.perf_counter()
    started = start()
    return time.perf_counter() - began, started


def table(figures: Figures) -> str:
    """What the starts came to as a Markdown table."""
    count, orders = f"{figures.commands:,} commands", f"{figures.open_orders:,}"
    lines = ["| | time | commands a second | of the engine's speed |", "|---|---:|---:|---:|"]
    for name, took_s in (
        (f"{count}, the engine alone", figures.apply_s),
        (f"{count}, engine, views and state hash", figures.state_s),
        (f"start from a journal of {count}, {figures.journal_mb:,.0f} MB", figures.journal_s),
    ):
        rate, share = figures.commands / took_s, figures.apply_s / took_s
        lines.append(f"| {name} | {took_s:,.1f} s | {rate:,.0f} | {share:.2f} |")
    snapshot_name = f"start from a snapshot with {orders} open orders, {figures.snapshot_mb:,.0f} MB"
    lines.append(f"| {snapshot_name} | {figures.snapshot_s:,.1f} s | | |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(measure()))
