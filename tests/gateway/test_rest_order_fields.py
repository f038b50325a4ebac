"""Fields of new orders by REST: the terms they become, and the name a refusal gives them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import BTC_USD
from gateway.restcaller import BTC, LIMIT, MARKET, Caller, Fields, of
from harness import NOW_NS, Trader
from krakenbox.errors import ProtocolError
from krakenbox.gateway.restorders import order_of
from krakenbox.gateway.terms import order_terms, static_refusal
from krakenbox.model.command import PlaceOrder, UseNonce
from krakenbox.model.order import (
    Conditional,
    FeePreference,
    OrderTerms,
    OrderType,
    PriceType,
    Reference,
    StpType,
    TimeInForce,
    Trigger,
)

SECOND = 1_000_000_000
PCT, QUOTE, INDEX = PriceType.PCT, PriceType.QUOTE, Reference.INDEX
T = OrderType

# --- fields to terms


@pytest.mark.parametrize(
    ("fields", "terms"),
    [
        (LIMIT, {"order_type": T.LIMIT, "side": "buy", "qty": 100_000_000, "limit_price": 50}),
        (LIMIT | {"timeinforce": "IOC"}, {"time_in_force": TimeInForce.IOC}),
        (LIMIT | {"timeinforce": "FOK"}, {"time_in_force": TimeInForce.FOK}),
        (
            LIMIT | {"timeinforce": "GTD", "expiretm": "+30"},
            {"time_in_force": TimeInForce.GTD, "expire_ns": NOW_NS + 30 * SECOND},
        ),
        (LIMIT | {"expiretm": "+5"}, {"time_in_force": TimeInForce.GTD, "expire_ns": NOW_NS + 5 * SECOND}),
        (LIMIT | {"expiretm": "0", "starttm": "0"}, {"time_in_force": TimeInForce.GTC, "effective_ns": 0}),
        (LIMIT | {"starttm": str(NOW_NS // SECOND + 9)}, {"effective_ns": NOW_NS + 9 * SECOND}),
        (LIMIT | {"oflags": "post,fcib"}, {"post_only": True, "fee_preference": FeePreference.BASE}),
        (LIMIT | {"oflags": "fciq"}, {"post_only": False, "fee_preference": FeePreference.QUOTE}),
        (LIMIT | {"oflags": ""}, {"fee_preference": FeePreference.QUOTE}),
        (LIMIT | {"userref": "-7"}, {"userref": -7, "cl_ord_id": ""}),
        (LIMIT | {"userref": 7}, {"userref": 7}),
        (LIMIT | {"cl_ord_id": "mine"}, {"cl_ord_id": "mine"}),
        (LIMIT | {"stptype": "cancel-both"}, {"stp": StpType.CANCEL_BOTH}),
        (
            LIMIT | {"leverage": "none", "reduce_only": "false", "broker": "x", "otp": "y"},
            {"limit_price": 50},
        ),
        (of("iceberg", price="5", displayvol="0.5"), {"display_qty": 50_000_000}),
        (MARKET, {"order_type": T.MARKET, "limit_price": 0, "trigger": None}),
        (MARKET | {"volume": "12.5", "oflags": "viqc,nompp"}, {"qty": 0, "cash_qty": 1_250_000}),
        (of("stop-loss", price="5"), {"trigger": Trigger(50)}),
        (of("stop-loss", price="5", trigger="index"), {"trigger": Trigger(50, reference=INDEX)}),
        (of("stop-loss", price="-5"), {"trigger": Trigger(-50, QUOTE)}),
        (of("stop-loss", price="+1.5%"), {"trigger": Trigger(1_500_000, PCT)}),
        (of("stop-loss", price="#5"), {"trigger": Trigger(-50, QUOTE)}),
        (of("stop-loss", "buy", price="#5%"), {"trigger": Trigger(5_000_000, PCT)}),
        (of("take-profit", price="#5"), {"trigger": Trigger(50, QUOTE)}),
        (of("take-profit", "buy", price="#5"), {"trigger": Trigger(-50, QUOTE)}),
        (of("take-profit-limit", price="6", price2="5.5"), {"trigger": Trigger(60), "limit_price": 55}),
        (of("trailing-stop", price="+5%"), {"trigger": Trigger(5_000_000, PCT)}),
        (of("trailing-stop", price="+5"), {"trigger": Trigger(50, QUOTE)}),
        (
            of("trailing-stop-limit", price="+5", price2="-1%"),
            {"trigger": Trigger(50, QUOTE), "limit_price": -1_000_000, "limit_price_type": PCT},
        ),
        (
            of("trailing-stop-limit", price="+5", price2="3"),
            {"limit_price": 30, "limit_price_type": PriceType.STATIC},
        ),
        (
            LIMIT | {"close": {"ordertype": "stop-loss-limit", "price": "4", "price2": "3.5"}},
            {"conditional": Conditional(T.STOP_LOSS_LIMIT, 35, trigger=Trigger(40))},
        ),
        (
            LIMIT | {"close[ordertype]": "take-profit", "close[price]": "#10%"},
            {"conditional": Conditional(T.TAKE_PROFIT, trigger=Trigger(10_000_000, PCT))},
        ),
        (
            LIMIT | {"close[ordertype]": "limit", "close[price]": "6"},
            {"conditional": Conditional(T.LIMIT, 60)},
        ),
        (
            LIMIT | {"close": {"ordertype": "trailing-stop", "price": "+1"}},
            {"conditional": Conditional(T.TRAILING_STOP, trigger=Trigger(10, QUOTE))},
        ),
    ],
)
def test_fields_become_terms(fields: Fields, terms: Fields) -> None:
    caller = Caller()
    caller.add(**fields)
    command = caller.venue.last_command()
    assert isinstance(command, PlaceOrder)
    assert {name: getattr(command.terms, name) for name in terms} == terms
    assert (command.account, command.validate, command.deadline_ns) == ("alice", False, NOW_NS + 5 * SECOND)


STATIC = [
    ({}, "pair"),
    ({"pair": "BTCUSD"}, "ordertype"),
    (of("limt"), "ordertype"),
    (of("Limit"), "ordertype"),
    (LIMIT | {"type": "b"}, "type"),
    (LIMIT | {"volume": ""}, "volume"),
    (LIMIT | {"volume": "-1"}, "volume"),
    (LIMIT | {"volume": "0"}, "volume"),
    (LIMIT | {"volume": "0.123456789"}, "volume"),
    (LIMIT | {"volume": "9" * 60}, "volume"),
    (LIMIT | {"oflags": "maker"}, "oflags"),
    (LIMIT | {"oflags": "fcib,fciq"}, "oflags"),
    (LIMIT | {"oflags": "viqc"}, "oflags"),
    (MARKET | {"type": "sell", "oflags": "viqc"}, "oflags"),
    (MARKET | {"oflags": "post"}, "oflags"),
    (of("stop-loss", price="5", oflags="post"), "oflags"),
    (LIMIT | {"price": ""}, "price"),
    (LIMIT | {"price": "x"}, "price"),
    (LIMIT | {"price": "5%"}, "price"),
    (LIMIT | {"price2": "5"}, "price2"),
    (MARKET | {"price": "5"}, "price"),
    (of("stop-loss"), "price"),
    (of("stop-loss", trigger="index"), "price"),
    (of("stop-loss", price="5", price2="4"), "price2"),
    (of("stop-loss-limit", price="5"), "price2"),
    (of("trailing-stop", price="5"), "price"),
    (of("trailing-stop", price="-5"), "price"),
    (of("trailing-stop", price="#5"), "price"),
    (of("trailing-stop", price="+0"), "price"),
    (of("trailing-stop-limit", price="+5"), "price2"),
    (of("trailing-stop-limit", price="+5", price2="#5"), "price2"),
    (of("stop-loss", price="5", trigger="mark"), "trigger"),
    (LIMIT | {"trigger": "last"}, "trigger"),
    (LIMIT | {"displayvol": "0.5"}, "displayvol"),
    (of("iceberg", price="5"), "displayvol"),
    (of("iceberg", price="5", displayvol="0.01"), "displayvol"),
    (LIMIT | {"timeinforce": "gtc"}, "timeinforce"),
    (MARKET | {"timeinforce": "FOK"}, "timeinforce"),
    (LIMIT | {"timeinforce": "GTD"}, "expiretm"),
    (LIMIT | {"timeinforce": "GTC", "expiretm": "+30"}, "expiretm"),
    (LIMIT | {"expiretm": "+4"}, "expiretm"),
    (LIMIT | {"expiretm": "+2678401"}, "expiretm"),
    (LIMIT | {"expiretm": "2026-01-01"}, "expiretm"),
    (LIMIT | {"starttm": "1"}, "starttm"),
    (LIMIT | {"leverage": "11"}, "leverage"),
    (LIMIT | {"reduce_only": "perhaps"}, "reduce_only"),
    (LIMIT | {"stptype": "cancel_newest"}, "stptype"),
    (LIMIT | {"userref": "1.5"}, "userref"),
    (LIMIT | {"userref": str(2**31)}, "userref"),
    (LIMIT | {"cl_ord_id": "x" * 19}, "cl_ord_id"),
    (LIMIT | {"cl_ord_id": "mine", "userref": "1"}, "cl_ord_id"),
    (LIMIT | {"close": "limit"}, "close[ordertype]"),
    (LIMIT | {"close[price]": "5"}, "close[ordertype]"),
    (LIMIT | {"close[ordertype]": "market"}, "close"),
    (LIMIT | {"close[ordertype]": "limit"}, "close"),
    (LIMIT | {"close[ordertype]": "limit", "close[price]": "+5"}, "close[price]"),
    (LIMIT | {"close[ordertype]": "stop-loss", "close[price]": "5", "close[price2]": "5"}, "close"),
    (LIMIT | {"close[ordertype]": "trailing-stop", "close[price]": "5"}, "close[price]"),
    (LIMIT | {"deadline": "soon"}, "deadline"),
    (LIMIT | {"deadline": "2026-01-01T01:00:01.999Z"}, "deadline"),
    (LIMIT | {"deadline": "2026-01-01T01:01:00.001Z"}, "deadline"),
    (LIMIT | {"validate": "perhaps"}, "validate"),
]


@pytest.mark.parametrize(("fields", "field"), STATIC)
def test_a_wrong_field_is_named(fields: Fields, field: str) -> None:
    caller = Caller()
    told = caller.call("AddOrder", BTC | fields if len(fields) > 1 else fields)
    assert told == {"error": [f"EGeneral:Invalid arguments:{field}"]}
    assert isinstance(caller.venue.last_command(), UseNonce)


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        (LIMIT | {"pair": "XBT"}, "EQuery:Unknown asset pair"),
        (LIMIT | {"price": "5.05"}, "EOrder:Tick size check failed"),
        (LIMIT | {"price": "0"}, "EOrder:Invalid price"),
        # Nothing was traded yet that it could be relative to.
        (LIMIT | {"price": "+5"}, "EOrder:Invalid price"),
        (of("stop-loss-limit", price="5", price2="#4"), "EOrder:Invalid price"),
        (LIMIT | {"leverage": "2"}, "EOrder:Cannot open position"),
        (LIMIT | {"leverage": "5:1"}, "EOrder:Cannot open position"),
        (of("settle-position", volume="0"), "EOrder:Cannot open position"),
        (LIMIT | {"reduce_only": True}, "EOrder:Reduce only:No position exists"),
        (LIMIT | {"deadline": "2026-01-01T00:59:59Z"}, "EService:Deadline elapsed"),
        # The venue's.
        (LIMIT | {"volume": "0.00001"}, "EGeneral:Invalid arguments:volume minimum not met"),
        (LIMIT | {"volume": "0.0001"}, "EOrder:Cost minimum not met"),
        (LIMIT | {"volume": "1000000000"}, "EOrder:Insufficient funds"),
    ],
)
def test_other_refusals(fields: Fields, error: str) -> None:
    caller = Caller()
    assert caller.call("AddOrder", BTC | fields) == {"error": [error]}
    assert caller.resting() == []


@pytest.mark.parametrize(
    ("fields", "resting"),
    [
        (LIMIT | {"price": "-2.5"}, "buy 1 97.5"),
        (LIMIT | {"price": "#2.5%"}, "buy 1 97.5"),
        (of("limit", price="#2"), "sell 1 102"),
        (of("limit", price="+0.125%"), "sell 1 100.1"),
        (of("stop-loss-limit", price="90", price2="-20"), "sell 1 80"),
    ],
)
def test_a_limit_price_relative_to_the_last_trade(fields: Fields, resting: str) -> None:
    caller = Caller()
    Trader(caller.venue, "bob").add(side="sell", limit_price=100)
    Trader(caller.venue, "carol").add(limit_price=100)
    assert caller.call("AddOrder", BTC | fields)["error"] == []
    assert caller.resting() == [resting]


def test_order_of_raises_for_the_first_wrong_field() -> None:
    with pytest.raises(ProtocolError, match=r"^EGeneral:Invalid arguments:ordertype$"):
        order_of({"type": "x", "volume": "x"}, NOW_NS)


# --- anything

NAMED = {
    "ordertype": st.sampled_from(list(OrderType)),
    "type": st.sampled_from(["buy", "sell"]),
    "volume": st.sampled_from(["1", "0.5", "1e308", "0"]),
}
OTHERS = sorted({field for _, field in STATIC} - {"pair", "deadline", "validate", *NAMED})
WORDS = (
    "last",
    "index",
    "true",
    "GTD",
    "IOC",
    "post",
    "viqc",
    "+30",
    "+1",
    "-1%",
    "#1",
    "1e-5",
    "9e-308",
    "5.05",
)
VALUES = st.sampled_from([*WORDS, *OrderType]) | st.text(max_size=8)


@settings(max_examples=300, deadline=None)
@given(st.fixed_dictionaries(NAMED, optional=dict.fromkeys(OTHERS, VALUES)))
def test_any_fields_are_an_order_or_refused(fields: Fields) -> None:
    try:
        order = order_of(fields, NOW_NS)
    except ProtocolError:
        return
    refusal = static_refusal(order, NOW_NS)
    made = refusal if refusal is not None else order_terms(order, BTC_USD)
    assert isinstance(made, OrderTerms) or made.startswith("E")
