"""The journal on disk: segments, written by a thread of their own, and snapshots.

loop thread   append append sync                    append sync
writer                        write, fdatasync                write, fdatasync
loop thread                                    on_done                        on_done
"""

import re
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from threading import Lock as Latch
from threading import Thread
from time import monotonic

from krakenbox.journal.disk import Disk, numbers, sync_directory, write_synced
from krakenbox.journal.storage import SEGMENT_BYTES, SyncDone
from krakenbox.journal.writer import Begin, Drop, Step, Task, Writer, segment_path

CLOSE_TIMEOUT_S = 60
"""How long an end waits for the writer: longer than any disk stalls that will come back."""

LEND_AFTER_S, LEND_S = 0.001, 0.0003
"""How often a write lends the writer time, and how much: a disk takes 0.1 ms, a slow one costs a quarter."""

_SEGMENT = re.compile(r"(\d{20})\.log")
_SNAPSHOT = re.compile(r"(\d{20})\.snap")


class FileStorage:
    """The segments of a directory, each a file. Making one touches nothing: what is read may be in use."""

    def __init__(
        self,
        path: Path,
        call_soon: Callable[[Callable[[], None]], object],
        durability: str = "commit",
        segment_bytes: int = SEGMENT_BYTES,
        disk: Disk | None = None,
    ) -> None:
        """`call_soon` brings the end of a sync to the caller's thread, as `loop.call_soon_threadsafe` does.

        With durability "commit" a sync returns once the disk has it, with "os" once the system has.
        """
        assert durability in ("commit", "os"), f"durability must be commit or os; was {durability}"
        self.commits = durability == "commit"
        self._path = path
        self._call_soon = call_soon
        self._pending: list[Step] = []
        """What the next sync hands to the writer."""
        self._tasks: SimpleQueue[Task] = SimpleQueue()
        self._writer = Writer(path, segment_bytes, disk or Disk())
        self._under_way = Latch()
        """Locked until the writer has ended what was handed to it."""
        self._since_s = 0.0
        """When that was, or when it was last lent time."""
        self._thread: Thread | None = None
        """Runs the writer, from the first sync on."""

    def segments(self) -> list[int]:
        """Names of the segments there are, ascending."""
        return numbers(self._path, _SEGMENT)

    def read(self, segment: int) -> memoryview:
        """Everything that a sync has covered, and what lies behind it in the file."""
        return memoryview(segment_path(self._path, segment).read_bytes())

    def begin(self, segment: int) -> None:
        """Let the next append go into a new segment."""
        self._add(Begin(segment))

    def append(self, data: bytes) -> None:
        """Keep the bytes for the next sync."""
        self._add(data)

    def drop(self, segment: int) -> None:
        """Remove a segment with the next sync."""
        self._add(Drop(segment))

    def sync(self, on_done: SyncDone) -> None:
        """Let the writer write and sync what was appended."""
        call_soon = self._call_soon

        def tell(error: OSError | None) -> None:
            # A loop that was closed has nobody left to be told.
            with suppress(RuntimeError):
                call_soon(partial(on_done, error))

        self._hand_over(tell, self.commits)

    def sync_now(self) -> None:
        """Wait for the writer, and for the disk whatever the durability. Raises what failed."""
        answer: SimpleQueue[OSError | None] = SimpleQueue()
        self._hand_over(answer.put, commit=True)
        error = answer.get()
        if error is not None:
            raise error

    def cut(self, segment: int, size: int) -> None:
        """Drop what lies behind, later segments too; before the first append."""
        assert not self._pending, "cut before the first append"
        assert not self._under_way.locked(), "cut while the writer is idle"
        self._writer.cut(segment, size, [later for later in self.segments() if later > segment])

    def close(self) -> None:
        """Let the writer end what it was given, and close the files."""
        if self._thread is not None:
            self._tasks.put(Task([], None))
            self._thread.join(CLOSE_TIMEOUT_S)
            self._thread = None
        self._writer.close()

    def _add(self, step: Step) -> None:
        if self._under_way.locked() and monotonic() - self._since_s > LEND_AFTER_S:
            self._lend()
        if self._writer.error is not None:
            raise self._writer.error
        self._pending.append(step)

    def _lend(self) -> None:
        # A thread that is never idle gets the interpreter back from each of its system calls before a waiting
        # one has woken up: the writer would starve for seconds. So it is waited for, but not for the disk.
        if self._under_way.acquire(timeout=LEND_S):
            self._under_way.release()
        self._since_s = monotonic()

    def _hand_over(self, tell: Callable[[OSError | None], None], commit: bool) -> None:
        if self._thread is None:
            self._thread = Thread(target=self._writer.run, args=(self._tasks,), name="journal", daemon=True)
            self._thread.start()
        ended = None
        if not self._under_way.locked():
            self._under_way, self._since_s = Latch(), monotonic()
            self._under_way.acquire()
            ended = self._under_way.release
        self._tasks.put(Task(self._pending, tell, commit, ended))
        self._pending = []


class FileShelf:
    """The snapshots of a directory, each a file."""

    def __init__(self, path: Path, disk: Disk | None = None) -> None:
        self._path = path
        self._disk = disk or Disk()

    def put(self, seq: int, data: bytes) -> None:
        """Keep the snapshot of a sequence number: all or nothing, and durable."""
        self.prepare(seq, data)
        self.keep(seq)

    def prepare(self, seq: int, data: bytes) -> None:
        """Write a snapshot that is not kept yet; another process may do it."""
        self._path.mkdir(parents=True, exist_ok=True)
        write_synced(self._prepared(seq), data, self._disk)

    def keep(self, seq: int) -> None:
        """Keep what was prepared."""
        self._disk.rename(self._prepared(seq), self._file(seq))
        sync_directory(self._path, self._disk)

    def kept(self) -> list[int]:
        """Sequence numbers of the snapshots there are."""
        return numbers(self._path, _SNAPSHOT)

    def get(self, seq: int) -> bytes:
        """One of them."""
        return self._file(seq).read_bytes()

    def size(self, seq: int) -> int:
        """The bytes of one of them."""
        return self._file(seq).stat().st_size

    def drop(self, seq: int) -> None:
        """Remove one of them."""
        self._file(seq).unlink(missing_ok=True)

    def tidy(self) -> None:
        """Remove what was prepared by a process that ended before it was kept."""
        for file in self._path.glob("*.prepared"):
            file.unlink(missing_ok=True)

    def _file(self, seq: int) -> Path:
        return self._path / f"{seq:020}.snap"

    def _prepared(self, seq: int) -> Path:
        return self._path / f"{seq:020}.prepared"
