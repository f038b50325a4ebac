"""The clocks agree on what a nanosecond is."""

import time

import pytest

from krakenbox.clock import Clock, ManualClock, SystemClock


def test_the_system_clock_is_the_machines() -> None:
    clock: Clock = SystemClock()
    before = time.time_ns()
    assert before <= clock.now_ns() <= time.time_ns()


def test_a_manual_clock_stands_until_it_is_moved() -> None:
    clock = ManualClock(1_000)
    assert (clock.now_ns(), clock.now_ns()) == (1_000, 1_000)
    clock.advance(500)
    assert clock.now_ns() == 1_500


def test_a_manual_clock_never_goes_back() -> None:
    with pytest.raises(AssertionError, match="a clock moves forward; was asked for -1 ns"):
        ManualClock().advance(-1)
