"""The static rules of an order, one row each, and its numbers in integers."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import BTC_USD, SECOND_NS, START_NS
from krakenbox.gateway import terms
from krakenbox.gateway.terms import deadline_ns, order_terms, static_refusal
from krakenbox.model.order import FeePreference, OrderTerms, OrderType, Side, TimeInForce
from krakenbox.protocol.v2.methods import AddOrder, Triggers

NOW = START_NS
DAY = 86_400 * SECOND_NS
MARKET = {"order_type": OrderType.MARKET, "limit_price": None}
CASH = MARKET | {"order_qty": None, "cash_order_qty": Decimal(25)}


def order(**changes: Any) -> AddOrder:
    """A good limit order, changed."""
    good: dict[str, Any] = {
        "symbol": "BTC/USD",
        "token": "",
        "side": Side.BUY,
        "order_type": OrderType.LIMIT,
        "order_qty": Decimal(1),
        "limit_price": Decimal(5),
    }
    return AddOrder(**(good | changes))


def argument(field: str) -> str:
    return f"EGeneral:Invalid arguments:{field}"


GTD = TimeInForce.GTD
RULES: list[tuple[dict[str, Any], str | None]] = [
    ({}, None),
    (MARKET, None),
    (CASH, None),
    ({"order_qty": None}, "Order_qty(s) not found"),
    *(
        ({"order_type": kind}, argument("ordertype"))
        for kind in OrderType
        if kind not in (OrderType.LIMIT, OrderType.MARKET)
    ),
    ({"triggers": Triggers(price=Decimal(1))}, argument("triggers")),
    ({"display_qty": Decimal(1)}, argument("display_qty")),
    ({"limit_price_type": "static"}, argument("limit_price_type")),
    ({"effective_time": NOW}, argument("effective_time")),
    ({"stop_price": Decimal(1)}, argument("stop_price")),
    ({"trigger": "last"}, argument("trigger")),
    ({"limit_price": None}, argument("limit_price")),
    ({"order_type": OrderType.MARKET}, argument("limit_price")),
    ({"order_qty": Decimal(0)}, argument("order_qty")),
    ({"order_qty": Decimal("-0.1")}, argument("order_qty")),
    (CASH | {"order_type": OrderType.LIMIT, "limit_price": Decimal(5)}, argument("cash_order_qty")),
    (CASH | {"side": Side.SELL}, argument("cash_order_qty")),
    (CASH | {"margin": True}, argument("cash_order_qty")),
    (CASH | {"order_qty": Decimal(1)}, argument("cash_order_qty")),
    (CASH | {"cash_order_qty": Decimal(0)}, argument("cash_order_qty")),
    ({"time_in_force": TimeInForce.IOC}, None),
    ({"time_in_force": TimeInForce.FOK}, None),
    (MARKET | {"time_in_force": TimeInForce.IOC}, None),
    (MARKET | {"time_in_force": TimeInForce.FOK}, argument("time_in_force")),
    (MARKET | {"time_in_force": GTD, "expire_time": NOW + DAY}, argument("time_in_force")),
    ({"time_in_force": GTD}, argument("expire_time")),
    ({"expire_time": NOW + DAY}, argument("expire_time")),
    ({"time_in_force": GTD, "expire_time": NOW + SECOND_NS}, None),
    ({"time_in_force": GTD, "expire_time": NOW + 31 * DAY}, None),
    ({"time_in_force": GTD, "expire_time": NOW + 31 * DAY + SECOND_NS}, argument("expire_time")),
    ({"time_in_force": GTD, "expire_time": NOW}, argument("expire_time")),
    ({"time_in_force": GTD, "expire_time": NOW + DAY + 1}, argument("expire_time")),
    ({"post_only": True}, None),
    ({"post_only": True, "time_in_force": GTD, "expire_time": NOW + DAY}, None),
    ({"post_only": True, "time_in_force": TimeInForce.IOC}, argument("post_only")),
    ({"post_only": True, "time_in_force": TimeInForce.FOK}, argument("post_only")),
    (MARKET | {"post_only": True}, argument("post_only")),
    ({"cl_ord_id": "a"}, None),
    ({"order_userref": 1}, None),
    ({"cl_ord_id": "a", "order_userref": 0}, argument("cl_ord_id")),
    ({"deadline": NOW - 1}, "EService:Deadline elapsed"),
    ({"deadline": NOW}, argument("deadline")),
    ({"deadline": NOW + 499_999_999}, argument("deadline")),
    ({"deadline": NOW + 500_000_000}, None),
    ({"deadline": NOW + 60 * SECOND_NS}, None),
    ({"deadline": NOW + 60 * SECOND_NS + 1}, argument("deadline")),
    ({"no_mpp": True, "sender_sub_id": "x"}, None),
    ({"margin": True, "reduce_only": True}, None),
]


@pytest.mark.parametrize(("changes", "refusal"), RULES)
def test_static_rules(changes: dict[str, Any], refusal: str | None) -> None:
    assert static_refusal(order(**changes), NOW) == refusal


def test_a_deadline_is_five_seconds_ahead_unless_given() -> None:
    assert deadline_ns(order(), NOW) == NOW + 5 * SECOND_NS
    assert deadline_ns(order(deadline=NOW + 7), NOW) == NOW + 7


def test_terms_are_integers_of_the_instrument() -> None:
    changes = {"order_qty": Decimal("0.00012345"), "limit_price": Decimal("83744.3"), "cl_ord_id": "a"}
    assert order_terms(order(**changes), BTC_USD) == OrderTerms(
        symbol="BTC/USD",
        side=Side.BUY,
        order_type=OrderType.LIMIT,
        qty=12345,  # type: ignore[arg-type]
        limit_price=837443,  # type: ignore[arg-type]
        cl_ord_id="a",
    )


def test_cash_is_counted_at_cost_precision() -> None:
    found = order_terms(order(**CASH | {"cash_order_qty": Decimal("25.00001")}), BTC_USD)
    assert isinstance(found, OrderTerms)
    assert (found.qty, found.cash_qty, found.limit_price) == (0, 2_500_001, 0)


def test_fees_are_in_quote_on_both_sides_unless_asked() -> None:
    sides = [order_terms(order(side=side), BTC_USD) for side in Side]
    asked = order_terms(order(fee_preference=FeePreference.BASE), BTC_USD)
    assert [found.fee_preference for found in (*sides, asked) if isinstance(found, OrderTerms)] == [
        "quote",
        "quote",
        "base",
    ]


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"margin": True, "reduce_only": True}, "EOrder:Cannot open position"),
        ({"reduce_only": True}, "EOrder:Reduce only:No position exists"),
        ({"order_qty": Decimal("0.000000001")}, argument("order_qty")),
        ({"order_qty": Decimal("92233720368.54775807")}, None),
        ({"order_qty": Decimal("92233720368.54775808")}, argument("order_qty")),
        ({"order_qty": Decimal("1e400")}, argument("order_qty")),
        (CASH | {"cash_order_qty": Decimal("0.000001")}, argument("cash_order_qty")),
        ({"limit_price": Decimal(0)}, "EOrder:Invalid price"),
        ({"limit_price": Decimal("-0.1")}, "EOrder:Invalid price"),
        ({"limit_price": Decimal(10**9)}, "EOrder:Invalid price"),
        ({"limit_price": Decimal("999999999.9")}, None),
        ({"limit_price": Decimal("5.05")}, "EOrder:Tick size check failed"),
        ({"limit_price": Decimal("5.000")}, None),
    ],
)
def test_orders_that_cannot_be_entered(changes: dict[str, Any], refusal: str | None) -> None:
    found = order_terms(order(**changes), BTC_USD)
    assert (found if isinstance(found, str) else None) == refusal


@given(
    qty=st.decimals(min_value=0, allow_infinity=False),
    price=st.decimals(allow_infinity=False, allow_nan=False),
)
def test_numbers_are_exact_or_refused(qty: Decimal, price: Decimal) -> None:
    found = order_terms(order(order_qty=qty, limit_price=price), BTC_USD)
    if isinstance(found, OrderTerms):
        assert Decimal(found.qty).scaleb(-8) == qty
        assert Decimal(found.limit_price).scaleb(-1) == price
        assert max(found.qty, found.limit_price) <= terms.MAX_UNITS
