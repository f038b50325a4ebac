"""Money by REST: whole answers in the shapes of recorded ones."""

import pytest

from builders import DAY_NS, SPOT, buy, deposit, place, sell
from gateway.restcaller import Caller
from krakenbox.gateway.keys import Permission as P
from krakenbox.gateway.restfunds import _fee

BALANCES = {
    "BTC": "1000.0000000000",
    "ETH": "10000.0000000000",
    "EUR": "10000000.0000",
    "USD": "10000000.0000",
    "DOGE": "10000000000.00000000",
}


def test_balance() -> None:
    caller = Caller()
    assert caller.call("Balance", {}) == {"error": [], "result": BALANCES}
    caller.venue.submit(deposit("alice", "USD", "0.5"))
    assert caller.result("Balance")["USD"] == "10000000.5000"


def test_what_is_gone_is_told_as_zero() -> None:
    caller = Caller()
    caller.venue.submit(place(buy, 1000, at=100, by="bob"), place(sell, 1000, at=100))
    assert caller.result("Balance")["BTC"] == "0.0000000000"


def test_balance_with_holds() -> None:
    caller = Caller()
    caller.venue.submit(place(buy, 2, at=100), place(sell, "0.5", at=200))
    rows = caller.result("BalanceEx")
    assert rows["USD"] == {"balance": "10000000.0000", "hold_trade": "200.8000"}
    assert rows["BTC"] == {"balance": "1000.0000000000", "hold_trade": "0.5000000000"}
    assert rows["EUR"] == {"balance": "10000000.0000", "hold_trade": "0.0000"}
    # What is left is what a new order may hold, to the last unit.
    spare = "999.50000001"
    assert caller.error(
        "AddOrder", pair="BTCUSD", ordertype="limit", type="sell", volume=spare, price="300"
    ) == ("EOrder:Insufficient funds")
    assert caller.add(ordertype="limit", type="sell", volume="999.5", price="300")["error"] == []


def test_trade_balance() -> None:
    caller = Caller()
    nothing = dict.fromkeys(("eb", "tb", "m", "n", "c", "v", "e", "mf", "uv"), "0.0000")
    told = caller.result("TradeBalance", asset="USD")
    assert told == nothing | {"eb": "10000000.0000"}, "nothing but USD has a price yet"
    venue = caller.venue
    venue.submit(place(sell, 1, at=100, by="bob"), place(buy, 1, at=100, by="carol"))
    venue.submit(
        place(sell, 1, at=2, by="bob", symbol="EUR/USD"), place(buy, 1, at=2, by="carol", symbol="EUR/USD")
    )
    venue.submit(place(buy, 3, at=50))
    assert caller.result("TradeBalance", asset="USD") == nothing | {"eb": "30100000.0000", "uv": "150.0000"}
    assert caller.result("TradeBalance", asset="EUR") == nothing | {"eb": "15050000.0000", "uv": "75.0000"}
    assert caller.error("TradeBalance", asset="NONE") == "EQuery:Unknown asset"
    assert list(told) == list(nothing)


def test_trade_volume() -> None:
    caller = Caller()
    assert caller.result("TradeVolume") == {"currency": "ZUSD", "volume": "0.0000"}
    caller.venue.submit(place(sell, 150, at=100, by="bob"), place(buy, 150, at=100))
    assert caller.result("TradeVolume", pair="BTCUSD,EUR/USD") == {
        "currency": "ZUSD",
        "volume": "15000.0000",
        "fees": {
            "BTCUSD": {
                "fee": "0.3500",
                "minfee": "0.2400",
                "maxfee": "0.4000",
                "nextfee": "0.2400",
                "nextvolume": "50000.0000",
                "tiervolume": "10000.0000",
            },
            "EUR/USD": {
                "fee": "0.2000",
                "minfee": "0.2000",
                "maxfee": "0.2000",
                "nextfee": None,
                "nextvolume": None,
                "tiervolume": "0.0000",
            },
        },
        "fees_maker": {
            "BTCUSD": {
                "fee": "0.2000",
                "minfee": "0.1400",
                "maxfee": "0.2500",
                "nextfee": "0.1400",
                "nextvolume": "50000.0000",
                "tiervolume": "10000.0000",
            },
            "EUR/USD": {
                "fee": "0.2000",
                "minfee": "0.2000",
                "maxfee": "0.2000",
                "nextfee": None,
                "nextvolume": None,
                "tiervolume": "0.0000",
            },
        },
    }
    assert caller.error("TradeVolume", pair="NONE") == "EQuery:Unknown asset pair"
    caller.venue.clock.advance(30 * DAY_NS)
    assert caller.result("TradeVolume")["volume"] == "0.0000"


@pytest.mark.parametrize(
    ("volume", "steps"),
    [
        (0, ("0.4000", "0.3500", "10000.0000", "0.0000")),
        (10_000 * 10_000 - 1, ("0.4000", "0.3500", "10000.0000", "0.0000")),
        (10_000 * 10_000, ("0.3500", "0.2400", "50000.0000", "10000.0000")),
        (60_000 * 10_000, ("0.2400", None, None, "50000.0000")),
    ],
)
def test_steps_of_a_schedule(volume: int, steps: tuple[str | None, ...]) -> None:
    row = _fee(SPOT, volume, "taker_ppm")
    assert (row["fee"], row["nextfee"], row["nextvolume"], row["tiervolume"]) == steps


def test_there_are_no_positions() -> None:
    assert Caller().call("OpenPositions", {"docalcs": "true"}) == {"error": [], "result": {}}


@pytest.mark.parametrize(
    ("method", "needs"),
    [
        ("Balance", P.QUERY_FUNDS),
        ("BalanceEx", P.QUERY_FUNDS),
        ("TradeVolume", P.QUERY_FUNDS),
        ("TradeBalance", P.QUERY_OPEN_TRADES),
        ("OpenPositions", P.QUERY_OPEN_TRADES),
    ],
)
def test_permissions(method: str, needs: P) -> None:
    assert "result" in Caller(needs).call(method, {})
    others = set(P) - {needs}
    assert Caller(*others).error(method) == "EGeneral:Permission denied"
