"""What open orders hold, worked out from the views, is what the venue holds for them."""

import pytest

from builders import SECOND_NS, SPOT, STABLE, buy, cancel, place, plain, sell
from harness import NOW_NS, Venue
from krakenbox.gateway.holds import holds, tier_of
from krakenbox.model.command import AmendOrder, Command, FeeTier, OrderRef
from krakenbox.model.fixed import Price, Qty
from krakenbox.model.order import AccountId, FeePreference
from sleepers import dormant

ALICE = AccountId("alice")
FEES = {"spot": SPOT, "stable": STABLE}
BASE = {"fee_preference": FeePreference.BASE}


def held(venue: Venue) -> dict[str, int]:
    return {
        asset: units for asset, units in holds(venue.hub, FEES, ALICE, venue.clock.now_ns()).items() if units
    }


def venue_holds(venue: Venue) -> dict[str, int]:
    holds = venue.exchange.venue.accounts[ALICE].holds
    return {asset: units for asset, units in holds.items() if units}


TRADED: tuple[Command, ...] = (place(sell, 1, at=100, by="bob"), place(buy, 1, at=100, by="carol"))


@pytest.mark.parametrize(
    "commands",
    [
        (place(buy, "0.3", at="100.1"),),
        (place(sell, "0.3", at="100.1"),),
        (place(buy, "0.3", at="100.1", **BASE), place(buy, 2, at=7)),
        (place(sell, "0.3", at="100.1", **BASE),),
        (place(sell, 1, at=100, by="bob"), place(buy, "2.5", at=100)),
        (place(buy, 1, at=100, by="bob"), place(sell, "2.5", at=100)),
        (place(buy, 5, at=100, display=1),),
        (place(buy, 1, at=100, effective_ns=NOW_NS + 60 * SECOND_NS),),
        (*TRADED, dormant(buy, 1, "stop-loss", "120")),
        (*TRADED, dormant(sell, 1, "stop-loss", "80")),
        (*TRADED, dormant(buy, 1, "stop-loss-limit", "120", "125")),
        (*TRADED, dormant(buy, 1, "take-profit-limit", "80", "90")),
        (*TRADED, dormant(buy, 1, "trailing-stop", "5%")),
        (*TRADED, dormant(buy, 1, "trailing-stop-limit", "5%", "2q")),
        (*TRADED, dormant(buy, 1, "trailing-stop-limit", "5%", "1%")),
        (place(buy, 1, at=100, symbol="EUR/USD"), place(buy, 1, at="0.05", symbol="ETH/BTC")),
    ],
)
def test_it_is_what_the_venue_holds(commands: tuple[Command, ...]) -> None:
    venue = Venue(commands)
    assert venue.orders("alice"), "an order must be open"
    assert held(venue) == venue_holds(venue)
    venue.submit(*[cancel(order.order_id) for order in venue.orders("alice")])
    assert held(venue) == venue_holds(venue) == {}


def test_an_amend_changes_it() -> None:
    venue = Venue([place(buy, 2, at=100)])
    (order,) = venue.orders("alice")
    ref = OrderRef(order.order_id)
    venue.submit(AmendOrder(ALICE, ref, qty=Qty(3 * 10**8), limit_price=Price(900)))
    assert held(venue) == venue_holds(venue)
    assert plain(held(venue)["USD"], 4) == "271.08", "three at ninety, and a fee of 0.4 percent"


def test_it_is_never_more_than_there_is() -> None:
    venue = Venue([place(buy, 99_000, at=100)])
    dearer = {"spot": (FeeTier(0, 500_000, 0),), "stable": STABLE}
    told = holds(venue.hub, dearer, ALICE, NOW_NS)
    assert told == {"USD": venue.hub.balances(ALICE)["USD"]}


@pytest.mark.parametrize(
    ("volume", "taker_ppm"), [(0, 4000), (99_999_999, 4000), (100_000_000, 3500), (10**12, 2400)]
)
def test_the_step_of_a_schedule(volume: int, taker_ppm: int) -> None:
    assert tier_of(SPOT, volume).taker_ppm == taker_ppm
