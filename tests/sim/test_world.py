"""Whole worlds, some of one fault alone: what befalls them is survived, and counted."""

import pytest
from msgspec.structs import replace

from krakenbox.sim.faults import Fault, Feature, drawn
from krakenbox.sim.world import Broken, World

AT_A_START = (Fault.FLIP, Fault.ROT)
MOMENTS = (
    Fault.CUT,
    Fault.STALL,
    Fault.SLOW_READER,
    Fault.CRASH,
    Fault.CRASH_AT_WRITE,
    Fault.SHORT,
    Fault.EIO,
    Fault.ENOSPC,
    Fault.FORWARD,
    Fault.BACKWARD,
)


@pytest.mark.parametrize("fault", MOMENTS)
def test_a_world_survives_each_fault_and_counts_it(fault: Fault) -> None:
    plan = replace(drawn(5, 120), faults=frozenset((fault, Fault.FLIP)), fault_permille=150)
    report = World(plan).run()
    assert report.faults[fault] > 0
    assert report.faults.get(Fault.FLIP, 0) > 0
    assert set(report.faults) == {fault, Fault.FLIP}


@pytest.mark.parametrize("fault", [Fault.EIO, Fault.ENOSPC])
def test_clients_of_a_failed_disk_are_told_that_nothing_goes(fault: Fault) -> None:
    plan = replace(drawn(5, 120), faults=frozenset((fault,)), fault_permille=150)
    assert World(plan).run().unavailable > 20


def test_a_world_without_faults_ends_twice_and_compares_every_step() -> None:
    plan = replace(drawn(5, 80), faults=frozenset(), features=frozenset(Feature), clients=3)
    report = World(plan).run()
    assert (report.faults, report.starts) == ({}, 3)
    assert report.comparisons > 80


def test_a_world_that_breaks_says_seed_and_step(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(drawn(5, 80))
    monkeypatch.setattr(world.chronicle, "published", lambda outcome: None)
    with pytest.raises(Broken, match=r"^seed 5, step \d+: "):
        world.run()
