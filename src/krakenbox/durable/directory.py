"""The data directory: one exchange's journal, snapshots, identity and keys, locked while it is open.

krakenbox-data/
  lock                     held by the process that uses the directory
  identity.json            what makes it this exchange; a secret
  keys.json                keys made while it ran; secrets
  journal/<seq>.log        every command, in segments named by their first sequence number
  snapshots/<seq>.snap     states to start from
  tls/                     certificates, if it speaks TLS; secrets but for ca.pem
  history.sqlite           for people: orders, fills, ledger, candles
"""

from collections.abc import Callable
from pathlib import Path

import msgspec

from krakenbox.durable.home import HISTORY, Identity
from krakenbox.durable.replay import Replay
from krakenbox.errors import ConfigError
from krakenbox.journal.disk import Disk, Lock, write_whole
from krakenbox.journal.files import FileShelf, FileStorage

IDENTITY = "identity.json"
JOURNAL, SNAPSHOTS = "journal", "snapshots"


class Directory:
    """An opened data directory."""

    lasting = True

    def __init__(
        self,
        path: Path,
        call_soon: Callable[[Callable[[], None]], object],
        durability: str,
        disk: Disk | None = None,
    ) -> None:
        """`call_soon` brings the end of a sync back to the caller's thread.

        Raises ConfigError where the directory cannot be used, and where another process uses it.
        """
        self.path = path
        self.history_url = f"sqlite:///{path.resolve()}/{HISTORY}"
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"{path}: cannot be made: {error.strerror}") from None
        self._lock = Lock(path / "lock")
        identity = self.identity()
        if identity is not None and not identity.begun:
            self._forget()
        self.shelf = FileShelf(path / SNAPSHOTS)
        self.shelf.tidy()
        self.storage = FileStorage(path / JOURNAL, call_soon, durability, disk=disk)

    def identity(self) -> Identity | None:
        """Who the exchange is; None in a new directory."""
        data = self.read(IDENTITY)
        try:
            return None if data is None else msgspec.json.decode(data, type=Identity)
        except msgspec.DecodeError as error:
            raise ConfigError(f"{self.path / IDENTITY}: is damaged: {error}") from None

    def remember(self, identity: Identity) -> None:
        """Replace the identity."""
        self.write(IDENTITY, msgspec.json.encode(identity))

    def read(self, name: str) -> bytes | None:
        """One of the small files; None where there is none."""
        try:
            return (self.path / name).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, name: str, data: bytes) -> None:
        """Replace one of the small files, for its owner's eyes: all or nothing, and durable."""
        write_whole(self.path / name, data)

    def replay(self, after_seq: int) -> Replay:
        """The past from a command on, also while the exchange goes on; from any thread."""
        reading = FileStorage(self.path / JOURNAL, lambda call: None)
        return Replay(reading, FileShelf(self.path / SNAPSHOTS), after_seq)

    def close(self) -> None:
        """Let another process use it."""
        self.storage.close()
        self._lock.release()

    def _forget(self) -> None:
        """Remove the journal and the snapshots of a start that never came to its end."""
        for room in (JOURNAL, SNAPSHOTS):
            for file in (self.path / room).glob("*"):
                file.unlink()
