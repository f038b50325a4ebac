"""`addOrder` of v1: every field as the order it makes, and its refusals."""

import pytest

from builders import SECOND_NS
from harness import NOW_NS, Trader, Venue
from krakenbox.model.fixed import to_text
from krakenbox.model.order import OrderTerms
from v1screens import V1Trader

STOP = {"ordertype": "stop-loss-limit", "type": "sell", "price": "4", "price2": "3.5"}


def traded_at(price: int) -> Venue:
    """A venue whose last trade in BTC/USD was at a price."""
    venue = Venue()
    Trader(venue, "bob").add(side="sell", limit_price=price, order_qty=1)
    Trader(venue, "carol").add(limit_price=price, order_qty=1)
    return venue


def terms_of(**changes: str | bool | None) -> OrderTerms:
    """The terms of an order entered after a trade at 100."""
    alice = V1Trader(traded_at(100))
    reply = alice.add(**changes)
    assert reply["status"] == "ok", reply
    (order,) = alice.venue.orders("alice")
    return order.terms


def test_an_order_is_told_its_id_and_its_text() -> None:
    alice = V1Trader()
    reply = alice.add(price="9.5", volume="0.5", reqid=5)
    txid = alice.venue.orders("alice")[0].order_id
    assert reply == {
        "descr": "buy 0.50000000 BTCUSD @ limit 9.5",
        "event": "addOrderStatus",
        "reqid": 5,
        "status": "ok",
        "txid": txid,
    }
    named = alice.add(cl_ord_id="mine")
    assert (named["cl_ord_id"], "reqid" in named) == ("mine", False)


def test_what_is_only_validated_has_no_id() -> None:
    alice = V1Trader()
    assert alice.add(validate="true") == {
        "descr": "buy 1.00000000 BTCUSD @ limit 5.0",
        "event": "addOrderStatus",
        "status": "ok",
    }
    assert alice.venue.orders("alice") == []


def test_a_post_only_order_that_would_cross_is_taken_in_and_canceled() -> None:
    alice = V1Trader()
    Trader(alice.venue, "bob").add(side="sell", limit_price=5)
    alice.listen("openOrders")
    (reply, *rows) = alice.ask(
        "addOrder", ordertype="limit", type="buy", pair="XBT/USD", price="5", volume="1", oflags="post"
    )
    assert '"status":"ok"' in reply
    assert '"cancel_reason":"Post only order"' in rows[-1]


@pytest.mark.parametrize(
    ("given", "field", "value"),
    [
        ({"userref": "-7"}, "userref", -7),
        ({"userref": 7}, "userref", 7),
        ({"oflags": "post,fcib"}, "post_only", True),
        ({"oflags": "post,fcib,nompp"}, "fee_preference", "base"),
        ({"oflags": "fciq"}, "fee_preference", "quote"),
        ({"stp_type": "cancel_both"}, "stp", "cancel_both"),
        ({"timeinforce": "GTD", "expiretm": "+60"}, "expire_ns", NOW_NS + 60 * SECOND_NS),
        ({"expiretm": "+60"}, "time_in_force", "gtd"),
        ({"starttm": "+60"}, "effective_ns", NOW_NS + 60 * SECOND_NS),
        ({"starttm": "0", "expiretm": "0"}, "effective_ns", 0),
        ({"sender_sub_id": "desk"}, "sender_sub_id", "desk"),
        ({"cl_ord_id": "mine"}, "cl_ord_id", "mine"),
        ({"margin": False, "reduce_only": "false", "leverage": "none"}, "symbol", "BTC/USD"),
    ],
)
def test_fields(given: dict[str, str | bool], field: str, value: object) -> None:
    assert getattr(terms_of(**given), field) == value


@pytest.mark.parametrize(
    ("given", "price"),
    [
        ({"price": "99.5"}, "99.5"),
        ({"price": "-1.5"}, "98.5"),
        ({"price": "#2"}, "98.0"),
        ({"price": "-1.25%"}, "98.8"),
        ({"price": "+1", "type": "sell"}, "101.0"),
        ({"price": "#1%", "type": "sell"}, "101.0"),
        (STOP | {"price": "90", "price2": "-10.5"}, "89.5"),
        (STOP | {"price": "90", "price2": "-12%"}, "88.0"),
    ],
)
def test_limit_prices_may_be_relative_to_the_last_trade(given: dict[str, str], price: str) -> None:
    assert to_text(terms_of(**given).limit_price, 1) == price


