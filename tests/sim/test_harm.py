"""How faults befall a world: connections end, clocks step, a flipped bit is never overlooked."""

import pytest
from msgspec.structs import replace

from krakenbox.journal.storage import MemoryStorage
from krakenbox.sim import harm
from krakenbox.sim.disk import ProcessDied
from krakenbox.sim.faults import Fault, drawn
from krakenbox.sim.world import World


def world(fault: Fault) -> World:
    """A world in which nothing has gone wrong for a while."""
    made = World(replace(drawn(5, 30), faults=frozenset((fault,)), fault_permille=0))
    made.run()
    return made


def test_nothing_befalls_a_world_without_faults() -> None:
    quiet = World(replace(drawn(5, 30), faults=frozenset()))
    harm.befall(quiet)
    assert quiet.report.faults == {}


def test_a_crash_ends_the_process() -> None:
    with pytest.raises(ProcessDied):
        harm.befall(world(Fault.CRASH))


@pytest.mark.parametrize("fault", [Fault.FORWARD, Fault.BACKWARD])
def test_a_clock_steps_and_the_world_does_not(fault: Fault) -> None:
    made = world(fault)
    clock_ns, world_ns = made.times.clock_ns(), made.times.world_ns
    counted = made.report.faults.get(fault, 0)
    harm.befall(made)
    assert (made.times.clock_ns() > clock_ns) is (fault is Fault.FORWARD)
    assert made.times.world_ns == world_ns
    assert made.report.faults[fault] == counted + 1


def test_a_start_that_overlooks_a_flipped_bit_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    made = world(Fault.FLIP)
    harm.damage(made)
    monkeypatch.setattr(made, "start", lambda witness: None)
    with pytest.raises(AssertionError, match="flipped, and it was started all the same"):
        harm.damage(made)


def test_a_start_far_behind_the_log_that_is_not_refused_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    made = world(Fault.BACKWARD)
    clock_ns = made.times.clock_ns()
    for _ in range(20):
        harm.set_back(made)
    assert made.times.clock_ns() == clock_ns
    monkeypatch.setattr(made, "start", lambda witness: None)
    with pytest.raises(AssertionError, match=r"it was started \d+ ns behind the log"):
        list(map(harm.set_back, [made] * 20))


def test_an_empty_disk_has_nothing_to_flip() -> None:
    made = World(replace(drawn(5, 30), faults=frozenset((Fault.FLIP,))))
    made.disk = MemoryStorage({1: b""})
    harm.damage(made)
    assert made.report.faults == {}
