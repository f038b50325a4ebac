"""The writer does what it was told in order, with one sync for all that waits, and stops at what fails."""

import errno
import os
from pathlib import Path
from queue import SimpleQueue

import msgspec
import pytest

from krakenbox.journal.disk import Disk
from krakenbox.journal.writer import Begin, Drop, Step, Task, Writer, segment_path

FULL = OSError(errno.ENOSPC, "No space left on device")


class Watched:
    """A disk whose calls are noted, and fail from the nth of a kind on."""

    def __init__(self, kind: str = "", nth: int = 1) -> None:
        self.calls: list[str] = []
        self._kind = kind
        self._left = nth
        real = Disk()
        self.disk = msgspec.structs.replace(
            real, **{name: self._noting(name, getattr(real, name)) for name in real.__struct_fields__}
        )

    def _noting(self, name: str, call):  # type: ignore[no-untyped-def]
        def noted(*arguments: object) -> object:
            self.calls.append(name)
            if name == self._kind:
                self._left -= 1
                if self._left <= 0:
                    raise FULL
            return call(*arguments)

        return noted


def run(writer: Writer, *tasks: list[Step], commit: bool = True) -> list[OSError | None]:
    """Let a writer do tasks that all wait already, and what it tells of each."""
    queue: SimpleQueue[Task] = SimpleQueue()
    told: list[OSError | None] = []
    for steps in tasks:
        queue.put(Task(steps, told.append, commit))
    queue.put(Task([], None))
    writer.run(queue)
    return told


def files(path: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes().rstrip(b"\0") for file in sorted(path.iterdir())}


def name(segment: int) -> str:
    return segment_path(Path(), segment).name


def test_tasks_that_wait_together_are_one_write_and_one_sync(tmp_path: Path) -> None:
    watched = Watched()
    writer = Writer(tmp_path / "journal", 4096, watched.disk)
    assert run(writer, [Begin(1), b"ab"]) == [None]
    watched.calls.clear()
    assert run(writer, [b"cd", b"ef"], [b"gh"]) == [None, None]
    assert watched.calls == ["write", "sync"]
    assert files(tmp_path / "journal") == {name(1): b"abcdefgh"}
    assert segment_path(tmp_path / "journal", 1).stat().st_size == 4096
    writer.close()


def test_what_need_not_be_committed_is_only_written(tmp_path: Path) -> None:
    watched = Watched()
    writer = Writer(tmp_path, 4096, watched.disk)
    run(writer, [Begin(1)])
    watched.calls.clear()
    run(writer, [b"ab"], commit=False)
    assert watched.calls == ["write"]
    writer.close()


@pytest.mark.parametrize("commit", [True, False])
def test_a_segment_is_durable_before_the_next_is_there(tmp_path: Path, commit: bool) -> None:
    watched = Watched()
    writer = Writer(tmp_path, 100, watched.disk)
    run(writer, [Begin(1), b"a"], commit=commit)
    watched.calls.clear()
    run(writer, [b"b", Begin(4), b"c"], commit=commit)
    assert watched.calls[:6] == ["write", "sync", "allocate", "sync", "rename", "sync_directory"]
    assert watched.calls[6:] == ["write", "sync"][: 1 + commit]
    assert files(tmp_path) == {name(1): b"ab", name(4): b"c"}
    writer.close()


def test_the_next_segment_is_allocated_once_the_last_is_half_full(tmp_path: Path) -> None:
    watched = Watched()
    writer = Writer(tmp_path, 100, watched.disk)
    run(writer, [Begin(1), b"a" * 50])
    assert set(files(tmp_path)) == {name(1)}
    run(writer, [b"a"])
    assert set(files(tmp_path)) == {name(1), "next.spare"}
    watched.calls.clear()
    run(writer, [Begin(4), b"c"])
    assert "allocate" not in watched.calls
    assert files(tmp_path) == {name(1): b"a" * 51, name(4): b"c"}
    writer.close()


