"""Matching: drawn books and what an arriving order would do to them. A plan never changes a book."""

import pytest
from msgspec.structs import replace

from builders import BTC_USD, book, buy, drawn_book, place, plain, sell
from krakenbox.engine.matching import PROTECTION_PPM, plan, protection_bound
from krakenbox.model.command import PlaceOrder
from krakenbox.model.fixed import Price, Qty, to_text
from krakenbox.model.order import StpType, TimeInForce
from krakenbox.model.reject import Reason

IOC, FOK = TimeInForce.IOC, TimeInForce.FOK
RESTS = Reason.NONE
SELF = Reason.SELF_TRADE


def planned(ladder: str, command: PlaceOrder, last: str = "0") -> tuple[list[str], Reason]:
    """The steps of an order that meets a drawn book, and how it ends. Quantities with prices are trades."""
    found = book(ladder)
    before = drawn_book(found)
    price = Price(round(float(last) * 10))
    result = plan(found, BTC_USD, command.account, command.terms, price)
    assert drawn_book(found) == before
    traded = sum(step.qty for step in result.steps)
    assert result.qty == traded
    assert result.exact == sum(step.qty * step.maker.limit_price for step in result.steps)
    if not command.terms.cash_qty:
        assert result.remaining == command.terms.qty - traded
    steps = [
        f"{plain(step.qty, 8)} at {to_text(step.maker.limit_price, 1)}"
        if step.qty
        else f"cancel {step.maker.order_id}"
        for step in result.steps
    ]
    return steps, result.ending


BOOK = "103.0 x 1, 102.0 x 2+3 | 101.0 x 1, 100.0 x 1"


@pytest.mark.parametrize(
    ("command", "steps", "ending"),
    [
        (place(buy, 1, at=101), [], RESTS),
        (place(buy, 1, at=102), ["1 at 102.0"], RESTS),
        (place(buy, 4, at=102), ["2 at 102.0", "2 at 102.0"], RESTS),
        (place(buy, 9, at=102), ["2 at 102.0", "3 at 102.0"], RESTS),
        (place(buy, 9, at=110), ["2 at 102.0", "3 at 102.0", "1 at 103.0"], RESTS),
        (place(sell, 1, at=102), [], RESTS),
        (place(sell, 2, at="100.5"), ["1 at 101.0"], RESTS),
        (place(sell, 2, at=1), ["1 at 101.0", "1 at 100.0"], RESTS),
        (place(sell, 3, at=1, time_in_force=IOC), ["1 at 101.0", "1 at 100.0"], Reason.IMMEDIATE_OR_CANCEL),
        (place(sell, 1, at=1, time_in_force=IOC), ["1 at 101.0"], RESTS),
        (place(buy, 1, at=90, time_in_force=IOC), [], Reason.IMMEDIATE_OR_CANCEL),
        (place(buy, 5, at=102, time_in_force=FOK), ["2 at 102.0", "3 at 102.0"], RESTS),
        (place(buy, "5.00000001", at=102, time_in_force=FOK), [], Reason.FILL_OR_KILL),
        (place(buy, 6, at=103, time_in_force=FOK), ["2 at 102.0", "3 at 102.0", "1 at 103.0"], RESTS),
        (place(buy, 1, at=90, time_in_force=FOK), [], Reason.FILL_OR_KILL),
        (place(buy, 1, at="101.9", post_only=True), [], RESTS),
        (place(buy, 1, at=102, post_only=True), [], Reason.POST_ONLY),
        (place(buy, 99, at=500, post_only=True), [], Reason.POST_ONLY),
    ],
)
def test_limit_orders(command: PlaceOrder, steps: list[str], ending: Reason) -> None:
    assert planned(BOOK, command) == (steps, ending)


@pytest.mark.parametrize(
    ("command", "last", "steps", "ending"),
    [
        (place(buy, 2), "102", ["2 at 102.0"], RESTS),
        (place(buy, 9), "102", ["2 at 102.0", "3 at 102.0", "1 at 103.0"], Reason.NO_LIQUIDITY),
        (place(sell, 9), "101", ["1 at 101.0", "1 at 100.0"], Reason.NO_LIQUIDITY),
        # 5 % above 98.0 is 102.9, 5 % below 106.0 is 100.7: the next level is out of bounds.
        (place(buy, 9), "98", ["2 at 102.0", "3 at 102.0"], Reason.PRICE_PROTECTION),
        (place(sell, 9), "106", ["1 at 101.0"], Reason.PRICE_PROTECTION),
        (place(buy, 1), "50", [], Reason.PRICE_PROTECTION),
        # Before the first trade there is nothing to measure from.
        (place(buy, 9), "0", ["2 at 102.0", "3 at 102.0", "1 at 103.0"], Reason.NO_LIQUIDITY),
    ],
)
def test_market_orders(command: PlaceOrder, last: str, steps: list[str], ending: Reason) -> None:
    assert planned(BOOK, command, last) == (steps, ending)