@pytest.mark.parametrize(
    ("given", "trigger"),
    [
        (STOP | {"price": "90", "price2": "89"}, (900, "static")),
        (STOP | {"price": "-5", "price2": "89"}, (-50, "quote")),
        (STOP | {"price": "#5%", "price2": "89"}, (-5_000_000, "pct")),
        ({"ordertype": "trailing-stop", "type": "sell", "price": "+5%"}, (5_000_000, "pct")),
        ({"ordertype": "take-profit", "type": "sell", "price": "120"}, (1200, "static")),
    ],
)
def test_triggers(given: dict[str, str], trigger: tuple[int, str]) -> None:
    told = terms_of(**given).trigger
    assert told is not None
    assert (told.price, told.price_type) == trigger


def test_a_close_order() -> None:
    fields = {"close[ordertype]": "stop-loss-limit", "close[price]": "90", "close[price2]": "-1%"}
    conditional = terms_of(price="99", **{"close[ordertype]": "limit", "close[price]": "120"}).conditional
    assert conditional is not None
    assert (conditional.order_type, conditional.limit_price) == ("limit", 1200)
    assert V1Trader().error(**fields) == "EGeneral:Invalid arguments:close[price2]"


def test_a_market_buy_by_its_cost() -> None:
    alice = V1Trader(traded_at(100))
    Trader(alice.venue, "bob").add(side="sell", limit_price=100, order_qty=3)
    reply = alice.add(ordertype="market", price=None, volume="250", oflags="viqc")
    assert reply["descr"] == "buy 250.00000 BTCUSD @ market"


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"ordertype": None}, "EGeneral:Invalid arguments:ordertype"),
        ({"ordertype": "iceberg"}, "EGeneral:Invalid arguments:ordertype"),
        ({"type": "long"}, "EGeneral:Invalid arguments:type"),
        ({"volume": None}, "EGeneral:Invalid arguments:volume"),
        ({"volume": "-1"}, "EGeneral:Invalid arguments:volume"),
        ({"volume": "1e-9"}, "EGeneral:Invalid arguments:volume"),
        ({"price": None}, "EGeneral:Invalid arguments:price"),
        ({"price": "cheap"}, "EGeneral:Invalid arguments:price"),
        ({"price2": "4"}, "EGeneral:Invalid arguments:price2"),
        ({"timeinforce": "FOK"}, "EGeneral:Invalid arguments:timeinforce"),
        ({"timeinforce": "GTD"}, "EGeneral:Invalid arguments:expiretm"),
        ({"expiretm": "+1"}, "EGeneral:Invalid arguments:expiretm"),
        ({"oflags": "speed"}, "EGeneral:Invalid arguments:oflags"),
        ({"ordertype": "market", "price": None, "oflags": "post"}, "EGeneral:Invalid arguments:oflags"),
        ({"stp_type": "cancel-both"}, "EGeneral:Invalid arguments:stp_type"),
        ({"userref": "x"}, "EGeneral:Invalid arguments:userref"),
        ({"userref": "1", "cl_ord_id": "mine"}, "EGeneral:Invalid arguments:cl_ord_id"),
        ({"cl_ord_id": "x" * 19}, "EGeneral:Invalid arguments:cl_ord_id"),
        ({"deadline": "2026-01-01T01:00:00.4Z"}, "EGeneral:Invalid arguments:deadline"),
        ({"deadline": "2026-01-01T00:59:59Z"}, "EService:Deadline elapsed"),
        ({"validate": "maybe"}, "EGeneral:Invalid arguments:validate"),
        ({"margin": True}, "EOrder:Cannot open position"),
        ({"leverage": "5"}, "EOrder:Cannot open position"),
        ({"ordertype": "settle-position", "price": None}, "EOrder:Cannot open position"),
        ({"reduce_only": True}, "EOrder:Reduce only:No position exists"),
        ({"price": "5.55"}, "EOrder:Tick size check failed"),
        ({"price": "-1"}, "EOrder:Invalid price"),
        ({"volume": "0.00001"}, "EOrder:Order minimum not met"),
        ({"price": "0.1", "volume": "0.001"}, "EOrder:Cost minimum not met"),
        ({"volume": "9000000000"}, "EOrder:Insufficient funds"),
    ],
)
def test_refusals(given: dict[str, str | None], text: str) -> None:
    alice = V1Trader()
    assert alice.error(**given) == text
    assert alice.venue.orders("alice") == []


def test_deadlines_of_half_a_second_are_enough() -> None:
    assert V1Trader().add(deadline="2026-01-01T01:00:00.5Z")["status"] == "ok"
