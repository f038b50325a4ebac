"""A pit: the published book, the agents' own orders in it, and what they send."""

import trading
from krakenbox.model.command import CancelOrder, OrderRef, PlaceOrder
from krakenbox.model.event import BookAction, BookChanged
from krakenbox.model.fixed import Price, Qty
from krakenbox.model.order import AccountId, OrderId, OrderType, Side, TimeInForce
from krakenbox.sim.picture import Book, Level, Resting
from krakenbox.sim.pit import Pit

MAKER = AccountId("maker")
ADDED, MODIFIED, REMOVED = BookAction.ADDED, BookAction.MODIFIED, BookAction.REMOVED


def change(action: BookAction, side: Side, price: int, level: int, order_id: str) -> BookChanged:
    return BookChanged(0, "BTC/USD", side, Price(price), Qty(level), action, OrderId(order_id), Qty(1), 0)


def pit_with_quotes() -> Pit:
    """Bids 99 x 7 (an agent's 4, a stranger's 3) and 98 x 5 (an agent's); ask 101 x 2 (a stranger's)."""
    pit = Pit(trading.pair("BTC/USD"), 7)
    pit.accepted(OrderId("A"), MAKER)
    pit.accepted(OrderId("B"), MAKER)
    pit.book_changed(change(ADDED, Side.BUY, 99, 4, "A"))
    pit.book_changed(change(ADDED, Side.BUY, 99, 7, "stranger"))
    pit.book_changed(change(ADDED, Side.BUY, 98, 5, "B"))
    pit.book_changed(change(ADDED, Side.SELL, 101, 2, "other"))
    return pit


def test_a_book_is_followed_and_own_orders_are_told_from_others() -> None:
    pit = pit_with_quotes()
    assert (pit.bids.best, pit.asks.best, pit.middle) == (99, 101, 200)
    assert list(pit.bids.keys) == [-99, -98]
    assert (pit.bids.qty(-99), pit.bids.qty(-97)) == (7, 0)
    assert (list(pit.bids.own(-99)), list(pit.bids.own(-98)), list(pit.asks.own(101))) == (["A"], ["B"], [])
    assert (pit.bids.resting, pit.asks.resting) == (2, 0)


def test_a_fill_of_an_own_order_takes_it_out_of_its_level() -> None:
    pit = pit_with_quotes()
    pit.book_changed(change(MODIFIED, Side.BUY, 99, 5, "A"))
    assert list(pit.bids.own(-99)) == ["A"]
    pit.book_changed(change(REMOVED, Side.BUY, 99, 3, "A"))
    pit.closed(OrderId("A"))
    assert (pit.bids.best, list(pit.bids.own(-99)), pit.bids.resting) == (99, [], 1)


def test_an_end_told_before_the_book_changes_does_no_harm() -> None:
    pit = pit_with_quotes()
    pit.closed(OrderId("B"))
    pit.book_changed(change(REMOVED, Side.BUY, 98, 0, "B"))
    assert (list(pit.bids.keys), pit.bids.resting) == ([-99], 1)


def test_an_empty_side_has_no_best_and_no_middle() -> None:
    pit = pit_with_quotes()
    pit.book_changed(change(REMOVED, Side.SELL, 101, 0, "other"))
    assert (pit.asks.best, pit.middle, pit.asks.touched(5)) == (0, 0, 0)


def test_a_change_calls_for_somebody_at_the_touch_or_where_levels_run_short() -> None:
    pit = Pit(trading.pair("SOL/USD"), 7)
    enough = pit.shape.levels + 10
    for level in range(enough - 1):
        assert pit.book_changed(change(ADDED, Side.BUY, 1_000 - level, 1, str(level)))
    edge, deep = 1_000 - enough + 1, 1_000 - enough
    assert not pit.book_changed(change(ADDED, Side.BUY, edge, 1, "edge"))
    assert not pit.book_changed(change(ADDED, Side.BUY, deep, 1, "deep"))
    assert not pit.book_changed(change(REMOVED, Side.BUY, deep, 0, "deep"))
    assert pit.book_changed(change(REMOVED, Side.BUY, edge, 0, "edge"))
    assert pit.book_changed(change(ADDED, Side.BUY, 1_001, 1, "best"))


def test_orders_that_rest_are_post_only() -> None:
    pit = pit_with_quotes()
    pit.rest(MAKER, Side.SELL, Qty(3), Price(105))
    (sent,) = pit.sent()
    assert isinstance(sent, PlaceOrder)
    terms = sent.terms
    assert (sent.account, terms.symbol, terms.side, terms.qty) == (MAKER, "BTC/USD", Side.SELL, 3)
    assert (terms.order_type, terms.limit_price, terms.post_only) == (OrderType.LIMIT, 105, True)
    assert pit.sent() == []


def test_takers_trade_at_once_or_not_at_all_and_know_how_far_they_reach() -> None:
    pit = pit_with_quotes()
    assert pit.take(MAKER, Side.SELL, Qty(7), None) == 1
    assert pit.take(MAKER, Side.SELL, Qty(8), Price(98)) == 2
    assert pit.take(MAKER, Side.SELL, Qty(800), None) == 2
    market, limit, _ = (sent.terms for sent in pit.sent() if isinstance(sent, PlaceOrder))
    assert (market.order_type, market.limit_price) == (OrderType.MARKET, 0)
    assert (limit.order_type, limit.limit_price) == (OrderType.LIMIT, 98)
    assert limit.time_in_force is TimeInForce.IOC


def test_an_order_is_canceled_by_its_owner_once_a_step() -> None:
    pit = pit_with_quotes()
    assert (pit.cancel(OrderId("A")), pit.cancel(OrderId("A"))) == (1, 0)
    assert pit.sent() == [CancelOrder(MAKER, OrderRef(order_id=OrderId("A")))]
    assert pit.cancel(OrderId("A")) == 1, "the last one may have been refused"


def test_a_book_that_was_left_is_gone_on_with() -> None:
    pit = Pit(trading.pair("BTC/USD"), 7)
    mine = (Resting(OrderId("A"), MAKER), Resting(OrderId("B"), MAKER))
    bids = (Level(Price(99), Qty(9), mine), Level(Price(98), Qty(5)))
    pit.take_over(Book(bids, (Level(Price(101), Qty(2)),)))
    assert (list(pit.bids.keys), list(pit.asks.keys), pit.middle) == ([-99, -98], [101], 200)
    assert (list(pit.bids.own(-99)), pit.bids.qty(-98), pit.bids.resting) == (["A", "B"], 5, 2)
    pit.book_changed(change(REMOVED, Side.BUY, 99, 4, "A"))
    pit.closed(OrderId("A"))
    assert (list(pit.bids.own(-99)), pit.bids.resting) == (["B"], 1)
    assert pit.cancel(OrderId("B")) == 1
    assert pit.sent() == [CancelOrder(MAKER, OrderRef(order_id=OrderId("B")))]