def test_the_spare_of_an_earlier_process_is_emptied_before_it_is_used(tmp_path: Path) -> None:
    (tmp_path / "next.spare").write_bytes(b"old" * 100)
    writer = Writer(tmp_path, 100, Disk())
    run(writer, [Begin(1), b"new"])
    assert segment_path(tmp_path, 1).read_bytes() == b"new" + bytes(97)
    writer.close()


def test_segments_are_dropped_when_their_turn_comes(tmp_path: Path) -> None:
    writer = Writer(tmp_path, 100, Disk())
    run(writer, [Begin(1), b"a", Begin(4), b"b", Drop(1), b"c"])
    assert files(tmp_path) == {name(4): b"bc"}
    writer.close()


def test_a_cut_opens_a_segment_behind_what_is_kept_and_removes_later_ones(tmp_path: Path) -> None:
    for segment, data in ((1, b"abcdef"), (4, b"later")):
        segment_path(tmp_path, segment).write_bytes(data)
    writer = Writer(tmp_path, 100, Disk())
    writer.cut(1, 2, [4])
    assert segment_path(tmp_path, 1).read_bytes() == b"ab" + bytes(98)
    run(writer, [b"X"])
    assert files(tmp_path) == {name(1): b"abX"}
    writer.close()


def test_a_short_write_is_gone_on_with(tmp_path: Path) -> None:
    short = msgspec.structs.replace(Disk(), write=lambda file, data, at: os.pwrite(file, data[:3], at))
    writer = Writer(tmp_path, 100, short)
    assert run(writer, [Begin(1), b"0123456789"]) == [None]
    assert files(tmp_path) == {name(1): b"0123456789"}
    writer.close()


@pytest.mark.parametrize(
    ("kind", "nth"),
    [("write", 1), ("sync", 2), ("sync", 3), ("allocate", 1), ("rename", 1), ("sync_directory", 1)],
)
def test_after_a_failure_everything_is_told_of_it_and_nothing_is_called_again(
    tmp_path: Path, kind: str, nth: int
) -> None:
    watched = Watched(kind, nth)
    writer = Writer(tmp_path, 100, watched.disk)
    steps: list[Step] = [Begin(1), b"a"] if nth < 3 else [Begin(1), b"a", Begin(4)]
    told = run(writer, steps, [b"b"])
    assert told == [FULL, FULL]
    calls = len(watched.calls)
    assert run(writer, [b"c"], [Begin(9)]) == [FULL, FULL]
    assert len(watched.calls) == calls
    writer.close()


def test_a_segment_that_cannot_be_allocated_ahead_fails_what_comes_next(tmp_path: Path) -> None:
    writer = Writer(tmp_path, 10, Watched("allocate", 2).disk)
    assert run(writer, [Begin(1), b"123456"]) == [None]
    assert writer.error is FULL
    assert run(writer, [b"7"]) == [FULL]
    assert files(tmp_path)[name(1)] == b"123456"
    writer.close()


def test_a_disk_that_takes_nothing_has_failed(tmp_path: Path) -> None:
    writer = Writer(tmp_path, 4096, msgspec.structs.replace(Disk(), write=lambda *_: 0))
    told = run(writer, [Begin(1), b"ab"], [b"cd"])
    assert [str(error) for error in told] == ["[Errno 5] the disk took nothing"] * 2
    writer.close()


def test_a_bug_of_the_writer_is_told_to_all_who_wait(tmp_path: Path) -> None:
    def crash(*_: object) -> int:
        raise ZeroDivisionError("oops")

    writer = Writer(tmp_path, 4096, msgspec.structs.replace(Disk(), write=crash))
    told = run(writer, [Begin(1), b"ab"], [b"cd"])
    assert [str(error) for error in told] == ["[Errno 5] the writer crashed: ZeroDivisionError('oops')"] * 2
    writer.close()