def test_a_market_order_meets_an_empty_book() -> None:
    assert planned("| 100.0 x 1", place(buy, 1)) == ([], Reason.NO_LIQUIDITY)
    assert planned("| 100.0 x 1", place(buy, cash=100)) == ([], Reason.NO_LIQUIDITY)


def test_protection_is_five_percent_to_the_inner_side() -> None:
    asks = book(BOOK).asks
    assert PROTECTION_PPM == 50_000
    assert protection_bound(buy, Price(1001), asks) == 1051  # 1051.05
    assert protection_bound(sell, Price(1001), asks) == 951  # 950.95
    assert protection_bound(buy, Price(0), asks) == 1030
    assert protection_bound(buy, Price(0), book("").asks) == 0


@pytest.mark.parametrize(
    ("cash", "steps", "ending"),
    [
        ("102", ["1 at 102.0"], RESTS),
        ("51", ["0.5 at 102.0"], RESTS),
        ("100", ["0.98039215 at 102.0"], RESTS),
        ("204", ["2 at 102.0"], RESTS),
        ("204.00001", ["2 at 102.0", "0.00000009 at 102.0"], RESTS),
        ("510", ["2 at 102.0", "3 at 102.0"], RESTS),
        ("613", ["2 at 102.0", "3 at 102.0", "1 at 103.0"], RESTS),
        ("614", ["2 at 102.0", "3 at 102.0", "1 at 103.0"], Reason.NO_LIQUIDITY),
        ("0.00001", ["0.00000009 at 102.0"], RESTS),
    ],
)
def test_cash_buys_what_it_is_worth_and_never_more(cash: str, steps: list[str], ending: Reason) -> None:
    assert planned(BOOK, place(buy, cash=cash)) == (steps, ending)


def test_cash_that_buys_no_increment_buys_nothing() -> None:
    coarse = replace(BTC_USD, qty_increment=Qty(10**8))
    found = plan(book(BOOK), coarse, place(buy, cash=101).account, place(buy, cash=101).terms, Price(0))
    assert (found.steps, found.ending) == ([], Reason.NO_LIQUIDITY)
    found = plan(book(BOOK), coarse, place(buy, cash=101).account, place(buy, cash=250).terms, Price(0))
    assert [(step.qty, step.maker.order_id) for step in found.steps] == [(200_000_000, "O2")]
    assert found.ending is Reason.NONE


def test_cash_stops_at_the_protection() -> None:
    steps, ending = planned(BOOK, place(buy, cash=1000), "98")
    assert (steps, ending) == (["2 at 102.0", "3 at 102.0"], Reason.PRICE_PROTECTION)


MINE = "103.0 x 4, 102.0 x 1+2:alice+3 | 101.0 x 1"


@pytest.mark.parametrize(
    ("stp", "qty", "steps", "ending"),
    [
        # Enough ahead of the own order: it is never reached.
        (StpType.CANCEL_NEWEST, 1, ["1 at 102.0"], RESTS),
        (StpType.CANCEL_OLDEST, 1, ["1 at 102.0"], RESTS),
        (StpType.CANCEL_BOTH, 1, ["1 at 102.0"], RESTS),
        # Others ahead are traded with first, then the mode decides.
        (StpType.CANCEL_NEWEST, 2, ["1 at 102.0"], SELF),
        (StpType.CANCEL_BOTH, 2, ["1 at 102.0", "cancel O3"], SELF),
        (StpType.CANCEL_OLDEST, 2, ["1 at 102.0", "cancel O3", "1 at 102.0"], RESTS),
        (StpType.CANCEL_OLDEST, 9, ["1 at 102.0", "cancel O3", "3 at 102.0", "4 at 103.0"], RESTS),
    ],
)
def test_self_trade_prevention(stp: StpType, qty: int, steps: list[str], ending: Reason) -> None:
    assert planned(MINE, place(buy, qty, at=103, stp=stp)) == (steps, ending)


@pytest.mark.parametrize(
    ("stp", "qty", "steps", "ending"),
    [
        (StpType.CANCEL_NEWEST, 2, [], Reason.FILL_OR_KILL),
        (StpType.CANCEL_BOTH, 2, [], Reason.FILL_OR_KILL),
        (StpType.CANCEL_OLDEST, 8, ["1 at 102.0", "cancel O3", "3 at 102.0", "4 at 103.0"], RESTS),
        (StpType.CANCEL_OLDEST, 9, [], Reason.FILL_OR_KILL),
    ],
)
def test_fill_or_kill_counts_own_orders_out_and_spares_them(
    stp: StpType, qty: int, steps: list[str], ending: Reason
) -> None:
    assert planned(MINE, place(buy, qty, at=103, stp=stp, time_in_force=FOK)) == (steps, ending)


