"""The state in one place: schedules and prices looked up across markets."""

import pytest

from builders import opened
from krakenbox.model.command import SetIndexPrice, SetPairStatus, SetSystemStatus
from krakenbox.model.fixed import Price
from krakenbox.model.instrument import PairStatus, SystemStatus
from krakenbox.venue.fees import FREE
from krakenbox.venue.venue import Venue


def test_a_market_without_a_defined_schedule_is_free() -> None:
    venue = opened().exchange.venue
    assert venue.schedule(venue.markets["EUR/USD"]).tier(0).taker_ppm == 2000
    venue.schedules.clear()
    assert venue.schedule(venue.markets["EUR/USD"]) is FREE


@pytest.mark.parametrize(
    ("quote", "units", "usd"), [("USD", 12345, 12345), ("EUR", 12345, 13580), ("BTC", 5, 0), ("DOT", 5, 0)]
)
def test_an_amount_in_usd(quote: str, units: int, usd: int) -> None:
    pit = opened()
    pit.send(SetIndexPrice("EUR/USD", Price(110_000)))
    assert pit.exchange.venue.in_usd(quote, units) == usd


@pytest.mark.parametrize(
    ("system", "pair", "matching"),
    [
        ("online", "online", True),
        ("online", "limit_only", True),
        ("online", "post_only", False),
        ("online", "cancel_only", False),
        ("post_only", "online", False),
        ("maintenance", "online", False),
    ],
)
def test_where_orders_may_trade(system: str, pair: str, matching: bool) -> None:
    pit = opened()
    pit.send_all(SetSystemStatus(SystemStatus(system)), SetPairStatus("BTC/USD", PairStatus(pair)))
    venue = pit.exchange.venue
    assert venue.matching(venue.markets["BTC/USD"]) is matching
    assert venue.matching(venue.markets["EUR/USD"]) is (system == "online")


def test_a_new_venue_is_open_and_empty() -> None:
    venue = Venue(5)
    assert (venue.status, venue.limits_enforced, venue.markets, venue.accounts) == ("online", True, {}, {})
