"""What is asked of the operating system: the calls, files that are whole or not there, and the lock."""

import fcntl
import os
import re
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from krakenbox.errors import ConfigError

FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0)
"""How files are opened that are written."""


def _allocate(file: int, size: int) -> None:
    """Reserve the blocks of a file, where the system can."""
    allocate = getattr(os, "posix_fallocate", None)
    if allocate is None:
        os.truncate(file, max(size, os.fstat(file).st_size))
    else:
        allocate(file, 0, size)


class Disk(Struct, frozen=True):
    """What is asked of the operating system, so that tests can let it fail."""

    write: Callable[[int, bytes | memoryview, int], int] = os.pwrite
    sync: Callable[[int], None] = getattr(os, "fdatasync", os.fsync)
    allocate: Callable[[int, int], None] = _allocate
    rename: Callable[[Path, Path], None] = os.replace
    sync_directory: Callable[[int], None] = os.fsync


class Lock:
    """Keeps other processes off a directory, until it is released or the process ends however it does."""

    def __init__(self, path: Path) -> None:
        """Raises ConfigError that names the process which holds it."""
        self._file = os.open(path, FLAGS, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(self._file, 20).decode("ascii", "replace").strip() or "unknown"
            os.close(self._file)
            raise ConfigError(f"{path.parent}: is in use by process {holder}") from None
        os.truncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)
        _locks.add(self._file)

    def release(self) -> None:
        """Let others in."""
        _locks.discard(self._file)
        fcntl.flock(self._file, fcntl.LOCK_UN)
        os.close(self._file)


_locks: set[int] = set()
"""Files of the locks that are held."""


def _leave_locks() -> None:
    # A lock is shared with forked children and would outlive its process with them.
    for file in _locks:
        os.close(file)
    _locks.clear()


os.register_at_fork(after_in_child=_leave_locks)


def write_whole(path: Path, data: bytes, disk: Disk | None = None) -> None:
    """Replace a file, for its owner's eyes: all or nothing, and durable."""
    disk = disk or Disk()
    new = path.with_name(path.name + ".new")
    write_synced(new, data, disk)
    disk.rename(new, path)
    sync_directory(path.parent, disk)


def write_synced(path: Path, data: bytes, disk: Disk) -> None:
    """Write a file and make its content durable, though not yet its name."""
    file = os.open(path, FLAGS | os.O_TRUNC, 0o600)
    try:
        left, position = memoryview(data), 0
        while left:
            written = disk.write(file, left, position)
            position += written
            left = left[written:]
        disk.sync(file)
    finally:
        os.close(file)


def sync_directory(path: Path, disk: Disk) -> None:
    """Make names and removals durable."""
    directory = os.open(path, os.O_RDONLY)
    try:
        disk.sync_directory(directory)
    finally:
        os.close(directory)


def numbers(path: Path, name: re.Pattern[str]) -> list[int]:
    """The numbers in the names of a directory's files that match, ascending."""
    if not path.is_dir():
        return []
    matches = (name.fullmatch(file.name) for file in path.iterdir())
    return sorted(int(match[1]) for match in matches if match is not None)
