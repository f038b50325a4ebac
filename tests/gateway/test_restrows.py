"""Orders as REST describes them: every key in its order, figures, descriptions and what they went through."""

from typing import Any

import pytest

from builders import BTC_USD, buy, place, sell
from gateway.restcaller import LIMIT, MARKET, Caller, of
from harness import NOW_NS
from krakenbox.gateway.restrows import description
from krakenbox.model.order import FeePreference, OrderTerms, TimeInForce
from sleepers import dormant, oto

SECOND = 1_000_000_000
NOW = str(NOW_NS // SECOND)


def traded(caller: Caller, price: float) -> None:
    caller.venue.submit(place(sell, 1, at=price, by="bob"), place(buy, 1, at=price, by="carol"))


def only(caller: Caller) -> dict[str, Any]:
    (row,) = caller.result("OpenOrders")["open"].values()
    return dict(row)


def test_a_resting_order() -> None:
    caller = Caller()
    caller.venue.clock.advance(121_142_000)
    caller.add(**LIMIT | {"oflags": "post"}, cl_ord_id="mine")
    row = only(caller)
    assert row.pop("opentm") == f"{NOW}.121142"
    assert row == {
        "refid": None,
        "userref": 0,
        "cl_ord_id": "mine",
        "status": "open",
        "starttm": 0,
        "expiretm": 0,
        "descr": {
            "pair": "BTCUSD",
            "aclass": "forex",
            "type": "buy",
            "ordertype": "limit",
            "price": "5.0",
            "price2": "0",
            "leverage": "none",
            "order": "buy 1.00000000 BTCUSD @ limit 5.0",
            "close": "",
        },
        "vol": "1.00000000",
        "vol_exec": "0.00000000",
        "cost": "0.00000",
        "fee": "0.00000",
        "price": "0.00000",
        "stopprice": "0.00000",
        "limitprice": "0.00000",
        "misc": "",
        "oflags": "fciq,post",
    }


RECORDED = [
    "refid",
    "userref",
    "status",
    "opentm",
    "starttm",
    "expiretm",
    "descr",
    "vol",
    "vol_exec",
    "cost",
    "fee",
    "price",
    "stopprice",
    "limitprice",
    "misc",
    "oflags",
]
DESCRIBED = ["pair", "aclass", "type", "ordertype", "price", "price2", "leverage", "order", "close"]


def test_keys_are_those_that_were_recorded() -> None:
    caller = Caller()
    caller.add(**LIMIT)
    assert list(only(caller)) == RECORDED
    assert list(only(caller)["descr"]) == DESCRIBED


@pytest.mark.parametrize("preference", [FeePreference.QUOTE, FeePreference.BASE])
def test_a_partial_fill(preference: FeePreference) -> None:
    caller = Caller()
    caller.venue.submit(
        place(buy, 3, at=100, fee_preference=preference), place(sell, "0.5", at=100, by="bob")
    )
    row = only(caller)
    assert (row["vol"], row["vol_exec"], row["cost"]) == ("3.00000000", "0.50000000", "50.00000")
    assert (row["price"], row["misc"]) == ("100.00000", "partial")
    fee = {"quote": ("fciq", "0.12500"), "base": ("fcib", "0.00125000")}[preference]
    assert (row["oflags"], row["fee"]) == fee


def test_a_trailing_stop_shows_its_peak() -> None:
    caller = Caller()
    traded(caller, 100)
    caller.venue.submit(dormant(sell, "49.96", "trailing-stop", "1%"))
    traded(caller, 200)
    row = only(caller)
    assert (row["stopprice"], row["limitprice"]) == ("198.00000", "200.00000")
    assert (row["descr"]["price"], row["descr"]["price2"]) == ("+1.0000%", "0")
    assert (row["trigger"], row["misc"]) == ("last", "")


@pytest.mark.parametrize(
    ("kind", "trigger", "fires", "word"),
    [("stop-loss-limit", 90, 85, "stopped"), ("take-profit-limit", 110, 115, "touched")],
)
def test_what_was_triggered(kind: str, trigger: int, fires: int, word: str) -> None:
    caller = Caller()
    traded(caller, 100)
    caller.venue.submit(dormant(sell, 1, kind, str(trigger), "150"))
    assert (only(caller)["limitprice"], only(caller)["misc"]) == ("0.00000", "")
    traded(caller, fires)
    row = only(caller)
    assert (row["stopprice"], row["limitprice"], row["misc"]) == (f"{trigger}.00000", "150.00000", word)


def test_an_amended_order() -> None:
    caller = Caller()
    caller.add(**LIMIT, cl_ord_id="mine")
    caller.result("AmendOrder", cl_ord_id="mine", limit_price="6", order_qty="2")
    row = only(caller)
    assert (row["vol"], row["misc"], row["descr"]["price"]) == ("2.00000000", "amended", "6.0")
    assert row["descr"]["order"] == "buy 2.00000000 BTCUSD @ limit 6.0"


def test_times_and_a_close_order() -> None:
    caller = Caller()
    starts, ends = NOW_NS + 60 * SECOND, NOW_NS + 120 * SECOND
    timed: dict[str, Any] = {"effective_ns": starts, "expire_ns": ends, "time_in_force": TimeInForce.GTD}
    caller.venue.submit(place(buy, 1, at=5, conditional=oto("limit", at="7"), sender_sub_id="desk", **timed))
    row = only(caller)
    assert (row["status"], row["starttm"], row["expiretm"]) == ("pending", int(NOW) + 60, int(NOW) + 120)
    assert row["descr"]["close"] == "close position @ limit 7.0"
    assert row["sender_sub_id"] == "desk"


def test_an_order_that_a_fill_entered() -> None:
    caller = Caller()
    caller.venue.submit(place(sell, 1, at=5, by="bob"))
    told = caller.add(**LIMIT, close={"ordertype": "limit", "price": "7"})
    assert only(caller)["refid"] == told["result"]["txid"][0]


@pytest.mark.parametrize(
    ("command", "prices"),
    [
        (place(buy, 1), ("0", "0")),
        (place(buy, 1, at=30010), ("30010.0", "0")),
        (dormant(sell, 1, "stop-loss", "95"), ("95.0", "0")),
        (dormant(sell, 1, "stop-loss-limit", "95", "94.5"), ("95.0", "94.5")),
        (dormant(sell, 1, "trailing-stop", "5.5q"), ("+5.5", "0")),
        (dormant(sell, 1, "trailing-stop-limit", "50%", "-1q"), ("+50.0000%", "-1.0")),
    ],
)
def test_prices_as_entered(command: Any, prices: tuple[str, str]) -> None:
    terms: OrderTerms = command.terms
    told = description(terms, BTC_USD)
    assert (told["price"], told["price2"]) == prices


# --- orders that are over


def closed(caller: Caller) -> dict[str, Any]:
    (row,) = caller.result("ClosedOrders")["closed"].values()
    return dict(row)


def test_a_filled_order() -> None:
    caller = Caller()
    caller.venue.submit(place(sell, 3, at=5, by="bob"), place(sell, 3, at="5.5", by="bob"))
    caller.add(**MARKET | {"volume": "4"})
    row = closed(caller)
    assert list(row) == [*RECORDED, "reason", "closetm"]
    assert (row["status"], row["reason"], row["misc"]) == ("closed", None, "")
    assert (row["vol_exec"], row["cost"], row["price"]) == ("4.00000000", "20.50000", "5.10000")
    assert row["fee"] == "0.08200", "0.4 percent of 20.5"
    assert row["opentm"] == row["closetm"] == int(NOW)


def test_a_canceled_trailing_stop() -> None:
    """All but the numbers is what was recorded of one in 2025."""
    caller = Caller()
    traded(caller, 100)
    caller.venue.submit(dormant(sell, "49.96", "trailing-stop", "1%"))
    caller.result("CancelAll")
    row = closed(caller)
    assert row["descr"] == {
        "pair": "BTCUSD",
        "aclass": "forex",
        "type": "sell",
        "ordertype": "trailing-stop",
        "price": "+1.0000%",
        "price2": "0",
        "leverage": "none",
        "order": "sell 49.96000000 BTCUSD @ trailing stop +1.0000%",
        "close": "",
    }
    assert (row["status"], row["reason"], row["oflags"]) == ("canceled", "User requested", "fciq")
    assert (row["stopprice"], row["limitprice"]) == ("99.00000", "100.00000")


@pytest.mark.parametrize(
    ("trigger", "limit", "peak"),
    [("10q", "0", "100.00000"), ("10q", "5q", "100.00000"), ("5%", "0", "100.00000")],
)
@pytest.mark.parametrize("side", [buy, sell])
def test_the_peak_of_what_trailed(side: Any, trigger: str, limit: str, peak: str) -> None:
    caller = Caller()
    traded(caller, 100)
    kind = "trailing-stop" if limit == "0" else "trailing-stop-limit"
    caller.venue.submit(dormant(side, 1, kind, trigger, limit))
    before = only(caller)["limitprice"]
    caller.result("CancelAll")
    assert closed(caller)["limitprice"] == before == peak


def test_an_expired_order_and_one_by_cash() -> None:
    caller = Caller()
    ends = NOW_NS + 5 * SECOND
    caller.venue.submit(place(buy, 1, at=5, time_in_force=TimeInForce.GTD, expire_ns=ends))
    caller.venue.pass_time(6 * SECOND)
    assert (closed(caller)["status"], closed(caller)["closetm"]) == ("expired", int(NOW) + 5)
    spender = Caller()
    spender.venue.submit(place(sell, 100, at=10, by="bob"))
    assert spender.add(**of("market", "buy", oflags="viqc") | {"volume": "50"})["error"] == []
    row = closed(spender)
    assert (row["vol"], row["vol_exec"], row["oflags"]) == ("50.00000", "5.00000000", "fciq,viqc")
