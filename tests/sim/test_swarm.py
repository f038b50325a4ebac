"""What a seed comes to, and the smallest world that fails as it did."""

import pytest

from krakenbox.sim import world
from krakenbox.sim.faults import drawn
from krakenbox.sim.swarm import Failure, run, shrunk
from krakenbox.sim.world import Report


def test_a_sound_world_comes_to_a_report_and_always_to_the_same() -> None:
    found = run(3, steps=60)
    assert isinstance(found, Report)
    assert (found.worlds, found.steps) == (1, 60)
    assert found.commands > 60
    assert found == run(3, steps=60)


def test_another_seed_is_another_world() -> None:
    assert run(3, steps=40) != run(4, steps=40)


def test_a_failure_says_how_to_repeat_it() -> None:
    failure = Failure(seed=9, steps=80, step=7, without=("cut", "books"), why="so")
    assert failure.command == "krakenbox simulate --seed 9 --steps 80 --without cut,books"


def test_a_failure_shrinks_to_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(process: object, clients: list[object]) -> int:
        raise AssertionError("nobody is content")

    monkeypatch.setattr(world.auditor, "check", broken)
    found = run(3)
    assert isinstance(found, Failure)
    assert (found.step, found.why) == (1, "nobody is content")
    smallest = shrunk(found)
    assert (smallest.steps, smallest.step) == (1, 1)
    rest = drawn(3, 1).without(*smallest.without)
    assert (rest.features, rest.faults) == (frozenset(), frozenset())
    assert run(smallest.seed, smallest.steps, smallest.without) == smallest
