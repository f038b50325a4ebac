"""Where an exchange lives: what a start needs of it, and the place that ends with the process."""

from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from msgspec import Struct

from krakenbox.journal.snapshot import MemoryShelf, Shelf
from krakenbox.journal.storage import NoStorage, Storage
from krakenbox.model.fixed import Amount

HISTORY = "history.sqlite"
KEYS = "keys.json"
"""Keys made while it ran."""


class Durability(StrEnum):
    """When a command counts as kept: once the disk says so, or once the operating system has it."""

    COMMIT = "commit"
    OS = "os"


class Data(Struct, frozen=True, kw_only=True):
    """Table `[data]`: where the exchange lives and what it keeps."""

    directory: str = ""
    """Empty: it lives in memory and ends with its process."""
    durability: Durability = Durability.COMMIT
    retain: int = 2 << 30
    """Bytes that journal and snapshots may have together; 0 = all. What a start needs is kept in any case."""
    history: str = ""
    """URL of the database for the history; empty: an SQLite file beside the journal."""
    accept_future: bool = False
    """Whether to start though the journal ends more than a minute ahead of the clock."""


class Identity(Struct, frozen=True, kw_only=True):
    """What an exchange keeps of itself beside the journal."""

    venue_id: int
    secret: bytes
    """Signs WebSocket tokens, so that a restart revokes none."""
    begun: bool = False
    """Whether the opening is durable; before, whatever is in the journal was shown to nobody."""
    opened: dict[str, dict[str, Amount]] = {}
    """What each account of the configuration was opened with, in ledger units."""


class Home(Protocol):
    """A place for one exchange: its log, its snapshots, and small files that are replaced as a whole."""

    @property
    def storage(self) -> Storage:
        """Where its log lies."""
        ...

    @property
    def shelf(self) -> Shelf:
        """Where its snapshots lie."""
        ...

    @property
    def path(self) -> Path:
        """A folder of its own for files that others are to find; it lasts as long as the home."""
        ...

    @property
    def lasting(self) -> bool:
        """Whether it outlives the process: then states are hashed and captured."""
        ...

    @property
    def history_url(self) -> str:
        """The database for a history that is told of no other."""
        ...

    def identity(self) -> Identity | None:
        """Who the exchange is; None in a new place."""
        ...

    def remember(self, identity: Identity) -> None:
        """Replace the identity."""
        ...

    def read(self, name: str) -> bytes | None:
        """A small file; None where there is none."""
        ...

    def write(self, name: str, data: bytes) -> None:
        """Replace a small file."""
        ...

    def close(self) -> None:
        """Use it no more."""
        ...


class Nowhere:
    """A home that ends with the process and keeps no log: nobody could read it."""

    lasting = False

    def __init__(self) -> None:
        self.storage = NoStorage()
        self.shelf = MemoryShelf()
        self._folder = TemporaryDirectory(prefix="krakenbox-", ignore_cleanup_errors=True)
        self.path = Path(self._folder.name)
        self.history_url = f"sqlite:///{self.path}/{HISTORY}"

    def identity(self) -> Identity | None:
        """Always a new one."""
        return None

    def remember(self, identity: Identity) -> None:
        """Nobody will ask."""

    def read(self, name: str) -> bytes | None:
        """Nothing."""
        return None

    def write(self, name: str, data: bytes) -> None:
        """Forget it."""

    def close(self) -> None:
        """The folder goes too."""
        self._folder.cleanup()
