"""The writer of the journal: a thread that writes segments and syncs them, so that the loop never waits.

Segments are allocated before they are needed, so that a write changes no metadata and its sync costs one
write to the device. A failed call is never tried again: after a failed fsync the kernel may have dropped the
pages that it could not write, and a second one would return as if it had.
"""

import errno
import os
from collections.abc import Callable, Iterable
from functools import partial
from itertools import groupby
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import NamedTuple

from krakenbox.journal.disk import FLAGS, Disk, sync_directory

_SPARE = "next.spare"


class Begin(NamedTuple):
    """Go on in a new segment."""

    segment: int


class Drop(NamedTuple):
    """Remove a segment."""

    segment: int


Step = bytes | Begin | Drop


class Task(NamedTuple):
    """What is to be done before somebody is told."""

    steps: list[Step]
    tell: Callable[[OSError | None], None] | None
    """None ends the writer."""
    commit: bool = False
    """Whether the disk must have it, or only the operating system."""
    ended: Callable[[], None] | None = None
    """Called when done, by the writer."""


class Writer:
    """Owns the open files. Everything here runs in its thread, except while there is none."""

    def __init__(self, path: Path, segment_bytes: int, disk: Disk) -> None:
        self._path = path
        self._segment_bytes = segment_bytes
        self._disk = disk
        self._file: int | None = None
        """The segment that is written to."""
        self._size = 0
        self._spare: int | None = None
        """The next one, allocated and not named yet."""
        self.error: OSError | None = None
        """What failed; everything fails with it from then on."""

    def run(self, tasks: "SimpleQueue[Task]") -> None:
        """Carry out tasks, all that wait with one sync, until one ends it."""
        ended = False
        while not ended:
            waiting = [tasks.get()]
            try:
                while True:
                    waiting.append(tasks.get_nowait())
            except Empty:
                pass
            self._attempt(partial(self._carry_out, waiting))
            for task in waiting:
                if task.tell is None:
                    ended = True
                else:
                    task.tell(self.error)
                if task.ended is not None:
                    task.ended()
            self._attempt(self._prepare)

    def cut(self, segment: int, size: int, later: Iterable[int]) -> None:
        """Open a segment to go on behind its first `size` bytes."""
        self.close()
        for other in later:
            segment_path(self._path, other).unlink()
        self._file = file = os.open(segment_path(self._path, segment), FLAGS, 0o600)
        self._size = size
        os.truncate(file, size)
        self._disk.allocate(file, self._segment_bytes)
        os.fsync(file)
        self._sync_directory()

    def close(self) -> None:
        """Close the files."""
        for file in (self._file, self._spare):
            if file is not None:
                os.close(file)
        self._file = self._spare = None

    def _attempt(self, do: Callable[[], None]) -> None:
        if self.error is None:
            try:
                do()
            except OSError as error:
                self.error = error
            except Exception as error:  # noqa: BLE001 - a bug of ours must not leave those who wait waiting
                self.error = OSError(errno.EIO, f"the writer crashed: {error!r}")

    def _carry_out(self, tasks: list[Task]) -> None:
        steps = [step for task in tasks for step in task.steps]
        for kind, run in groupby(steps, type):
            if kind is bytes:
                self._write(b"".join(run))  # type: ignore[arg-type]
                continue
            for step in run:
                match step:
                    case Begin(segment):
                        self._begin(segment)
                    case Drop(segment):
                        segment_path(self._path, segment).unlink(missing_ok=True)
        if self._file is not None and any(task.commit for task in tasks):
            self._disk.sync(self._file)

    def _write(self, data: bytes) -> None:
        assert self._file is not None, "begin a segment first"
        left = memoryview(data)
        while left:
            written = self._disk.write(self._file, left, self._size)
            if not written:
                raise OSError(errno.EIO, "the disk took nothing")
            self._size += written
            left = left[written:]

    def _begin(self, segment: int) -> None:
        # Durable before the next is there: a hole between segments can then only be damage.
        if self._file is not None:
            self._disk.sync(self._file)
            os.close(self._file)
            self._file = None
        if self._spare is None:
            self._make_spare()
        self._disk.rename(self._path / _SPARE, segment_path(self._path, segment))
        self._sync_directory()
        self._file, self._spare, self._size = self._spare, None, 0

    def _prepare(self) -> None:
        """Allocate the next segment once the last is half full."""
        if self._spare is None and self._file is not None and 2 * self._size > self._segment_bytes:
            self._make_spare()

    def _make_spare(self) -> None:
        if not self._path.exists():
            self._path.mkdir(parents=True)
            sync_directory(self._path.parent, self._disk)
        self._spare = os.open(self._path / _SPARE, FLAGS | os.O_TRUNC, 0o600)
        self._disk.allocate(self._spare, self._segment_bytes)
        self._disk.sync(self._spare)

    def _sync_directory(self) -> None:
        sync_directory(self._path, self._disk)


def segment_path(path: Path, segment: int) -> Path:
    """The file of a segment."""
    return path / f"{segment:020}.log"
