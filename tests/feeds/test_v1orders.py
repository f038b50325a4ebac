"""Rows of `openOrders` and `ownTrades`: which fields each has, and what they say."""

import json
from typing import Any

import pytest

from harness import Trader, Venue
from krakenbox.model.command import CancelOrder, OrderRef
from krakenbox.model.order import AccountId, OrderId
from v1screens import V1Trader, unsubscribe

Row = dict[str, Any]
SECOND = 1_000_000_000
STOP = {"ordertype": "stop-loss-limit", "type": "sell", "price": "95", "price2": "94", "volume": "1"}
CHANGED = {"avg_price", "cost", "fee", "userref", "vol_exec"}


def market(price: int = 100) -> tuple[Venue, V1Trader]:
    """A venue whose last trade was at a price, and alice, who listens to her orders."""
    venue = Venue()
    trade(venue, price)
    alice = V1Trader(venue)
    alice.listen("openOrders")
    return venue, alice


def trade(venue: Venue, price: int) -> None:
    Trader(venue, "bob").add(side="sell", limit_price=price)
    Trader(venue, "carol").add(limit_price=price)


def told(alice: V1Trader, event: str = "addOrder", **fields: Any) -> list[Row]:
    """Fields of the rows that a request brings."""
    _, *rows = alice.ask(event, **({"pair": "XBT/USD"} | fields if event == "addOrder" else fields))
    return [next(iter(row.values())) for text in rows for row in json.loads(text)[0]]


def test_an_order_comes_whole_then_opens() -> None:
    _, alice = market()
    pending, opened = told(alice, ordertype="limit", type="buy", price="99.5", volume="10", oflags="post")
    assert pending == {
        "avg_price": "0.00000",
        "cost": "0.00000",
        "descr": {
            "close": None,
            "leverage": None,
            "order": "buy 10.00000000 XBT/USD @ limit 99.50000",
            "ordertype": "limit",
            "pair": "XBT/USD",
            "price": "99.50000",
            "price2": "0.00000",
            "type": "buy",
        },
        "expiretm": None,
        "fee": "0.00000",
        "limitprice": "0.00000",
        "misc": "",
        "oflags": "fciq,post",
        "opentm": "1767229200.000000",
        "refid": None,
        "starttm": None,
        "status": "pending",
        "stopprice": "0.00000",
        "timeinforce": "GTC",
        "userref": 0,
        "vol": "10.00000000",
        "vol_exec": "0.00000000",
    }
    assert opened == {"status": "open", "userref": 0}


def test_a_market_order_goes_through_four_rows() -> None:
    venue, alice = market()
    Trader(venue, "bob").add(side="sell", limit_price=100, order_qty=1)
    pending, opened, filled, closed = told(alice, ordertype="market", type="buy", volume="0.5", userref="7")
    assert pending["descr"]["order"] == "buy 0.50000000 XBT/USD @ market 0.00000"
    assert opened == {"status": "open", "userref": 7}
    # 0.40 % of a pro's 50.00000 in a fresh account
    totals = {"avg_price": "100.00000", "cost": "50.00000", "fee": "0.20000", "userref": 7}
    assert filled == totals | {"vol_exec": "0.50000000"}
    assert closed == filled | {"lastupdated": "1767229200.000000", "status": "closed"}


def test_fees_of_several_fills_add_up() -> None:
    venue, alice = market()
    for price in (100, 101):
        Trader(venue, "bob").add(side="sell", limit_price=price, order_qty=1)
    *_, first, second, closed = told(alice, ordertype="limit", type="buy", price="101", volume="2")
    assert [row["fee"] for row in (first, second, closed)] == ["0.40000", "0.80400", "0.80400"]
    assert [row["avg_price"] for row in (first, closed)] == ["100.00000", "100.50000"]


def test_a_canceled_order_says_why_and_an_expired_one_does_not() -> None:
    venue, alice = market()
    txid = alice.ask("addOrder", ordertype="limit", type="buy", pair="XBT/USD", price="9", volume="1")
    order_id = json.loads(txid[0])["txid"]
    (canceled,) = told(alice, "cancelOrder", txid=[order_id])
    assert canceled.keys() == CHANGED | {"lastupdated", "status", "cancel_reason"}
    assert (canceled["status"], canceled["cancel_reason"]) == ("canceled", "User requested")
    told(alice, ordertype="limit", type="buy", price="9", volume="1", timeinforce="GTD", expiretm="+6")
    venue.pass_time(8 * SECOND)
    (expired,) = (json.loads(text)[0][0] for text in alice.frames() if text.startswith("[["))
    (fields,) = expired.values()
    assert fields.keys() == CHANGED | {"lastupdated", "status"}
    assert fields["status"] == "expired"


def test_an_edit_replaces() -> None:
    _, alice = market()
    told(alice, ordertype="limit", type="buy", price="9", volume="1", userref="3")
    replaced, pending, _ = told(alice, "editOrder", orderid=3, pair="XBT/USD", price="8")
    assert (replaced["status"], replaced["cancel_reason"]) == ("canceled", "Order replaced")
    assert pending["descr"]["price"] == "8.00000"


