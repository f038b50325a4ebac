"""The book: levels, queues, and what is left after each change."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import book, drawn_book
from krakenbox.engine.book import BookSide, OrderBook, PriceLevel
from krakenbox.model.fixed import Price, Qty
from krakenbox.model.order import AccountId, Order, OrderId, OrderTerms, OrderType, Side


def order(number: int, side: Side, price: int, qty: int) -> Order:
    terms = OrderTerms(
        symbol="BTC/USD", side=side, order_type=OrderType.LIMIT, qty=Qty(qty), limit_price=Price(price)
    )
    return Order(
        OrderId(f"O{number}"),
        AccountId("mia"),
        terms,
        Qty(qty),
        Price(price),
        number,
        number,
        shown=Qty(qty),
    )


def queues(side: BookSide) -> list[tuple[int, list[str]]]:
    return [(level.price, [o.order_id for o in level]) for level in side]


def test_a_drawn_book_is_drawn_again() -> None:
    ladder = "103.0 x 1, 102.0 x 2+3:bob | 101.0 x 1+1, 99.5 x 0.5"
    assert drawn_book(book(ladder)) == ladder
    assert drawn_book(book("")) == "|"


def test_levels_come_best_first_and_orders_oldest_first() -> None:
    found = book("103.0 x 1, 102.0 x 2+3 | 101.0 x 1, 99.0 x 1")
    assert queues(found.asks) == [(1020, ["O2", "O3"]), (1030, ["O1"])]
    assert queues(found.bids) == [(1010, ["O4"]), (990, ["O5"])]


def test_an_empty_side_has_no_best_level_and_reaches_nobody() -> None:
    found = OrderBook()
    assert found.bids.best() is None
    assert not found.asks.reaches(Price(10**9))
    assert not found.crossed


@pytest.mark.parametrize(
    ("price", "met"), [(1009, True), (1010, True), (1011, False)], ids=["below", "at", "above"]
)
def test_a_sell_meets_bids_at_or_above_its_limit(price: int, met: bool) -> None:
    assert book("| 101.0 x 1").bids.reaches(Price(price)) is met


@pytest.mark.parametrize(
    ("price", "met"), [(1019, False), (1020, True), (1021, True)], ids=["below", "at", "above"]
)
def test_a_buy_meets_asks_at_or_below_its_limit(price: int, met: bool) -> None:
    assert book("102.0 x 1 |").asks.reaches(Price(price)) is met


def test_resting_says_what_the_level_holds() -> None:
    side = BookSide(Side.BUY)
    assert side.rest(order(1, Side.BUY, 100, 5)) == 5
    assert side.rest(order(2, Side.BUY, 100, 7)) == 12
    assert side.rest(order(3, Side.BUY, 99, 1)) == 1


@pytest.mark.parametrize(("gone", "left"), [("O1", ["O2", "O3"]), ("O2", ["O1", "O3"]), ("O3", ["O1", "O2"])])
def test_an_order_leaves_from_anywhere_in_its_queue(gone: str, left: list[str]) -> None:
    found = book("| 100.0 x 1+2+3")
    (level,) = found.bids
    (one,) = [o for o in level if o.order_id == gone]
    assert found.bids.remove(one) == 600_000_000 - one.qty
    assert [o.order_id for o in level] == left
    assert [o.order_id for o in backwards(level)] == left[::-1]
    assert one.prev is one.next is None


def backwards(level: PriceLevel) -> list[Order]:
    found, one = [], level.tail
    while one is not None:
        found.append(one)
        one = one.prev
    return found


def test_the_last_order_takes_its_level_along() -> None:
    found = book("| 101.0 x 1, 100.0 x 1, 99.0 x 1")
    middle = found.bids.levels[1000].head
    assert middle is not None
    assert found.bids.remove(middle) == 0
    assert drawn_book(found) == "| 101.0 x 1, 99.0 x 1"


def test_an_order_that_is_not_there_cannot_leave() -> None:
    found = book("| 101.0 x 1")
    with pytest.raises(AssertionError, match="O9 is not in the level 1010"):
        found.bids.remove(order(9, Side.BUY, 1010, 1))


def test_a_partly_filled_order_keeps_its_place() -> None:
    found = book("102.0 x 2+3 |")
    first = found.asks.levels[-1020].head
    assert first is not None
    assert found.asks.fill(first, Qty(50_000_000)) == 450_000_000
    assert drawn_book(found) == "102.0 x 1.5+3 |"
    assert first.time_ns == 1


def test_a_filled_order_leaves_and_the_last_takes_the_level() -> None:
    found = book("102.0 x 2+3 |")
    side = found.asks
    for expected in (300_000_000, 0):
        first = side.levels[-1020].head
        assert first is not None
        assert side.fill(first, first.remaining) == expected
        assert first.remaining == 0
    assert drawn_book(found) == "|"


@pytest.mark.parametrize("qty", [0, -1, 200_000_001])
def test_a_fill_is_within_what_remains(qty: int) -> None:
    found = book("102.0 x 2 |")
    first = found.asks.levels[-1020].head
    assert first is not None
    with pytest.raises(AssertionError, match="fill of"):
        found.asks.fill(first, Qty(qty))


def test_an_iceberg_shows_a_part_and_leaves_when_that_is_used_up() -> None:
    found = book("102.0 x 2(5)+3 |")
    side = found.asks
    first = side.levels[-1020].head
    assert first is not None
    assert side.fill(first, Qty(50_000_000)) == 450_000_000
    assert drawn_book(found) == "102.0 x 1.5(4.5)+3 |"
    assert side.fill(first, Qty(150_000_000)) == 300_000_000
    assert drawn_book(found) == "102.0 x 3 |"
    assert first.remaining == 300_000_000
    with pytest.raises(AssertionError, match="shows 0"):
        side.rest(first)
    first.shown = Qty(200_000_000)
    assert side.rest(first) == 500_000_000
    assert drawn_book(found) == "102.0 x 3+2(3) |"


@pytest.mark.parametrize(("qty", "level"), [(1, 300_000_001), (200_000_000, 500_000_000)])
def test_an_order_shows_more_or_less_in_its_place(qty: int, level: int) -> None:
    found = book("102.0 x 1(2)+3 |")
    first = found.asks.levels[-1020].head
    assert first is not None
    assert found.asks.show(first, Qty(qty)) == level
    assert found.asks.levels[-1020].head is first
    with pytest.raises(AssertionError, match="would show"):
        found.asks.show(first, Qty(200_000_001))


def test_queue_times_of_a_level_ascend_even_within_one_command() -> None:
    found = BookSide(Side.BUY)
    for number, price in ((7, 1), (7, 1), (3, 1), (3, 2), (99, 1)):
        found.rest(order(number, Side.BUY, price, 1))
    assert [[o.time_ns for o in level] for level in found] == [[3], [7, 8, 9, 99]]


def test_a_book_is_crossed_when_bid_and_ask_meet() -> None:
    assert not book("102.0 x 1 | 101.9 x 1").crossed
    assert book("102.0 x 1 | 102.0 x 1").crossed
    assert book("102.0 x 1 | 102.1 x 1").crossed


@given(st.data(), st.sampled_from(Side))
def test_any_order_of_arrival_and_leaving_keeps_the_side_sorted(data: st.DataObject, side: Side) -> None:
    found = BookSide(side)
    resting: list[Order] = []
    for number in range(data.draw(st.integers(1, 40))):
        if resting and data.draw(st.booleans()):
            found.remove(resting.pop(data.draw(st.integers(0, len(resting) - 1))))
        else:
            resting.append(order(number, side, data.draw(st.integers(1, 6)), number + 1))
            found.rest(resting[-1])
    prices = sorted({o.limit_price for o in resting}, reverse=side is Side.BUY)
    assert queues(found) == [
        (price, [o.order_id for o in resting if o.limit_price == price]) for price in prices
    ]
    assert [level.qty for level in found] == [
        sum(o.qty for o in resting if o.limit_price == price) for price in prices
    ]
