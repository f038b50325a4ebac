"""A data directory keeps who an exchange is, keeps others off, and forgets a start that never ended."""

from pathlib import Path

import pytest

from krakenbox.durable.directory import Directory
from krakenbox.durable.home import Identity
from krakenbox.errors import ConfigError

ME = Identity(venue_id=2**64 - 1, secret=b"\0\xff", begun=True, opened={"alice": {"USD": 2**70}})


def opened(path: Path) -> Directory:
    return Directory(path, lambda call: call(), "commit")


def test_a_new_one_is_made_and_knows_nobody(tmp_path: Path) -> None:
    directory = opened(tmp_path / "deep" / "down")
    assert (directory.identity(), directory.read("keys.json"), directory.lasting) == (None, None, True)
    assert directory.storage.segments() == []
    directory.close()


def test_what_it_is_told_it_tells_the_next_one(tmp_path: Path) -> None:
    directory = opened(tmp_path)
    directory.remember(ME)
    directory.write("keys.json", b"[1]")
    directory.write("keys.json", b"[2]")
    directory.close()
    again = opened(tmp_path)
    assert (again.identity(), again.read("keys.json")) == (ME, b"[2]")
    assert {path.name for path in tmp_path.iterdir()} == {"identity.json", "keys.json", "lock"}
    assert (tmp_path / "identity.json").stat().st_mode & 0o777 == 0o600
    again.close()


def test_one_process_at_a_time(tmp_path: Path) -> None:
    directory = opened(tmp_path)
    with pytest.raises(ConfigError, match="is in use by process"):
        opened(tmp_path)
    directory.close()
    opened(tmp_path).close()


@pytest.mark.parametrize("begun", [True, False])
def test_a_start_that_never_ended_is_forgotten(tmp_path: Path, begun: bool) -> None:
    directory = opened(tmp_path)
    directory.remember(Identity(venue_id=1, secret=b"", begun=begun))
    directory.storage.begin(1)
    directory.storage.append(b"x")
    directory.storage.sync_now()
    directory.shelf.put(1, b"y")
    directory.shelf.prepare(2, b"z")
    directory.close()
    again = opened(tmp_path)
    assert (again.storage.segments(), again.shelf.kept()) == (([1], [1]) if begun else ([], []))
    # What a child had prepared when its process ended is never kept.
    assert not list((tmp_path / "snapshots").glob("*.prepared"))
    again.close()


def test_what_is_wrong_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="file/data: cannot be made: Not a directory"):
        opened(tmp_path / "file" / "data")
    (tmp_path / "identity.json").write_text("{")
    with pytest.raises(ConfigError, match=r"identity\.json: is damaged"):
        opened(tmp_path)
