"""Where a journal's bytes lie: the interface, nowhere, and a memory that fails as disks do, on demand."""

from collections import deque
from collections.abc import Callable
from typing import Protocol

SyncDone = Callable[[OSError | None], None]
"""Told once whether a sync returned (None) or failed."""


class Storage(Protocol):
    """One append-only run of bytes.

    It may be a preallocated file: what `read` returns may then end in zeros, which the log knows how to leave
    out, and `cut` says where the next append goes. After an OSError of any call the caller stops using it.
    """

    def read(self) -> memoryview:
        """Everything that was appended, perhaps followed by zeros."""
        ...

    def append(self, data: bytes) -> None:
        """Write at the end, in one write. Durable only once a later sync returned."""
        ...

    def sync(self, on_done: SyncDone) -> None:
        """Begin to make all that was appended before this call durable.

        `on_done` is called exactly once and by the caller's thread: before `sync` returns, or later from its
        loop when another thread did the waiting. Calls end in the order they were made.
        """
        ...

    def sync_now(self) -> None:
        """As `sync`, but returns when done: for start, shutdown and the last words of a crash."""
        ...

    def cut(self, size: int) -> None:
        """Drop what lies behind the first `size` bytes for good; appends continue there."""
        ...


class NoStorage:
    """Keeps nothing: for an exchange that lives only as long as its process, whose journal nobody will read.

    A journal kept in memory would grow by some hundred megabytes a day.
    """

    def read(self) -> memoryview:
        """Nothing."""
        return memoryview(b"")

    def append(self, data: bytes) -> None:
        """Forget it."""

    def sync(self, on_done: SyncDone) -> None:
        """Answer at once."""
        on_done(None)

    def sync_now(self) -> None:
        """There is nothing to wait for."""

    def cut(self, size: int) -> None:
        """There is nothing to cut."""
        assert size == 0, f"nothing was ever stored; cut at {size}"


class MemoryStorage:
    """A storage in memory. Its faults are armed by tests: torn writes, failing writes and syncs, late syncs.

    Unrealistic in that bytes never rot by themselves and that an unsynced end is lost from behind, in order.
    """

    def __init__(self, data: bytes = b"", preallocated: int = 0) -> None:
        self._data = bytearray(data)
        self._preallocated = preallocated
        self._waiting: deque[tuple[int, SyncDone]] = deque()
        self._append_fault: tuple[OSError, int] | None = None
        self._sync_fault: OSError | None = None
        self.durable = len(data)
        """Bytes that survive a crash."""
        self.syncs = 0
        """Syncs that returned."""
        self.defer_syncs = False
        """Whether `sync` leaves its answer to `finish_sync`."""

    @property
    def size(self) -> int:
        """Bytes appended so far."""
        return len(self._data)

    @property
    def unfinished_syncs(self) -> int:
        """Deferred syncs that were not answered yet."""
        return len(self._waiting)

    def read(self) -> memoryview:
        """A copy of everything, padded with zeros to the preallocated size."""
        return memoryview(bytes(self._data).ljust(self._preallocated, b"\0"))

    def append(self, data: bytes) -> None:
        """Write at the end; an armed fault writes a part and raises."""
        if self._append_fault is not None:
            error, written = self._append_fault
            self._data += data[:written]
            raise error
        self._data += data

    def sync(self, on_done: SyncDone) -> None:
        """Answer at once, or by `finish_sync` where syncs are deferred."""
        if self.defer_syncs:
            self._waiting.append((self.size, on_done))
        else:
            self._answer(self.size, on_done)

    def sync_now(self) -> None:
        """Make everything durable; an armed fault raises."""
        if self._sync_fault is not None:
            raise self._sync_fault
        self._returned(self.size)

    def cut(self, size: int) -> None:
        """Drop what lies behind `size`."""
        assert size <= self.size, f"cut at most at {self.size}; was {size}"
        del self._data[size:]
        self.durable = min(self.durable, size)

    def finish_sync(self) -> None:
        """Answer the oldest deferred sync."""
        self._answer(*self._waiting.popleft())

    def fail_appends(self, error: OSError, written: int = 0) -> None:
        """From now on every write raises, after its first `written` bytes."""
        self._append_fault = (error, written)

    def fail_syncs(self, error: OSError) -> None:
        """From now on every sync that is answered fails."""
        self._sync_fault = error

    def crashed(self, kept: int = 0) -> "MemoryStorage":
        """What the next process finds: all that was synced and `kept` bytes of what was not; no faults."""
        return MemoryStorage(bytes(self._data[: self.durable + kept]), self._preallocated)

    def _answer(self, covered: int, on_done: SyncDone) -> None:
        if self._sync_fault is None:
            self._returned(covered)
        on_done(self._sync_fault)

    def _returned(self, covered: int) -> None:
        self.durable = max(self.durable, covered)
        self.syncs += 1
