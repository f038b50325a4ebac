"""Amends and edits by REST: answers, what is changed, refusals in their order, permissions."""

from typing import Any

import pytest

from builders import plain
from gateway.restcaller import BTC, LIMIT, MARKET, Caller, of
from harness import NOW_NS, Trader
from krakenbox.gateway.keys import Permission as P
from krakenbox.model.command import AmendOrder, EditOrder
from krakenbox.model.order import PriceType, Trigger

SECOND = 1_000_000_000
NOBODYS = "OAAAAA-AAAAA-AAAAAA"
UNKNOWN = "EOrder:Unknown order"


def wrong(field: str) -> str:
    return f"EGeneral:Invalid arguments:{field}"


@pytest.fixture
def caller() -> Caller:
    """Alice bids 1 at 5 with an id of her own."""
    caller = Caller()
    assert caller.add(**LIMIT, cl_ord_id="mine")["error"] == []
    return caller


def order_id(caller: Caller, place: int = 0) -> str:
    return str(caller.venue.orders("alice")[place].order_id)


def stop(caller: Caller, **fields: Any) -> str:
    """Alice's stop, above a last price of 10; its id."""
    Trader(caller.venue, "bob").add(side="sell", limit_price=10)
    Trader(caller.venue, "carol").add(limit_price=10)
    told = caller.add(**of("stop-loss-limit", "buy", price="12", price2="13", **fields))
    (txid,) = told["result"]["txid"]
    return str(txid)


# --- AmendOrder


@pytest.mark.parametrize("as_json", [True, False])
def test_an_order_is_amended(as_json: bool, caller: Caller) -> None:
    fields = {"txid": order_id(caller), "order_qty": "2.5", "limit_price": "5.5"}
    told = caller.call("AmendOrder", fields, as_json)
    (amend_id,) = (event.amend_id for event in caller.venue.outcomes[-1].events if hasattr(event, "amend_id"))
    assert told == {"error": [], "result": {"amend_id": amend_id}}
    assert caller.resting() == ["buy 2.5 5.5"]


@pytest.mark.parametrize(
    ("fields", "resting"),
    [
        ({"order_qty": 2}, "buy 2 5"),
        ({"limit_price": 4.5}, "buy 1 4.5"),
        ({"limit_price": "4.5", "post_only": "true"}, "buy 1 4.5"),
        ({"order_qty": "2", "pair": "BTC/USD"}, "buy 2 5"),
        ({"order_qty": "2", "deadline": "2026-01-01T01:00:02Z"}, "buy 2 5"),
    ],
)
def test_by_the_id_its_client_chose(fields: dict[str, Any], resting: str, caller: Caller) -> None:
    assert list(caller.result("AmendOrder", cl_ord_id="mine", **fields)) == ["amend_id"]
    assert caller.resting() == [resting]


