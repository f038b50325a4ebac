"""Chance by seed: the same integers on every machine, in every process and under every version of Python."""

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

_MASK = (1 << 64) - 1
_BELL_DEVIATION = 37_837
"""Standard deviation of the sum of four 16-bit draws: 65,536 times the root of a third."""
_BELL_MEAN = 2 * 65_535


class Dice:
    """A splitmix64 stream. Streams of other seeds or other labels have nothing to do with each other."""

    __slots__ = ("_state",)

    def __init__(self, seed: int, *labels: str) -> None:
        state = seed & _MASK
        for byte in "/".join(labels).encode():
            state = ((state ^ byte) * 0x100000001B3 + 0x9E3779B97F4A7C15) & _MASK
        self._state = _mixed(state)

    def bits(self) -> int:
        """64 random bits."""
        self._state = state = (self._state + 0x9E3779B97F4A7C15) & _MASK
        return _mixed(state)

    def below(self, bound: int) -> int:
        """A number from 0 up to, not including, `bound`."""
        return self.bits() * bound >> 64

    def chance(self, percent: int) -> bool:
        """True in `percent` of a hundred cases."""
        return self.bits() * 100 >> 64 < percent

    def choice(self, items: Sequence[T]) -> T:
        """One of them."""
        return items[self.below(len(items))]

    def bell(self, deviation: int) -> int:
        """A number around 0, bell-shaped, within 3.5 standard deviations."""
        draw = self.bits()
        four = (draw & 0xFFFF) + (draw >> 16 & 0xFFFF) + (draw >> 32 & 0xFFFF) + (draw >> 48)
        return (four - _BELL_MEAN) * deviation // _BELL_DEVIATION

    def skewed(self, bound: int) -> int:
        """A number from 0 up to, not including, `bound`: the smaller, the likelier."""
        return self.below(1 + self.below(1 + self.below(bound)))


def _mixed(state: int) -> int:
    state = ((state ^ state >> 30) * 0xBF58476D1CE4E5B9) & _MASK
    state = ((state ^ state >> 27) * 0x94D049BB133111EB) & _MASK
    return state ^ state >> 31