def test_an_amend_tells_what_changed() -> None:
    _, alice = market()
    told(alice, ordertype="limit", type="buy", price="9", volume="1", cl_ord_id="mine")
    (amended,) = told(alice, "amendOrder", cl_ord_id="mine", volume="2", limit_price="8")
    assert amended.keys() == {"amend_reason", "amended", "descr", "lastupdated", "userref", "vol"}
    assert (amended["vol"], amended["descr"]["price"], amended["amended"]) == ("2.00000000", "8.00000", True)
    alice.client.send(unsubscribe("openOrders", token=alice.token))
    alice.frames()
    (snapshot,) = (json.loads(text)[0][0] for text in alice.listen("openOrders"))
    (whole,) = snapshot.values()
    assert (whole["amended"], whole["cl_ord_id"], whole["status"]) == (True, "mine", "open")


def test_a_stop_shows_its_prices_and_is_stopped() -> None:
    venue, alice = market()
    pending, _ = told(alice, **STOP)
    assert pending["descr"]["order"] == ("sell 1.00000000 XBT/USD @ stop loss 95.00000 -> limit 94.00000")
    assert [pending["descr"][name] for name in ("price", "price2")] == ["95.00000", "94.00000"]
    assert [pending[name] for name in ("stopprice", "limitprice", "misc")] == ["95.00000", "94.00000", ""]
    trade(venue, 95)
    (fired,) = alice.rows()
    assert fired == {"misc": "stopped", "stopprice": "95.00000", "userref": 0}


def test_a_profit_is_touched() -> None:
    venue, alice = market()
    told(alice, ordertype="take-profit-limit", type="sell", price="105", price2="110", volume="1")
    trade(venue, 105)
    assert alice.rows()[0]["misc"] == "touched"


@pytest.mark.parametrize(
    ("price", "shown", "stops_at"), [("+5%", "+5.0000%", "95.00000"), ("+7.5", "+7.50000", "92.50000")]
)
def test_what_trails_shows_its_distance_and_where_it_stops(price: str, shown: str, stops_at: str) -> None:
    venue, alice = market()
    pending, *_ = told(alice, ordertype="trailing-stop", type="sell", price=price, volume="1")
    assert (pending["descr"]["price"], pending["stopprice"]) == (shown, stops_at)
    trade(venue, 120)
    (moved,) = alice.rows()
    assert moved.keys() == {"stopprice", "userref"}


def test_a_close_order_is_described_and_refers_to_its_parent() -> None:
    venue, alice = market()
    close = {"close[ordertype]": "limit", "close[price]": "120"}
    pending, _ = told(alice, ordertype="limit", type="buy", price="99", volume="1", **close)
    assert pending["descr"]["close"] == "close position @ limit 120.00000"
    assert pending["contingent"] == {
        "oflags": "",
        "ordertype": "limit",
        "price": "120.00000",
        "price2": "0.00000",
    }
    (parent,) = (order.order_id for order in venue.orders("alice"))
    Trader(venue, "bob").add(side="sell", limit_price=99)
    child = next(row for row in alice.rows() if row.get("status") == "pending")
    assert (child["refid"], child["descr"]["type"]) == (parent, "sell")


def test_what_v1_cannot_enter_it_can_show() -> None:
    venue, alice = market()
    trader = Trader(venue)
    trader.add(order_type="iceberg", order_qty=10, display_qty=2, limit_price=9)
    iceberg, _ = alice.rows()
    assert iceberg["descr"]["order"] == "buy 10.00000000 XBT/USD @ iceberg 9.00000"
    assert (iceberg["display_volume"], iceberg["display_volume_remain"]) == ("2.00000000", "2.00000000")
    Trader(venue, "bob").add(side="sell", order_qty=2, limit_price=9)
    assert alice.rows()[-1] == {"display_volume_remain": "2.00000000", "userref": 0}
    trader.add(effective_time="2026-01-01T02:00:00Z", sender_sub_id="desk", fee_preference="base")
    (scheduled,) = alice.rows()
    assert (scheduled["starttm"], scheduled["status"]) == ("1767232800.000000", "pending")
    assert (scheduled["sender_sub_id"], scheduled["oflags"]) == ("desk", "fcib")


def test_orders_by_cost_show_it() -> None:
    venue, alice = market()
    Trader(venue, "bob").add(side="sell", limit_price=100, order_qty=5)
    pending, *_ = told(alice, ordertype="market", type="buy", volume="250", oflags="viqc")
    assert (pending["vol"], pending["oflags"]) == ("250.00000", "fciq,viqc")


def test_an_operator_may_cancel_too() -> None:
    venue, alice = market()
    told(alice, ordertype="limit", type="buy", price="9", volume="1")
    (order,) = venue.orders("alice")
    venue.submit(CancelOrder(AccountId("alice"), OrderRef(OrderId(order.order_id))))
    assert [row["status"] for row in alice.rows()] == ["canceled"]
