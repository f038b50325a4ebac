"""Files are whole or not there, and a directory has one process."""

import errno
import os
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from krakenbox.errors import ConfigError
from krakenbox.journal.disk import Disk, Lock, numbers, sync_directory, write_synced, write_whole

HOLDER = """
import sys
from pathlib import Path
from krakenbox.journal.disk import Lock
lock = Lock(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""

FORKER = HOLDER.replace("print(", "import os, signal; os.fork() and signal.pause(); print(").replace(
    "held", "forked"
)


def broken(*arguments: object) -> None:
    raise OSError(errno.EIO, "Input/output error")


def test_a_file_is_replaced_as_a_whole_and_for_its_owner(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    write_whole(file, b"one and more")
    write_whole(file, b"two")
    assert file.read_bytes() == b"two"
    assert file.stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path) == ["keys.json"]


@pytest.mark.parametrize("call", ["write", "sync", "rename"])
def test_a_file_that_cannot_be_replaced_stays_as_it_was(tmp_path: Path, call: str) -> None:
    file = tmp_path / "keys.json"
    write_whole(file, b"one")
    with pytest.raises(OSError, match="Input/output"):
        write_whole(file, b"two", msgspec.structs.replace(Disk(), **{call: broken}))
    assert file.read_bytes() == b"one"


def test_a_write_goes_on_where_a_short_one_ended(tmp_path: Path) -> None:
    short = msgspec.structs.replace(Disk(), write=lambda file, data, at: os.pwrite(file, data[:3], at))
    write_synced(tmp_path / "file", b"0123456789", short)
    assert (tmp_path / "file").read_bytes() == b"0123456789"


def test_a_directory_is_synced_and_closed(tmp_path: Path) -> None:
    synced: list[int] = []
    sync_directory(tmp_path, msgspec.structs.replace(Disk(), sync_directory=synced.append))
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(synced[0])


def test_files_are_allocated_with_zeros_behind_what_they_hold(tmp_path: Path) -> None:
    file = os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT)
    os.pwrite(file, b"abc", 0)
    Disk().allocate(file, 1000)
    os.close(file)
    assert (tmp_path / "file").read_bytes() == b"abc" + bytes(997)


def test_the_numbers_of_a_directory_are_those_of_matching_names(tmp_path: Path) -> None:
    name = re.compile(r"(\d{3})\.log")
    assert numbers(tmp_path / "absent", name) == []
    for other in ("010.log", "009.log", "9.log", "011.log.new", "x010.log"):
        (tmp_path / other).touch()
    assert numbers(tmp_path, name) == [9, 10]


def test_a_second_process_is_refused_with_the_first_ones_number(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == b"held\n"
        with pytest.raises(ConfigError, match=f"{tmp_path}: is in use by process {first.pid}$"):
            Lock(path)
        first.kill()
    Lock(path).release()


def test_a_lock_refuses_its_own_process_too_until_it_is_released(tmp_path: Path) -> None:
    first = Lock(tmp_path / "lock")
    with pytest.raises(ConfigError, match=f"in use by process {os.getpid()}$"):
        Lock(tmp_path / "lock")
    first.release()
    second = Lock(tmp_path / "lock")
    second.release()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a system without fork")
def test_a_forked_child_does_not_keep_the_lock_of_a_process_that_was_killed(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with subprocess.Popen(
        [sys.executable, "-c", FORKER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"forked\n"
        parent.kill()
        parent.wait(20)
        # The child lives until its input ends.
        Lock(path).release()
