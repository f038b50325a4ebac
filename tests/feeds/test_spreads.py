"""The latest best prices: a row when one changes, and no more than are kept."""

from krakenbox.feeds.ladder import Ladders
from krakenbox.feeds.spreads import KEPT, Spread, Spreads
from krakenbox.model.fixed import Price, Qty


def test_only_another_price_makes_a_row() -> None:
    ladders = Ladders()
    spreads = Spreads(ladders)
    ladders.bids.set(Price(100), Qty(1))
    spreads.note(1)
    ladders.bids.set(Price(100), Qty(2))
    spreads.note(2)
    ladders.asks.set(Price(105), Qty(1))
    spreads.note(3)
    assert list(spreads.latest) == [Spread(1, Price(100), Price(0)), Spread(3, Price(100), Price(105))]


def test_the_latest_are_kept_and_restored() -> None:
    ladders = Ladders()
    spreads, again = Spreads(ladders), Spreads(ladders)
    for price in range(1, KEPT + 11):
        ladders.bids.set(Price(price), Qty(1))
        spreads.note(price)
    assert (spreads.latest[0].time_ns, len(spreads.latest)) == (11, KEPT)
    again.restore(spreads.capture())
    assert again.latest == spreads.latest
