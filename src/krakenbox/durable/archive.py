"""A data directory as a reader finds it: nothing is locked or changed, its exchange may be running."""

from pathlib import Path

import msgspec
from msgspec import Struct

from krakenbox.durable.directory import IDENTITY, JOURNAL, SNAPSHOTS
from krakenbox.durable.home import Identity
from krakenbox.durable.imaging import FEEDS
from krakenbox.durable.replay import Replay
from krakenbox.errors import ConfigError
from krakenbox.feeds.reference import ReferenceImage
from krakenbox.journal import snapshot
from krakenbox.journal.files import FileShelf, FileStorage
from krakenbox.journal.frames import DamagedJournal
from krakenbox.journal.reading import Reader
from krakenbox.model.instrument import InstrumentTable


class _Listed(Struct):
    """What of the views' image is needed to print numbers."""

    reference: ReferenceImage


class Archive:
    """A data directory that is only read."""

    def __init__(self, path: Path) -> None:
        """Raises ConfigError where no exchange lives."""
        self.path = path
        self.storage = FileStorage(path / JOURNAL, lambda call: None)
        self.shelf = FileShelf(path / SNAPSHOTS)
        if not self.storage.segments():
            raise ConfigError(f"{path}: there is no journal")

    def log(self) -> Reader:
        """The log, checked from its first frame to its last. Raises `DamagedJournal`."""
        try:
            return Reader(self.storage)
        except DamagedJournal:
            # What is read while it is written may look like damage. What is damaged is so the next time too.
            return Reader(self.storage)

    def replay(self, log: Reader, after_seq: int) -> Replay:
        """The exchange at its newest snapshot up to a command. Raises a `JournalError`."""
        return Replay(self.storage, self.shelf, after_seq, log)

    def listed(self) -> tuple[int, InstrumentTable]:
        """What was listed after which command: of the newest snapshot, 0 without one."""
        table = InstrumentTable()
        image = snapshot.newest(self.shelf).image
        if image is None:
            return 0, table
        reference = msgspec.json.decode(image.parts[FEEDS], type=_Listed).reference
        for asset in reference.assets:
            table.add_asset(asset)
        for instrument in reference.instruments:
            table.add(instrument)
        return image.seq, table

    def identity(self) -> Identity:
        """Who the exchange is. Raises ConfigError."""
        try:
            return msgspec.json.decode(self._read(IDENTITY), type=Identity)
        except msgspec.DecodeError as error:
            raise ConfigError(f"{self.path / IDENTITY}: is damaged: {error}") from None

    def read(self, name: str) -> bytes | None:
        """One of the small files; None where there is none."""
        return self._read(name) if (self.path / name).exists() else None

    def _read(self, name: str) -> bytes:
        try:
            return (self.path / name).read_bytes()
        except OSError as error:
            raise ConfigError(f"{self.path / name}: cannot be read: {error.strerror}") from None
