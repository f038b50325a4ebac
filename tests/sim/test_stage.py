"""The opening of a world: accepted whole, with a last price and a ladder in each market."""

import pytest
from msgspec.structs import replace

from builders import Pit
from krakenbox.model.event import Rejected
from krakenbox.sim.faults import drawn
from krakenbox.sim.stage import PLACES, Prices, opening
from krakenbox.venue.exchange import Exchange


@pytest.mark.parametrize("symbols", [1, 2, 3])
def test_the_opening_is_accepted_and_leaves_ladders_around_a_last_price(symbols: int) -> None:
    pit = Pit(Exchange(1))
    told = pit.send_all(*opening(replace(drawn(1, 10), symbols=symbols, clients=4)))
    assert [event for event in told if isinstance(event, Rejected)] == []
    assert list(pit.exchange.venue.markets) == [place.instrument.symbol for place in PLACES[:symbols]]
    for place in PLACES[:symbols]:
        market = pit.exchange.venue.markets[place.instrument.symbol]
        assert market.last_price == place.middle
        assert [len(side.keys) for side in (market.book.bids, market.book.asks)] == [4, 4]


def test_prices_wander_by_steps_and_not_too_far() -> None:
    prices = Prices(replace(drawn(1, 10), symbols=1))
    (place,) = prices.places
    assert prices.near(place, -2) == place.middle - 2 * place.step
    seen = set()
    for _ in range(5_000):
        prices.wander()
        seen.add((prices.near(place, 0) - place.middle) // place.step)
    assert max(seen) == 30
    assert min(seen) >= -30
