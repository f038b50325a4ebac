"""Exchanges whose outcomes are kept, and databases read whole.

past = Past()                                  everything listed, alice, bob and carol rich, mia of the house
past.send(place(buy, 1, at=100))
with recording(url) as made:
    made.feed(past.outcomes)
assert dumped(url) == expected(past)
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

from sqlalchemy import create_engine, text

from builders import VENUE_ID, Pit, draw, opening
from krakenbox.history import engines
from krakenbox.history.rows import Recorder
from krakenbox.history.schema import METADATA
from krakenbox.history.sieve import Kept, Sieve
from krakenbox.history.writer import Writer
from krakenbox.model.command import Command
from krakenbox.model.event import Event, Outcome
from streams import run, steps


class Past(Pit):
    """An exchange that keeps what each command did."""

    def __init__(self, ladder: str = "") -> None:
        super().__init__()
        self.outcomes: list[Outcome] = []
        self.send_all(*opening())
        draw(self, ladder)

    def send(self, command: Command, at_ns: int = 0) -> list[Event]:
        """Stamp, apply and keep one command."""
        told = super().send(command, at_ns)
        self.outcomes.append(Outcome(self.seq, self.time_ns, told))
        return told

    def live(self, seed: int, count: int) -> "Past":
        """Let clients do this and that."""
        run(self, steps(seed, count))
        return self


class Recording:
    """A writer, and the recorder and the sieve before it: what the writer's thread has, without a thread."""

    def __init__(self, opened: engines.Engines) -> None:
        self.opened = opened
        self.writer = Writer(opened.writing, VENUE_ID)
        known = self.writer.known()
        self.recorder = Recorder(known, self.writer.progress.seq)
        self._sieve = Sieve(known.house)

    def feed(self, outcomes: Iterable[Outcome], batch: int = 100) -> None:
        """Record outcomes, a transaction each so many of them."""
        for number, outcome in enumerate(outcomes, 1):
            self.record([outcome])
            if number % batch == 0:
                self.writer.write(self.recorder.take())
        self.writer.write(self.recorder.take())

    def record(self, outcomes: Iterable[Outcome]) -> None:
        """Record outcomes, and write nothing yet."""
        for outcome in outcomes:
            self.recorder.record(Kept(outcome.seq, outcome.time_ns, self._sieve.keep(outcome)))


@contextmanager
def recording(url: str) -> Iterator[Recording]:
    """A database opened for writing."""
    opened = engines.opened(url)
    try:
        yield Recording(opened)
    finally:
        opened.dispose()


Tables = dict[str, list[dict[str, str]]]


def dumped(url: str) -> Tables:
    """Every table as it is stored, all values as text, in the order of the primary key."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            tables = {}
            for table in METADATA.sorted_tables:
                key = ", ".join(table.primary_key.columns.keys())
                rows = connection.execute(text(f"SELECT * FROM {table.name} ORDER BY {key}"))
                tables[table.name] = [{name: _text(row[name]) for name in row} for row in rows.mappings()]
            return tables
    finally:
        engine.dispose()


def expected(past: Past) -> Tables:
    """The tables as one transaction on SQLite writes them."""
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/expected.sqlite"
        with recording(url) as made:
            made.feed(past.outcomes, batch=len(past.outcomes))
        return dumped(url)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(int(value))
    return format(value, "f") if hasattr(value, "as_tuple") else str(value)
