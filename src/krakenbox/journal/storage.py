"""Where a journal's bytes lie: the interface, nowhere, and a memory that fails as disks do, on demand."""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Protocol

SyncDone = Callable[[OSError | None], None]
"""Told once whether a sync returned (None) or failed."""
SEGMENT_BYTES = 16 << 20
"""Where a segment gives way to the next: some minutes of a lively market, a tenth of a second to check."""


class Storage(Protocol):
    """Append-only segments, each named by the first sequence number it may hold.

    They may be preallocated files: what `read` returns may then end in zeros, which the log knows how to
    leave out, and `cut` says where the next append goes. A segment is durable before anything of the next one
    is written, so only the last can have a torn end. After an OSError of any call the caller stops using it.
    """

    @property
    def commits(self) -> bool:
        """Whether what a sync covered survives a power cut, rather than only the end of the process."""
        ...

    def segments(self) -> list[int]:
        """Names of the segments there are, ascending."""
        ...

    def read(self, segment: int) -> memoryview:
        """Everything that was appended to a segment, perhaps followed by zeros."""
        ...

    def begin(self, segment: int) -> None:
        """Let the next append go into a new segment; there is one after the next sync."""
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

    def cut(self, segment: int, size: int) -> None:
        """At a start: drop all behind the first `size` bytes of a segment; appends continue there."""
        ...

    def drop(self, segment: int) -> None:
        """Remove the oldest segment, which is not the only one."""
        ...

    def close(self) -> None:
        """Let go of it. What was not synced may be lost."""
        ...


class NoStorage:
    """Keeps nothing: for an exchange that lives only as long as its process, whose journal nobody will read.

    A journal kept in memory would grow by some hundred megabytes a day.
    """

    commits = True

    def segments(self) -> list[int]:
        """None."""
        return []

    def read(self, segment: int) -> memoryview:
        """Nothing."""
        return memoryview(b"")

    def begin(self, segment: int) -> None:
        """Forget it."""

    def append(self, data: bytes) -> None:
        """Forget it."""

    def sync(self, on_done: SyncDone) -> None:
        """Answer at once."""
        on_done(None)

    def sync_now(self) -> None:
        """There is nothing to wait for."""

    def cut(self, segment: int, size: int) -> None:
        """There is nothing to cut."""
        raise AssertionError(f"nothing was ever stored; cut {segment} at {size}")

    def drop(self, segment: int) -> None:
        """There is nothing to remove."""

    def close(self) -> None:
        """There is nothing to let go of."""


class Crashed(Exception):
    """The process of a `MemoryStorage` has ended here, by an armed fault: whoever catches it has a bug."""


