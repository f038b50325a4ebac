"""Fees: maker/taker schedules by 30-day volume in USD, the volume itself, and what a cost is in USD."""

from bisect import bisect_right
from itertools import pairwise

from krakenbox.model.command import FeeTier

PPM = 1_000_000
"""Millionths in a whole: what rates are counted in."""
USD = "USD"
USD_DECIMALS = 4
"""Decimals of a volume: those of the USD ledger."""
DAYS = 30
_DAY_NS = 86_400 * 1_000_000_000


class Schedule:
    """Maker and taker rates in millionths of the cost, by 30-day volume."""

    __slots__ = ("_starts", "tiers")

    def __init__(self, tiers: tuple[FeeTier, ...]) -> None:
        self.tiers = tiers
        self._starts = [tier.volume_usd * 10**USD_DECIMALS for tier in tiers]

    def tier(self, volume: int) -> FeeTier:
        """The step a volume has reached."""
        return self.tiers[bisect_right(self._starts, volume) - 1]


FREE = Schedule((FeeTier(0, 0, 0),))
"""What an instrument charges whose schedule is not defined: nothing."""


def well_formed(tiers: tuple[FeeTier, ...]) -> bool:
    """Whether tiers begin at 0, ascend, and take neither less than nothing nor more than everything."""
    starts = [tier.volume_usd for tier in tiers]
    rates = [rate for tier in tiers for rate in (tier.taker_ppm, tier.maker_ppm)]
    return (
        starts[:1] == [0]
        and all(a < b for a, b in pairwise(starts))
        and all(0 <= rate <= PPM for rate in rates)
    )


def fee(cost: int, ppm: int) -> int:
    """A fee at the cost's own precision, to nearest, halves up."""
    # Kraken publishes no rounding of fees; its samples agree with nearest as well as with truncation.
    return (2 * cost * ppm + PPM) // (2 * PPM)


def day_of(time_ns: int) -> int:
    """The UTC day a time falls into."""
    return time_ns // _DAY_NS


class Volume:
    """USD volume of one account in daily buckets: today and the 29 UTC days before it."""

    __slots__ = ("_day", "buckets", "total")

    def __init__(self) -> None:
        self._day = 0
        self.buckets = [0] * DAYS
        """Volume of day d at d % DAYS."""
        self.total = 0

    def at(self, day: int) -> int:
        """The volume on a day, which is never earlier than the last one asked for."""
        if day != self._day:
            self._roll(day)
        return self.total

    def add(self, day: int, amount: int) -> int:
        """Count a trade; the volume before it."""
        if day != self._day:
            self._roll(day)
        before = self.total
        self.buckets[day % DAYS] += amount
        self.total = before + amount
        return before

    def _roll(self, day: int) -> None:
        assert day > self._day, f"day {day} after day {self._day}"
        for passed in range(self._day + 1, min(day, self._day + DAYS) + 1):
            self.total -= self.buckets[passed % DAYS]
            self.buckets[passed % DAYS] = 0
        self._day = day

    def capture(self) -> tuple[int, list[int]]:
        """The day it stands at and its buckets."""
        return self._day, list(self.buckets)

    @classmethod
    def restore(cls, day: int, buckets: list[int]) -> "Volume":
        """The same volume again."""
        volume = cls()
        volume._day, volume.buckets, volume.total = day, list(buckets), sum(buckets)
        return volume
