"""The clock: the only module that reads time. All others are handed `now_ns`, Unix time in nanoseconds."""

import time
from typing import Protocol


class Clock(Protocol):
    """Tells the time. It may stand still or step back: whoever needs order takes the sequencer's stamps."""

    def now_ns(self) -> int:
        """Unix time in nanoseconds."""
        ...


class SystemClock:
    """The machine's wall clock."""

    def now_ns(self) -> int:
        """Unix time in nanoseconds."""
        return time.time_ns()


class ManualClock:
    """A clock that moves only when told to, so that a run repeats byte for byte.

    Unrealistic in that no time passes while code runs: everything between two `advance` calls is one instant.
    """

    def __init__(self, now_ns: int = 0) -> None:
        self._now_ns = now_ns

    def now_ns(self) -> int:
        """Unix time in nanoseconds."""
        return self._now_ns

    def advance(self, by_ns: int) -> None:
        """Let time pass."""
        assert by_ns >= 0, f"time passes forwards; use step_to for a clock that is set; was {by_ns}"
        self._now_ns += by_ns

    def step_to(self, now_ns: int) -> None:
        """Set the clock as an operator or a time server would, backwards too."""
        self._now_ns = now_ns
