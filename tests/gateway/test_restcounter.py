"""15, 20 or 20 calls, decaying by 0.33, 0.5 or 1 a second."""

import pytest

from krakenbox.gateway.restcounter import RestCounters
from krakenbox.model.command import Tier

T0 = 1_700_000_000_000_000_000
SECOND = 1_000_000_000


@pytest.mark.parametrize(
    ("tier", "maximum", "wait_ns"),
    [(Tier.STARTER, 15, 3_030_303_031), (Tier.INTERMEDIATE, 20, 2 * SECOND), (Tier.PRO, 20, SECOND)],
)
def test_the_counter_of_a_tier(tier: Tier, maximum: int, wait_ns: int) -> None:
    counters = RestCounters()
    assert [counters.charge("key", tier, 1, T0) for _ in range(maximum + 1)] == [True] * maximum + [False]
    # One call has decayed after this long, and not a nanosecond before.
    assert not counters.charge("key", tier, 1, T0 + wait_ns - 1)
    assert counters.charge("key", tier, 1, T0 + wait_ns)
    assert not counters.charge("key", tier, 1, T0 + wait_ns)


def test_every_key_has_its_own() -> None:
    counters = RestCounters()
    assert all(counters.charge("one", Tier.STARTER, 1, T0) for _ in range(15))
    assert counters.charge("other", Tier.STARTER, 1, T0)


def test_dearer_calls() -> None:
    counters = RestCounters()
    assert all(counters.charge("key", Tier.PRO, 2, T0) for _ in range(10))
    assert not counters.charge("key", Tier.PRO, 2, T0 + SECOND)
    assert counters.charge("key", Tier.PRO, 2, T0 + 2 * SECOND)


def test_a_clock_set_back_takes_nothing_away() -> None:
    counters = RestCounters()
    assert all(counters.charge("key", Tier.PRO, 1, T0) for _ in range(20))
    assert not counters.charge("key", Tier.PRO, 1, T0 - SECOND)
    assert counters.charge("key", Tier.PRO, 1, T0)


def test_the_house_is_not_counted() -> None:
    counters = RestCounters()
    assert all(counters.charge("key", Tier.HOUSE, 1, T0) for _ in range(100))