@pytest.mark.parametrize(
    ("trigger", "price", "price_type"),
    [("12.5", 125, PriceType.STATIC), ("+5", 50, PriceType.QUOTE), ("+2.5%", 2_500_000, PriceType.PCT)],
)
def test_triggers_are_amended(trigger: str, price: int, price_type: PriceType) -> None:
    caller = Caller()
    txid = stop(caller)
    assert caller.call("AmendOrder", {"txid": txid, "trigger_price": trigger})["error"] == []
    (order,) = caller.venue.orders("alice")
    assert order.terms.trigger == Trigger(price, price_type)


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({}, wrong("txid")),
        ({"txid": "", "order_qty": "2"}, wrong("txid")),
        ({"txid": NOBODYS}, "EGeneral:Invalid arguments"),
        ({"txid": NOBODYS, "cl_ord_id": "mine", "order_qty": "2"}, wrong("cl_ord_id")),
        ({"txid": NOBODYS, "order_qty": "2"}, UNKNOWN),
        ({"txid": "x" * 100, "order_qty": "2"}, UNKNOWN),
        ({"cl_ord_id": "mine", "order_qty": "0"}, wrong("order_qty")),
        ({"cl_ord_id": "mine", "order_qty": "x"}, wrong("order_qty")),
        ({"cl_ord_id": "mine", "display_qty": "-1"}, wrong("display_qty")),
        ({"cl_ord_id": "mine", "limit_price": "#5"}, wrong("limit_price")),
        ({"cl_ord_id": "mine", "limit_price": "5.05"}, "EOrder:Tick size check failed"),
        ({"cl_ord_id": "mine", "trigger_price": "5"}, wrong("trigger_price")),
        ({"cl_ord_id": "mine", "order_qty": "2", "post_only": "maybe"}, wrong("post_only")),
        ({"cl_ord_id": "mine", "order_qty": "2", "deadline": "2026-01-01T01:00:01Z"}, wrong("deadline")),
        ({"cl_ord_id": "mine", "order_qty": "2", "pair": "NONE"}, "EQuery:Unknown asset pair"),
        ({"cl_ord_id": "mine", "order_qty": "2", "pair": "ETHBTC"}, wrong("pair")),
        ({"cl_ord_id": "mine", "order_qty": "999999999"}, "EOrder:Insufficient funds"),
        ({"cl_ord_id": "a" * 40, "order_qty": "2"}, wrong("cl_ord_id")),
    ],
)
def test_an_amend_is_refused(fields: dict[str, Any], error: str, caller: Caller) -> None:
    assert caller.error("AmendOrder", **fields) == error
    assert caller.resting() == ["buy 1 5"]


def test_an_amend_has_a_deadline(caller: Caller) -> None:
    caller.result("AmendOrder", cl_ord_id="mine", order_qty="2", deadline="2026-01-01T01:00:07Z")
    command = caller.venue.last_command()
    assert isinstance(command, AmendOrder)
    assert command.deadline_ns == NOW_NS + 7 * SECOND


# --- EditOrder


def test_an_order_is_edited(caller: Caller) -> None:
    before = order_id(caller)
    told = caller.call("EditOrder", BTC | {"txid": before, "volume": "2", "price": "5.50", "userref": "3"})
    after = order_id(caller)
    assert after != before
    assert told == {
        "error": [],
        "result": {
            "status": "ok",
            "txid": after,
            "originaltxid": before,
            "volume": "2.00000000",
            "price": "5.50",
            "orders_cancelled": 1,
            "newuserref": 3,
            "descr": {"order": "buy 2.00000000 BTCUSD @ limit 5.5"},
        },
    }
    assert caller.resting() == ["buy 2 5.5"]
    assert [order.terms.userref for order in caller.venue.orders("alice")] == [3]


def test_by_its_userref() -> None:
    caller = Caller()
    caller.add(**LIMIT, userref=8)
    caller.add(**LIMIT | {"price": "4"}, userref=8)
    oldest, other = order_id(caller), order_id(caller, 1)
    told = caller.result("EditOrder", **BTC, txid=8, price="5.5")
    assert (told["originaltxid"], told["olduserref"]) == (oldest, 8)
    assert "newuserref" not in told
    assert order_id(caller) == other


def test_prices_of_a_triggered_order() -> None:
    caller = Caller()
    told = caller.result("EditOrder", **BTC, txid=stop(caller, trigger="index"), price="+25%", price2="15")
    assert told["descr"] == {"order": "buy 1.00000000 BTCUSD @ stop loss +25.0000% -> limit 15.0"}
    assert (told["price"], told["price2"]) == ("+25%", "15")
    (order,) = caller.venue.orders("alice")
    assert order.terms.trigger is not None
    assert (order.terms.trigger.reference, plain(order.terms.limit_price, 1)) == ("index", "15")


def test_only_the_limit_of_a_triggered_order() -> None:
    caller = Caller()
    told = caller.result("EditOrder", **BTC, txid=stop(caller), price2="14")
    assert told["descr"] == {"order": "buy 1.00000000 BTCUSD @ stop loss 12.0 -> limit 14.0"}


def test_what_is_only_validated(caller: Caller) -> None:
    before = order_id(caller)
    told = caller.result("EditOrder", **BTC, txid=before, volume="3", validate=True)
    assert told == {
        "status": "ok",
        "originaltxid": before,
        "volume": "3.00000000",
        "orders_cancelled": 0,
        "descr": {"order": "buy 3.00000000 BTCUSD @ limit 5.0"},
    }
    assert caller.resting() == ["buy 1 5"]


