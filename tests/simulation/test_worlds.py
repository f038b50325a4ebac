"""Simulated worlds do what they are for: everything happens in them, and a seed is one world everywhere."""

import os
import subprocess
import sys

import pytest

from krakenbox.model import event as events
from krakenbox.sim.faults import Fault
from krakenbox.sim.swarm import run
from krakenbox.sim.world import Report

HOW_A_WORLD_IS = {Fault.DELAY, Fault.REORDER, Fault.DEFER, Fault.TORN}
"""These do not happen at a moment that could be counted."""
OPERATORS = {"HistorySeeded", "NonceUsed", "OrderValidated"}
"""No client and no agent of a world asks for these."""


def test_in_a_few_worlds_everything_happens() -> None:
    total = Report()
    for seed in range(24):
        found = run(seed, steps=140)
        assert isinstance(found, Report), found
        total.add(found)
    assert set(total.faults) == set(Fault) - HOW_A_WORLD_IS
    kinds = {each.__name__ for each in events.Event.__args__}
    assert set(total.events) == kinds - OPERATORS
    assert total.starts > 3 * total.worlds
    assert total.snapshots > total.worlds
    assert total.comparisons > 30 * total.worlds


@pytest.mark.parametrize("hash_seed", ["1", "random"])
def test_a_seed_is_the_same_world_in_every_process(hash_seed: str) -> None:
    def told(hash_seed: str) -> list[str]:
        command = [
            sys.executable,
            "-m",
            "krakenbox",
            "simulate",
            "--seeds",
            "4",
            "--steps",
            "60",
            "--jobs",
            "1",
        ]
        environment = os.environ | {"PYTHONHASHSEED": hash_seed}
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
        return done.stdout.splitlines()[:3]

    assert told(hash_seed) == told("0")
