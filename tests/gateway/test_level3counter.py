"""The level3 budget: costs by depth, per account and second."""

import pytest

from krakenbox.gateway.level3counter import Level3Counter
from krakenbox.model.command import Tier
from krakenbox.model.order import AccountId

SECOND = 1_000_000_000
ALICE, BOB = AccountId("alice"), AccountId("bob")


@pytest.mark.parametrize(
    ("tier", "depth", "per_second"),
    [
        (Tier.STARTER, 10, 40),
        (Tier.STARTER, 100, 8),
        (Tier.STARTER, 1000, 2),
        (Tier.INTERMEDIATE, 10, 40),
        (Tier.PRO, 10, 100),
        (Tier.PRO, 100, 20),
        (Tier.PRO, 1000, 5),
    ],
)
def test_symbols_per_second(tier: Tier, depth: int, per_second: int) -> None:
    counter = Level3Counter()
    for second in (7, 8):
        now_ns = second * SECOND
        charged = [counter.charge(ALICE, tier, depth, now_ns) for _ in range(per_second + 1)]
        assert charged == [True] * per_second + [False]


def test_what_is_refused_costs_nothing() -> None:
    counter = Level3Counter()
    assert counter.charge(BOB, Tier.STARTER, 1000, SECOND)
    assert counter.charge(BOB, Tier.STARTER, 100, SECOND)
    assert not counter.charge(BOB, Tier.STARTER, 1000, SECOND)
    assert counter.charge(BOB, Tier.STARTER, 100, SECOND)


def test_accounts_count_apart_and_the_house_not_at_all() -> None:
    counter = Level3Counter()
    for _ in range(2):
        assert counter.charge(BOB, Tier.STARTER, 1000, SECOND)
        assert counter.charge(ALICE, Tier.STARTER, 1000, SECOND)
    assert not counter.charge(BOB, Tier.STARTER, 10, SECOND)
    assert all(counter.charge(AccountId("mia"), Tier.HOUSE, 1000, SECOND) for _ in range(100))
