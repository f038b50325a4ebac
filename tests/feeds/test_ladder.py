"""Levels in order: where a change happened, and what it did."""

import pytest

from builders import buy, sell
from krakenbox.feeds.ladder import Ladder, Ladders, Step
from krakenbox.model.fixed import Price, Qty
from krakenbox.model.order import Side
from screens import Hand


def laid(side: Side, *prices: int) -> Ladder:
    ladder = Ladder(side)
    for price in prices:
        ladder.set(Price(price), Qty(price))
    return ladder


@pytest.mark.parametrize(("side", "keys"), [(buy, [-3, -2, -1]), (sell, [1, 2, 3])])
def test_keys_are_best_first_on_both_sides(side: Side, keys: list[int]) -> None:
    assert laid(side, 2, 1, 3).keys == keys


@pytest.mark.parametrize(
    ("price", "qty", "step", "rank"),
    [(4, 9, Step.INSERTED, 0), (2, 9, Step.CHANGED, 1), (2, 0, Step.REMOVED, 1), (0, 9, Step.INSERTED, 3)],
)
def test_a_change_tells_its_rank_and_step(price: int, qty: int, step: Step, rank: int) -> None:
    ladder = laid(buy, 1, 2, 3)
    ladder.set(Price(price), Qty(qty))
    assert (ladder.step, ladder.rank, ladder.key) == (step, rank, -price)
    assert ladder.qtys.get(-price, 0) == qty


def test_a_level_that_is_not_there_cannot_go() -> None:
    with pytest.raises(AssertionError, match="must be there: 7"):
        laid(sell, 1).set(Price(7), Qty(0))


def test_the_best_of_an_empty_side_is_nothing() -> None:
    assert (laid(buy).best, laid(buy).best_qty) == (0, 0)
    assert (laid(buy, 5, 6).best, laid(buy, 5, 6).best_qty) == (6, 6)


def test_a_change_reaches_its_own_side() -> None:
    ladders, hand = Ladders(), Hand()
    assert ladders.apply(hand.add(buy, 5, 1)) is ladders.bids
    assert ladders.apply(hand.add(sell, 7, 2)) is ladders.asks
    assert (ladders.bids.keys, ladders.asks.keys) == ([-5], [7])
