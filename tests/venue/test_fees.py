"""Fees: tiers by volume, and 30 days of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from krakenbox.model.command import FeeTier
from krakenbox.venue.fees import DAYS, FREE, Schedule, Volume, day_of, fee, well_formed

TIERS = (FeeTier(0, 4000, 2500), FeeTier(10_000, 3500, 2000), FeeTier(50_000, 2400, 1400))


@pytest.mark.parametrize(
    ("usd", "unit", "taker"),
    [
        (0, 0, 4000),
        (10_000, -1, 4000),
        (10_000, 0, 3500),
        (50_000, -1, 3500),
        (50_000, 0, 2400),
        (10**9, 0, 2400),
    ],
)
def test_a_tier_begins_at_its_volume(usd: int, unit: int, taker: int) -> None:
    assert Schedule(TIERS).tier(usd * 10**4 + unit).taker_ppm == taker


def test_no_schedule_is_free() -> None:
    assert FREE.tier(10**20) == FeeTier(0, 0, 0)


@pytest.mark.parametrize(
    ("cost", "ppm", "charged"),
    [(132_99950, 2600, 34580), (100, 5000, 1), (99, 5000, 0), (0, 4000, 0), (7, 0, 0)],
)
def test_a_fee_is_rounded_to_nearest(cost: int, ppm: int, charged: int) -> None:
    assert fee(cost, ppm) == charged


@pytest.mark.parametrize(
    ("tiers", "sound"),
    [
        (TIERS, True),
        ((), False),
        ((FeeTier(1, 0, 0),), False),
        ((FeeTier(0, 1, 1), FeeTier(0, 1, 1)), False),
        ((FeeTier(0, 1, 1), FeeTier(5, 1, 1), FeeTier(4, 1, 1)), False),
        ((FeeTier(0, -1, 0),), False),
        ((FeeTier(0, 0, 1_000_001),), False),
        ((FeeTier(0, 1_000_000, 0),), True),
    ],
)
def test_a_schedule_begins_at_nothing_and_ascends(tiers: tuple[FeeTier, ...], sound: bool) -> None:
    assert well_formed(tiers) is sound


def test_a_day_is_a_utc_day() -> None:
    midnight = 1_767_225_600 * 10**9
    assert day_of(midnight) == day_of(midnight - 1) + 1


def test_volume_counts_today_and_the_29_days_before() -> None:
    volume = Volume()
    assert volume.add(100, 7) == 0
    assert volume.add(100, 1) == 7
    assert volume.add(110, 5) == 8
    assert volume.at(129) == 13
    assert volume.at(130) == 5
    assert volume.at(139) == 5
    assert volume.at(140) == 0


def test_a_pause_of_any_length_forgets() -> None:
    for pause in (30, 31, 59, 60, 61, 10_000):
        volume = Volume()
        volume.add(100, 7)
        assert volume.at(100 + pause) == 0
        assert volume.buckets == [0] * DAYS


def test_time_does_not_run_back() -> None:
    volume = Volume()
    volume.at(5)
    with pytest.raises(AssertionError, match="day 4 after day 5"):
        volume.at(4)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 100)), max_size=40))
def test_the_total_is_that_of_the_last_thirty_days(trades: list[tuple[int, int]]) -> None:
    volume, day, seen = Volume(), 20_000, []
    for later, amount in trades:
        day += later
        assert volume.add(day, amount) == sum(a for d, a in seen if d > day - DAYS)
        seen.append((day, amount))
        copy = Volume.restore(*volume.capture())
        assert copy.at(day) == volume.total == sum(a for d, a in seen if d > day - DAYS)
