"""Time passes by itself on the machine's clock, and only when told to on the manual one."""

import time

import pytest

from krakenbox.clock import Clock, ManualClock, SystemClock


def test_the_system_clock_is_the_machines() -> None:
    clock: Clock = SystemClock()
    before = time.time_ns()
    assert before <= clock.now_ns() <= time.time_ns()


def test_a_manual_clock_stands_until_it_is_moved() -> None:
    clock: Clock = ManualClock(1_000)
    assert (clock.now_ns(), clock.now_ns()) == (1_000, 1_000)


def test_time_passes_forwards() -> None:
    clock = ManualClock(1_000)
    clock.advance(500)
    assert clock.now_ns() == 1_500
    with pytest.raises(AssertionError, match=r"time passes forwards; .* was -1"):
        clock.advance(-1)
    assert clock.now_ns() == 1_500


def test_a_clock_may_be_set_back() -> None:
    clock = ManualClock(1_000)
    clock.step_to(400)
    assert clock.now_ns() == 400