@pytest.mark.parametrize(
    ("stp", "cash", "steps", "ending"),
    [
        (StpType.CANCEL_NEWEST, 102, ["1 at 102.0"], RESTS),
        (StpType.CANCEL_NEWEST, 204, ["1 at 102.0"], SELF),
        (StpType.CANCEL_OLDEST, 102, ["1 at 102.0"], RESTS),
        (StpType.CANCEL_OLDEST, 204, ["1 at 102.0", "cancel O3", "1 at 102.0"], RESTS),
        (StpType.CANCEL_BOTH, 204, ["1 at 102.0", "cancel O3"], SELF),
    ],
)
def test_cash_meets_own_orders(stp: StpType, cash: int, steps: list[str], ending: Reason) -> None:
    assert planned(MINE, place(buy, cash=cash, stp=stp)) == (steps, ending)


def test_cash_that_is_spent_reaches_no_own_order_behind() -> None:
    ladder = "104.0 x 5:alice, 103.0 x 1 |"
    for stp in StpType:
        assert planned(ladder, place(buy, cash=103, stp=stp)) == (["1 at 103.0"], RESTS)


def test_a_post_only_order_that_meets_its_own_is_a_post_only_order() -> None:
    found = planned("102.0 x 1:alice |", place(buy, 1, at=102, post_only=True))
    assert found == ([], Reason.POST_ONLY)


# --- icebergs


@pytest.mark.parametrize(
    ("ladder", "command", "steps", "ending"),
    [
        # A reload joins the back: the others of the level come first.
        ("102.0 x 1(3)+2 |", place(buy, 4, at=102), ["1 at 102.0", "2 at 102.0", "1 at 102.0"], RESTS),
        ("102.0 x 1(2) |", place(buy, 3, at=102), ["1 at 102.0", "1 at 102.0"], RESTS),
        ("102.0 x 2(5) |", place(buy, 9, at=102), ["2 at 102.0", "2 at 102.0", "1 at 102.0"], RESTS),
        # All of a level before the next one, hidden or not.
        ("103.0 x 1, 102.0 x 1(2) |", place(buy, 3), ["1 at 102.0", "1 at 102.0", "1 at 103.0"], RESTS),
        ("102.0 x 2(4) |", place(buy, "1.5", at=102), ["1.5 at 102.0"], RESTS),
        # All or nothing counts what is hidden.
        ("102.0 x 1(3) |", place(buy, 3, at=102, time_in_force=FOK), ["1 at 102.0"] * 3, RESTS),
        ("102.0 x 1(3) |", place(buy, 4, at=102, time_in_force=FOK), [], Reason.FILL_OR_KILL),
        (
            "| 100.0 x 2(3)+1(2)",
            place(sell, 5),
            ["2 at 100.0", "1 at 100.0", "1 at 100.0", "1 at 100.0"],
            RESTS,
        ),
        # Two that hide take turns.
        (
            "| 100.0 x 1(3)+2(5)",
            place(sell, 9, at=100),
            [f"{qty} at 100.0" for qty in (1, 2, 1, 2, 1, 1)],
            RESTS,
        ),
        # Cash buys hidden quantity too, and stops where it is spent.
        (
            "102.0 x 1(2), 100.0 x 1(2) |",
            place(buy, cash=251),
            ["1 at 100.0", "1 at 100.0", "0.5 at 102.0"],
            RESTS,
        ),
        # An own iceberg is canceled whole, at its visible place.
        (
            "102.0 x 1(3):alice+1 |",
            place(buy, 2, at=102, stp=StpType.CANCEL_OLDEST),
            ["cancel O1", "1 at 102.0"],
            RESTS,
        ),
        ("102.0 x 1(2)+1(3):alice |", place(buy, 3, at=102), ["1 at 102.0"], SELF),
    ],
)
def test_icebergs(ladder: str, command: PlaceOrder, steps: list[str], ending: Reason) -> None:
    assert planned(ladder, command) == (steps, ending)


@pytest.mark.parametrize(
    ("resting", "arriving", "steps", "ending"),
    [
        ("", "", [], SELF),
        ("a", "a", [], SELF),
        ("a", "b", ["1 at 102.0"], RESTS),
        ("a", "", ["1 at 102.0"], RESTS),
    ],
)
def test_self_trade_prevention_is_between_orders_of_one_trader(
    resting: str, arriving: str, steps: list[str], ending: Reason
) -> None:
    found = book("102.0 x 1:alice |")
    head = found.asks.levels[-1020].head
    assert head is not None
    head.terms = replace(head.terms, sender_sub_id=resting)
    command = place(buy, 1, at=102, sender_sub_id=arriving)
    result = plan(found, BTC_USD, command.account, command.terms, Price(0))
    assert (len(result.steps), result.ending) == (len(steps), ending)


@pytest.mark.parametrize(("ppm", "bound"), [(50_000, 1050), (49_999, 1049), (1, 1000), (1_000_000, 2000)])
def test_the_width_of_the_protection(ppm: int, bound: int) -> None:
    makers = book("").asks
    assert protection_bound(buy, Price(1000), makers, ppm) == bound
    assert protection_bound(sell, Price(1000), makers, ppm) == 2000 - bound
