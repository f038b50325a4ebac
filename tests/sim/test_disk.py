"""What survives a process, and where a flipped bit must be noticed."""

import pytest

from builders import VENUE_ID
from krakenbox.journal.log import DamagedJournal, Header, Log
from krakenbox.journal.storage import MemoryStorage
from krakenbox.model.command import SetLimits, Stamped
from krakenbox.sim.dice import Dice
from krakenbox.sim.disk import SECTOR, provable, survivor

HEADER = Header(rules=1, venue_id=VENUE_ID)


def held(disk: MemoryStorage) -> bytes:
    return b"".join(bytes(disk.read(segment)) for segment in disk.segments())


def written(count: int, segment_bytes: int = 1 << 20, synced: bool = True) -> MemoryStorage:
    disk = MemoryStorage()
    log = Log(disk, HEADER, segment_bytes=segment_bytes)
    for seq in range(1, count + 1):
        log.append([Stamped(seq, seq, SetLimits(True))])
        if synced:
            log.sync_now()
    return disk


def test_what_was_synced_survives_and_of_the_rest_a_first_part() -> None:
    disk = written(9)
    disk.append(b"the unsynced end")
    whole = held(disk)
    kept = {held(survivor(disk, Dice(seed), torn=False)) for seed in range(60)}
    assert all(whole.startswith(data) and len(data) >= disk.durable for data in kept)
    assert {whole[: disk.durable], whole} < kept


def test_a_torn_disk_keeps_or_loses_whole_sectors_of_the_rest() -> None:
    disk = written(9)
    disk.append(b"x" * (4 * SECTOR))
    whole, start = held(disk), disk.durable
    torn = [held(survivor(disk, Dice(seed), torn=True)) for seed in range(60)]
    assert all(data.startswith(whole[:start]) for data in torn)
    second = start // SECTOR + 1
    middles = {data[second * SECTOR :][:SECTOR] for data in torn if len(data) == len(whole)}
    assert middles == {b"x" * SECTOR, bytes(SECTOR)}


def test_every_byte_called_provable_is_missed_by_no_start() -> None:
    disk = written(7, segment_bytes=300)
    places = [(segment, place) for segment, size in provable(disk) for place in range(size)]
    assert {segment for segment, _ in places} >= set(disk.segments()[:-1])
    for segment, place in places:
        disk.flip(segment, place)
        with pytest.raises(DamagedJournal, match=f"segment {segment:020}"):
            Log(disk.crashed(), HEADER)
        disk.flip(segment, place)


def test_a_log_that_was_never_synced_proves_nothing() -> None:
    disk = MemoryStorage()
    disk.begin(1)
    disk.append(b"no frame at all")
    assert provable(disk) == [(1, 0)]