class MemoryStorage:
    """Segments in memory. Tests arm its faults: torn and short writes, failures, late syncs, a crash, rot.

    Unrealistic in that bytes only rot when told to and that an unsynced end is lost from behind, in order.
    """

    def __init__(self, data: bytes | Mapping[int, bytes] = b"", preallocated: int = 0) -> None:
        """Hold segments by name; bytes alone are those of segment 1."""
        held = data if isinstance(data, Mapping) else {1: data} if data else {}
        self._segments = {name: bytearray(held[name]) for name in sorted(held)}
        self._preallocated = preallocated
        self._dropped = 0
        """Bytes of segments that were removed: what a sync covers is counted from the first byte ever."""
        self._covered = self.size
        self._waiting: deque[tuple[int, SyncDone]] = deque()
        self._append_fault: tuple[OSError, int] | None = None
        self._begin_fault: OSError | None = None
        self._sync_fault: OSError | None = None
        self._crash: tuple[int, int] | None = None
        self._dead: Crashed | None = None
        self._piece = 0
        self.commits = True
        self.syncs = 0
        """Syncs that returned."""
        self.writes = 0
        """Writes so far, begun segments among them."""
        self.defer_syncs = False
        """Whether `sync` leaves its answer to `finish_sync`."""
        self.closed = False

    @property
    def size(self) -> int:
        """Bytes there are, of all segments."""
        return sum(map(len, self._segments.values()))

    @property
    def durable(self) -> int:
        """Of these, bytes that survive a crash: always the first ones."""
        return self._covered - self._dropped

    @property
    def unfinished_syncs(self) -> int:
        """Deferred syncs that were not answered yet."""
        return len(self._waiting)

    def segments(self) -> list[int]:
        """Names of the segments there are, ascending."""
        return list(self._segments)

    def read(self, segment: int) -> memoryview:
        """A copy of a segment, padded with zeros to the preallocated size."""
        return memoryview(bytes(self._segments[segment]).ljust(self._preallocated, b"\0"))

    def begin(self, segment: int) -> None:
        """Add a segment; an armed fault raises."""
        assert segment > max(self._segments, default=0), f"{segment} must follow {self.segments()}"
        self._strike(b"")
        if self._begin_fault is not None:
            raise self._begin_fault
        self._segments[segment] = bytearray()

    def append(self, data: bytes) -> None:
        """Write at the end, in pieces if writes are short; an armed fault writes a part and raises."""
        piece = self._piece or len(data)
        for start in range(0, len(data), piece):
            self._strike(data[start : start + piece])
            self._last.extend(data[start : start + piece])

    def sync(self, on_done: SyncDone) -> None:
        """Answer at once, or by `finish_sync` where syncs are deferred."""
        if self.defer_syncs:
            self._waiting.append((self._end, on_done))
        else:
            self._answer(self._end, on_done)

    def sync_now(self) -> None:
        """Make everything durable; an armed fault raises."""
        self._live()
        if self._sync_fault is not None:
            raise self._sync_fault
        self._returned(self._end)

    def cut(self, segment: int, size: int) -> None:
        """Drop what lies behind, later segments too."""
        held = self._segments[segment]
        assert size <= len(held), f"cut at most at {len(held)}; was {size}"
        for later in [name for name in self._segments if name > segment]:
            del self._segments[later]
        del held[size:]
        self._covered = min(self._covered, self._end)

    def drop(self, segment: int) -> None:
        """Remove the oldest segment."""
        oldest, *rest = self._segments
        assert rest, f"{segment} is the only one"
        assert segment == oldest, f"the oldest, {oldest}, goes first; was {segment}"
        self._dropped += len(self._segments.pop(segment))

    def close(self) -> None:
        """Note that it was called."""
        self.closed = True

    def finish_sync(self) -> None:
        """Answer the oldest deferred sync."""
        self._answer(*self._waiting.popleft())

    def fail_appends(self, error: OSError, written: int = 0) -> None:
        """From now on every write raises, after its first `written` bytes."""
        self._append_fault = (error, written)

    def fail_begins(self, error: OSError) -> None:
        """From now on no segment can be begun."""
        self._begin_fault = error

    def fail_syncs(self, error: OSError) -> None:
        """From now on every sync that is answered fails."""
        self._sync_fault = error

    def shorten_writes(self, piece: int) -> None:
        """From now on a write takes at most so many bytes at a time; each piece counts as one write."""
        self._piece = piece

    def crash_at(self, write: int, written: int = 0) -> None:
        """Raise `Crashed` at the `write`th write from now, after its first `written` bytes, and for ever."""
        self._crash = (self.writes + write, written)

    def flip(self, segment: int, position: int, mask: int = 0x04) -> None:
        """Let bits of one byte rot."""
        self._segments[segment][position] ^= mask

    def crashed(self, kept: int = 0) -> "MemoryStorage":
        """What the next process finds: all that was synced and `kept` bytes of what was not; no faults."""
        room = self.durable + kept
        survivors = {}
        for name, held in self._segments.items():
            survivors[name] = bytes(held[:room])
            room -= len(held)
            if room < 0:
                break
        return MemoryStorage(survivors, self._preallocated)

    @property
    def _last(self) -> bytearray:
        assert self._segments, "begin a segment first"
        return self._segments[next(reversed(self._segments))]

    @property
    def _end(self) -> int:
        return self._dropped + self.size

    def _strike(self, data: bytes) -> None:
        """Count a write and raise what is armed for it, once a part of the data is written."""
        self._live()
        self.writes += 1
        if self._crash is not None and self.writes >= self._crash[0]:
            self._dead = Crashed(f"at write {self.writes}")
            self._fail_write(self._dead, data[: self._crash[1]])
        if data and self._append_fault is not None:
            error, written = self._append_fault
            self._fail_write(error, data[:written])

    def _fail_write(self, error: Exception, part: bytes) -> None:
        if part:
            self._last.extend(part)
        raise error

    def _live(self) -> None:
        if self._dead is not None:
            raise self._dead

    def _answer(self, covered: int, on_done: SyncDone) -> None:
        self._live()
        if self._sync_fault is None:
            self._returned(covered)
        on_done(self._sync_fault)

    def _returned(self, covered: int) -> None:
        self._covered = max(self._covered, covered)
        self.syncs += 1