def test_post_only_is_asked_anew(caller: Caller) -> None:
    caller.result("EditOrder", **BTC, txid=order_id(caller), oflags="post")
    assert caller.venue.orders("alice")[0].terms.post_only is True
    caller.result("EditOrder", **BTC, txid=order_id(caller), volume="2")
    assert caller.venue.orders("alice")[0].terms.post_only is False


def test_an_edit_has_a_deadline(caller: Caller) -> None:
    caller.result("EditOrder", **BTC, txid=order_id(caller), deadline="2026-01-01T01:00:07Z")
    command = caller.venue.last_command()
    assert isinstance(command, EditOrder)
    assert command.deadline_ns == NOW_NS + 7 * SECOND


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"txid": "TXID"}, wrong("pair")),
        ({"txid": "TXID", "pair": "NONE"}, "EQuery:Unknown asset pair"),
        (BTC, wrong("txid")),
        (BTC | {"txid": NOBODYS}, UNKNOWN),
        (BTC | {"txid": "99"}, UNKNOWN),
        (BTC | {"txid": "x" * 100}, UNKNOWN),
        ({"txid": "TXID", "pair": "ETHBTC"}, wrong("pair")),
        (BTC | {"txid": "TXID", "volume": "0"}, wrong("volume")),
        (BTC | {"txid": "TXID", "volume": "x"}, wrong("volume")),
        (BTC | {"txid": "TXID", "displayvol": "0"}, wrong("displayvol")),
        (BTC | {"txid": "TXID", "price": "+1"}, wrong("price")),
        (BTC | {"txid": "TXID", "price": "5.05"}, "EOrder:Tick size check failed"),
        (BTC | {"txid": "TXID", "price2": "5"}, wrong("price2")),
        (BTC | {"txid": "TXID", "oflags": "none"}, wrong("oflags")),
        (BTC | {"txid": "TXID", "userref": "x"}, wrong("userref")),
        (BTC | {"txid": "TXID", "deadline": "2026-01-01T01:02:00Z"}, wrong("deadline")),
        (BTC | {"txid": "TXID", "volume": "999999999"}, "EOrder:Insufficient funds"),
    ],
)
def test_an_edit_is_refused(fields: dict[str, Any], error: str, caller: Caller) -> None:
    fields = {name: order_id(caller) if value == "TXID" else value for name, value in fields.items()}
    assert caller.error("EditOrder", **fields) == error
    assert caller.resting() == ["buy 1 5"]


def test_an_edit_below_what_is_filled(caller: Caller) -> None:
    Trader(caller.venue, "bob").add(side="sell", limit_price=5, order_qty=0.5)
    assert caller.error("EditOrder", **BTC, txid=order_id(caller), volume="0.25") == wrong("volume")


# --- permissions


@pytest.mark.parametrize(
    ("permissions", "amends", "edits"),
    [
        ((P.MODIFY_TRADES, P.CLOSE_TRADES), True, True),
        ((P.MODIFY_TRADES,), True, False),
        ((P.CLOSE_TRADES,), True, False),
        ((P.QUERY_FUNDS,), False, False),
    ],
)
def test_permissions(permissions: tuple[P, ...], amends: bool, edits: bool) -> None:
    caller = Caller(*permissions)
    for method, allowed in (("AmendOrder", amends), ("EditOrder", edits)):
        told = caller.error(method, **BTC, txid=NOBODYS, order_qty="1", volume="1")
        assert told == (UNKNOWN if allowed else "EGeneral:Permission denied")


def test_a_market_order_is_over_before_it_can_be_changed(caller: Caller) -> None:
    Trader(caller.venue, "bob").add(side="sell", limit_price=6)
    (txid,) = caller.add(**MARKET)["result"]["txid"]
    assert caller.error("AmendOrder", txid=txid, order_qty="2") == UNKNOWN
    assert caller.error("EditOrder", **BTC, txid=txid, volume="2") == UNKNOWN
