"""The static rules of an order, one row each, and its numbers in integers."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from builders import BTC_USD, SECOND_NS, START_NS
from krakenbox.gateway import figures
from krakenbox.gateway.terms import deadline_ns, deadline_refusal, order_terms, static_refusal
from krakenbox.model import order as model
from krakenbox.model.fixed import Price, Qty
from krakenbox.model.order import (
    FeePreference,
    OrderTerms,
    OrderType,
    PriceType,
    Reference,
    Side,
    TimeInForce,
)
from krakenbox.protocol.v2.methods import AddOrder, Conditional, Triggers

NOW = START_NS
DAY = 86_400 * SECOND_NS
T = OrderType
D = Decimal
MARKET = {"order_type": T.MARKET, "limit_price": None}
CASH = MARKET | {"order_qty": None, "cash_order_qty": D(25)}
ICEBERG = {"order_type": T.ICEBERG, "display_qty": D(1), "order_qty": D(15)}
STOP = MARKET | {"order_type": T.STOP_LOSS, "triggers": Triggers(price=D(4))}
STOP_LIMIT = {"order_type": T.STOP_LOSS_LIMIT, "triggers": Triggers(price=D(4))}
TRAILING = MARKET | {"order_type": T.TRAILING_STOP, "triggers": Triggers(price=D(5), price_type="pct")}
TRAILING_LIMIT = TRAILING | {"order_type": T.TRAILING_STOP_LIMIT, "limit_price": D(0)}
SETTLE = MARKET | {"order_type": T.SETTLE_POSITION}
GTD = TimeInForce.GTD


def order(**changes: Any) -> AddOrder:
    """A good limit order, changed."""
    good: dict[str, Any] = {
        "symbol": "BTC/USD",
        "token": "",
        "side": Side.BUY,
        "order_type": T.LIMIT,
        "order_qty": D(1),
        "limit_price": D(5),
    }
    return AddOrder(**(good | changes))


def argument(field: str) -> str:
    return f"EGeneral:Invalid arguments:{field}"


def after(kind: OrderType, **fields: Any) -> dict[str, Any]:
    """A limit order whose fills enter another."""
    return {"conditional": Conditional(order_type=kind, **fields)}


RULES: list[tuple[dict[str, Any], str | None]] = [
    ({}, None),
    (MARKET, None),
    (CASH, None),
    ({"order_qty": None}, "Order_qty(s) not found"),
    # fields that other types have
    ({"triggers": Triggers(price=D(1))}, argument("triggers")),
    ({"display_qty": D(1)}, argument("display_qty")),
    ({"limit_price_type": "static"}, argument("limit_price_type")),
    (STOP_LIMIT | {"limit_price_type": "quote"}, argument("limit_price_type")),
    ({"stop_price": D(1)}, argument("stop_price")),
    ({"trigger": "last"}, argument("trigger")),
    (STOP | {"display_qty": D(1)}, argument("display_qty")),
    ({"limit_price": None}, argument("limit_price")),
    ({"order_type": T.MARKET}, argument("limit_price")),
    (STOP | {"limit_price": D(5)}, argument("limit_price")),
    (STOP_LIMIT | {"limit_price": None}, argument("limit_price")),
    (TRAILING_LIMIT | {"limit_price": None}, argument("limit_price")),
    (ICEBERG | {"limit_price": None}, argument("limit_price")),
    # icebergs
    (ICEBERG, None),
    (ICEBERG | {"display_qty": None}, argument("display_qty")),
    (ICEBERG | {"display_qty": D(0)}, argument("display_qty")),
    (ICEBERG | {"post_only": True}, None),
    (ICEBERG | {"time_in_force": TimeInForce.IOC}, argument("time_in_force")),
    (ICEBERG | {"time_in_force": GTD, "expire_time": NOW + DAY}, None),
    # triggers
    (STOP, None),
    (STOP_LIMIT, None),
    (STOP | {"order_type": T.TAKE_PROFIT}, None),
    (STOP_LIMIT | {"order_type": T.TAKE_PROFIT_LIMIT}, None),
    (STOP | {"triggers": None}, argument("triggers")),
    (STOP | {"triggers": None, "trigger": "index"}, argument("triggers")),
    (STOP | {"triggers": None, "stop_price": D(4)}, None),
    (STOP | {"triggers": None, "stop_price": D(4), "trigger": "index"}, None),
    (STOP | {"stop_price": D(4)}, argument("stop_price")),
    (STOP | {"trigger": "last"}, argument("trigger")),
    (STOP | {"triggers": Triggers(price=D(-2), price_type="pct")}, None),
    (STOP | {"time_in_force": TimeInForce.IOC}, None),
    (STOP | {"time_in_force": GTD, "expire_time": NOW + DAY}, None),
    (STOP_LIMIT | {"time_in_force": TimeInForce.FOK}, argument("time_in_force")),
    (STOP_LIMIT | {"post_only": True}, argument("post_only")),
    (STOP | {"post_only": True}, argument("post_only")),
    (TRAILING, None),
    (TRAILING | {"triggers": Triggers(price=D(5), price_type="quote")}, None),
    (TRAILING | {"triggers": Triggers(price=D(5))}, argument("trigger_price_type")),
    (TRAILING | {"triggers": Triggers(price=D(-5), price_type="quote")}, argument("trigger_price")),
    (TRAILING | {"triggers": Triggers(price=D(0), price_type="pct")}, argument("trigger_price")),
    (TRAILING | {"triggers": None, "stop_price": D(4)}, argument("trigger_price_type")),
    (TRAILING_LIMIT, None),
    (TRAILING_LIMIT | {"limit_price_type": "static", "limit_price": D(5)}, None),
    # conditional orders
    (after(T.LIMIT, limit_price=D(6)), None),
    (MARKET | after(T.STOP_LOSS, trigger_price=D(4)), None),
    (STOP | after(T.LIMIT, limit_price=D(6)), None),
    (after(T.STOP_LOSS_LIMIT, trigger_price=D(4), limit_price=D(3)), None),
    (after(T.TAKE_PROFIT, stop_price=D(6)), None),
    (after(T.TRAILING_STOP, trigger_price=D(5), trigger_price_type="pct"), None),
    (
        after(T.TRAILING_STOP_LIMIT, trigger_price=D(5), trigger_price_type="pct", limit_price=D(0)),
        None,
    ),
    *(
        ({"conditional": Conditional(order_type=kind, limit_price=D(6))}, argument("conditional"))
        for kind in (T.MARKET, T.ICEBERG, T.SETTLE_POSITION, T.STOP_LOSS, T.STOP_LOSS_LIMIT)
    ),
    (after(T.LIMIT), argument("conditional")),
    (after(T.LIMIT, limit_price=D(6), limit_price_type="static"), argument("conditional")),
    (after(T.LIMIT, limit_price=D(6), trigger_price=D(5)), argument("conditional")),
    (after(T.LIMIT, limit_price=D(6), trigger_price_type="static"), argument("conditional")),
    (after(T.STOP_LOSS), argument("conditional")),
    (after(T.STOP_LOSS, trigger_price=D(4), stop_price=D(4)), argument("conditional")),
    (after(T.TRAILING_STOP, trigger_price=D(5)), argument("trigger_price_type")),
    (after(T.TRAILING_STOP, trigger_price=D(0), trigger_price_type="pct"), argument("trigger_price")),
    (SETTLE | after(T.LIMIT, limit_price=D(6)), argument("conditional")),
    # quantities
    ({"order_qty": D(0)}, argument("order_qty")),
    ({"order_qty": D("-0.1")}, argument("order_qty")),
    (SETTLE | {"order_qty": D(0)}, None),
    (CASH | {"order_type": T.LIMIT, "limit_price": D(5)}, argument("cash_order_qty")),
    (CASH | {"side": Side.SELL}, argument("cash_order_qty")),
    (CASH | {"margin": True}, argument("cash_order_qty")),
    (CASH | {"order_qty": D(1)}, argument("cash_order_qty")),
    (CASH | {"cash_order_qty": D(0)}, argument("cash_order_qty")),
    # times
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
    ({"effective_time": NOW + SECOND_NS}, None),
    ({"effective_time": NOW}, argument("effective_time")),
    ({"effective_time": NOW + 1}, argument("effective_time")),
    ({"effective_time": NOW + 31 * DAY + SECOND_NS}, argument("effective_time")),
    ({"effective_time": NOW + DAY, "time_in_force": GTD, "expire_time": NOW + 2 * DAY}, None),
    ({"effective_time": NOW + DAY, "time_in_force": GTD, "expire_time": NOW + DAY}, argument("expire_time")),
    # the rest
    ({"post_only": True}, None),
    ({"post_only": True, "time_in_force": GTD, "expire_time": NOW + DAY}, None),
    ({"post_only": True, "time_in_force": TimeInForce.IOC}, argument("post_only")),
    ({"post_only": True, "time_in_force": TimeInForce.FOK}, argument("post_only")),
    (MARKET | {"post_only": True}, argument("post_only")),
    ({"cl_ord_id": "a"}, None),
    ({"order_userref": 1}, None),
    ({"cl_ord_id": "a", "order_userref": 0}, argument("cl_ord_id")),
    ({"no_mpp": True, "sender_sub_id": "x"}, None),
    ({"margin": True, "reduce_only": True}, None),
]


@pytest.mark.parametrize(("changes", "refusal"), RULES)
def test_static_rules(changes: dict[str, Any], refusal: str | None) -> None:
    assert static_refusal(order(**changes), NOW) == refusal


@pytest.mark.parametrize(
    ("deadline", "refusal"),
    [
        (None, None),
        (NOW - 1, "EService:Deadline elapsed"),
        (NOW, argument("deadline")),
        (NOW + 499_999_999, argument("deadline")),
        (NOW + 500_000_000, None),
        (NOW + 60 * SECOND_NS, None),
        (NOW + 60 * SECOND_NS + 1, argument("deadline")),
    ],
)
def test_the_window_of_a_deadline(deadline: int | None, refusal: str | None) -> None:
    assert deadline_refusal(deadline, NOW) == refusal


def test_a_deadline_is_five_seconds_ahead_unless_given() -> None:
    assert deadline_ns(None, NOW) == NOW + 5 * SECOND_NS
    assert deadline_ns(NOW + 7, NOW) == NOW + 7


def accepted(**changes: Any) -> OrderTerms:
    """The terms of an order that can be entered."""
    found = order_terms(order(**changes), BTC_USD)
    assert isinstance(found, OrderTerms), found
    return found


def test_terms_are_integers_of_the_instrument() -> None:
    changes = {"order_qty": D("0.00012345"), "limit_price": D("83744.3"), "cl_ord_id": "a"}
    assert accepted(**changes) == OrderTerms(
        symbol="BTC/USD",
        side=Side.BUY,
        order_type=T.LIMIT,
        qty=Qty(12345),
        limit_price=Price(837443),
        cl_ord_id="a",
    )


def test_terms_of_an_iceberg_and_of_one_that_begins_later() -> None:
    found = accepted(**ICEBERG, effective_time=NOW + DAY, sender_sub_id="desk")
    assert (found.qty, found.display_qty) == (1_500_000_000, 100_000_000)
    assert (found.effective_ns, found.sender_sub_id) == (NOW + DAY, "desk")


@pytest.mark.parametrize(
    ("changes", "trigger"),
    [
        (STOP, model.Trigger(40)),
        (
            STOP | {"triggers": Triggers(price=D("-2.5"), price_type="pct", reference="index")},
            model.Trigger(-2_500_000, PriceType.PCT, Reference.INDEX),
        ),
        (
            STOP | {"triggers": Triggers(price=D(-150), price_type="quote")},
            model.Trigger(-1500, PriceType.QUOTE),
        ),
        (
            STOP | {"triggers": None, "stop_price": D(4), "trigger": "index"},
            model.Trigger(40, reference=Reference.INDEX),
        ),
        (STOP | {"triggers": None, "stop_price": D(4)}, model.Trigger(40)),
        ({}, None),
    ],
)
def test_terms_of_a_trigger(changes: dict[str, Any], trigger: model.Trigger | None) -> None:
    assert accepted(**changes).trigger == trigger


@pytest.mark.parametrize(
    ("changes", "price", "kind"),
    [
        ({}, 0, PriceType.QUOTE),
        ({"limit_price": D("-1.5")}, -15, PriceType.QUOTE),
        ({"limit_price": D("-1.5"), "limit_price_type": "pct"}, -1_500_000, PriceType.PCT),
        ({"limit_price": D(5), "limit_price_type": "static"}, 50, PriceType.STATIC),
    ],
)
def test_the_limit_of_a_trailing_stop_limit(changes: dict[str, Any], price: int, kind: PriceType) -> None:
    found = accepted(**TRAILING_LIMIT | changes)
    assert (found.limit_price, found.limit_price_type) == (price, kind)


@pytest.mark.parametrize(
    ("changes", "conditional"),
    [
        (after(T.LIMIT, limit_price=D(6)), model.Conditional(T.LIMIT, 60)),
        (
            after(T.STOP_LOSS_LIMIT, trigger_price=D(4), limit_price=D(3)),
            model.Conditional(T.STOP_LOSS_LIMIT, 30, PriceType.STATIC, model.Trigger(40)),
        ),
        (
            after(T.TRAILING_STOP_LIMIT, trigger_price=D(5), trigger_price_type="pct", limit_price=D(-1)),
            model.Conditional(
                T.TRAILING_STOP_LIMIT, -10, PriceType.QUOTE, model.Trigger(5_000_000, PriceType.PCT)
            ),
        ),
        # The reference of the primary is that of its conditional order too.
        (
            STOP
            | {"triggers": Triggers(price=D(4), reference="index")}
            | after(T.TAKE_PROFIT, stop_price=D(6)),
            model.Conditional(T.TAKE_PROFIT, trigger=model.Trigger(60, reference=Reference.INDEX)),
        ),
    ],
)
def test_terms_of_a_conditional_order(changes: dict[str, Any], conditional: model.Conditional) -> None:
    assert accepted(**changes).conditional == conditional


def test_cash_is_counted_at_cost_precision() -> None:
    found = accepted(**CASH | {"cash_order_qty": D("25.00001")})
    assert (found.qty, found.cash_qty, found.limit_price) == (0, 2_500_001, 0)


def test_fees_are_in_quote_on_both_sides_unless_asked() -> None:
    found = [accepted(side=side) for side in Side]
    found.append(accepted(fee_preference=FeePreference.BASE))
    assert [terms.fee_preference for terms in found] == ["quote", "quote", "base"]


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"margin": True, "reduce_only": True}, "EOrder:Cannot open position"),
        (SETTLE, "EOrder:Cannot open position"),
        ({"reduce_only": True}, "EOrder:Reduce only:No position exists"),
        ({"order_qty": D("0.000000001")}, argument("order_qty")),
        ({"order_qty": D("92233720368.54775807")}, None),
        ({"order_qty": D("92233720368.54775808")}, argument("order_qty")),
        ({"order_qty": D("1e400")}, argument("order_qty")),
        (CASH | {"cash_order_qty": D("0.000001")}, argument("cash_order_qty")),
        ({"limit_price": D(0)}, "EOrder:Invalid price"),
        ({"limit_price": D("-0.1")}, "EOrder:Invalid price"),
        ({"limit_price": D(10**9)}, "EOrder:Invalid price"),
        ({"limit_price": D("999999999.9")}, None),
        ({"limit_price": D("5.05")}, "EOrder:Tick size check failed"),
        ({"limit_price": D("5.000")}, None),
        (ICEBERG | {"order_qty": D("15.00000001")}, argument("display_qty")),
        (ICEBERG | {"order_qty": D("0.5")}, None),
        (ICEBERG | {"display_qty": D("0.000000001")}, argument("display_qty")),
        (STOP | {"triggers": Triggers(price=D(0))}, "EOrder:Invalid price"),
        (STOP | {"triggers": Triggers(price=D("4.05"))}, "EOrder:Tick size check failed"),
        (STOP | {"triggers": Triggers(price=D("0.0000001"), price_type="pct")}, argument("triggers")),
        (STOP | {"triggers": Triggers(price=D(1000), price_type="pct")}, "EOrder:Invalid price"),
        (STOP | {"triggers": Triggers(price=D(-(10**9)), price_type="quote")}, "EOrder:Invalid price"),
        (after(T.LIMIT, limit_price=D("6.05")), "EOrder:Tick size check failed"),
        (after(T.STOP_LOSS, trigger_price=D(-1)), "EOrder:Invalid price"),
    ],
)
def test_orders_that_cannot_be_entered(changes: dict[str, Any], refusal: str | None) -> None:
    found = order_terms(order(**changes), BTC_USD)
    assert (found if isinstance(found, str) else None) == refusal


def test_a_pair_without_an_index_has_no_index_triggers() -> None:
    stop = order(**STOP | {"triggers": Triggers(price=D(4), reference="index")})
    without = replace(BTC_USD, has_index=False)
    assert order_terms(stop, without) == "EGeneral:Invalid arguments:Index unavailable"
    assert isinstance(order_terms(order(**STOP), without), OrderTerms)


@given(
    qty=st.decimals(min_value=0, allow_infinity=False),
    price=st.decimals(allow_infinity=False, allow_nan=False),
)
def test_numbers_are_exact_or_refused(qty: Decimal, price: Decimal) -> None:
    found = order_terms(order(order_qty=qty, limit_price=price), BTC_USD)
    if isinstance(found, OrderTerms):
        assert Decimal(found.qty).scaleb(-8) == qty
        assert Decimal(found.limit_price).scaleb(-1) == price
        assert max(found.qty, found.limit_price) <= figures.MAX_UNITS
