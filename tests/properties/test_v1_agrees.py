"""v1 and v2 tell of one exchange: whatever is asked, the same books, trades, candles and own orders."""

import json
from decimal import Decimal
from typing import Any

import pytest

from builders import SECOND_NS
from harness import subscribe as subscribe_v2
from krakenbox.gateway.desk import Api
from properties.test_private_view import Client, shown
from v1screens import V1Trader, subscribe, unsubscribe

Row = dict[str, Any]
REQUESTS = 250
STATUS = {"pending_new": "pending", "new": "open", "partially_filled": "open"}
ONLY_IN_UPDATES = {"lastupdated", "amend_reason", "display_volume_remain"}
"""Not in a snapshot, or moving without a message of its own."""


class Public:
    """Two watchers of the same channels, one of each API."""

    def __init__(self, client: Client) -> None:
        self.old = client.venue.greeted("ws", Api.V1)
        self.new = client.venue.greeted("ws")
        for channel in ("trade", "book", "ohlc"):
            self.old.send(subscribe(channel, "XBT/USD")).frames()
            self.new.send(subscribe_v2(channel, "BTC/USD")).frames()

    def compare(self) -> int:
        """Whether both were told the same; how often."""
        old = [each for text in self.old.frames() if isinstance(each := json.loads(text), list)]
        new = [each for each in self.new.messages() if each.get("channel") in ("trade", "book", "ohlc")]
        assert len(old) == len(new)
        for channel, told in (("trade", trades), ("book", levels), ("ohlc", candle)):
            olds = [each for each in old if each[-2].partition("-")[0] == channel]
            news = [each for each in new if each["channel"] == channel]
            for one, other in zip(olds, news, strict=True):
                told(one, other["data"])
        return len(old)


def trades(old: list[Any], new: list[Row]) -> None:
    for (price, volume, _, side, kind, _), row in zip(old[1], new, strict=True):
        assert (Decimal(price), volume) == (Decimal(row["price"]), row["qty"])
        assert (side, kind) == (row["side"][0], row["ord_type"][0])


def levels(old: list[Any], new: list[Row]) -> None:
    (row,) = new
    parts = old[1:-2]
    for side, name in (("a", "asks"), ("b", "bids")):
        listed = [level for part in parts for level in part.get(side, [])]
        wanted = [(Decimal(level["price"]), level["qty"]) for level in row[name]]
        assert [(Decimal(price), volume) for price, volume, *_ in listed] == wanted


def candle(old: list[Any], new: list[Row]) -> None:
    (row,) = new
    _, _, first, high, low, last, average, volume, count = old[1]
    prices = [Decimal(row[name]) for name in ("open", "high", "low", "close")]
    assert [Decimal(text) for text in (first, high, low, last)] == prices
    assert (volume, count) == (row["volume"], row["trades"])
    assert abs(Decimal(average) - Decimal(row["vwap"])) <= Decimal("0.05")


class Orders:
    """One account's open orders, from the updates of v1 alone."""

    def __init__(self, client: Client, account: str) -> None:
        self.account = account
        self.trader = V1Trader(client.venue, account)
        self.open: dict[str, Row] = {}
        self.sold = Decimal(0)
        self.trader.listen("openOrders")
        self.trader.listen("ownTrades")

    def take(self) -> None:
        """Take in what was told."""
        for text in self.trader.frames():
            message = json.loads(text)
            if isinstance(message, dict):
                continue
            for row in message[0]:
                ((name, fields),) = row.items()
                if message[1] == "ownTrades":
                    self.sold += Decimal(fields["vol"])
                    continue
                order = self.open.setdefault(name, {})
                order |= fields
                if order["status"] in ("closed", "canceled", "expired"):
                    del self.open[name]

    def snapshot(self) -> dict[str, Row]:
        """The open orders as a fresh subscription shows them."""
        asker = V1Trader(self.trader.venue, self.account)
        (text,) = asker.listen("openOrders")
        asker.client.send(unsubscribe("openOrders", token=asker.token))
        asker.client.hang_up()
        return {name: fields for row in json.loads(text)[0] for name, fields in row.items()}


def bare(order: Row) -> Row:
    return {name: value for name, value in order.items() if name not in ONLY_IN_UPDATES}


def compare(old: Row, new: Row) -> None:
    assert old["status"] == STATUS[new["order_status"]]
    assert (old["vol_exec"], Decimal(old["cost"])) == (new["cum_qty"], Decimal(new["cum_cost"]))
    assert Decimal(old["avg_price"]) == Decimal(new["avg_price"])
    assert old["vol"] == new["order_qty"]
    assert (old["descr"]["type"], old["descr"]["ordertype"]) == (new["side"], new["order_type"])
    assert old.get("cl_ord_id") == new.get("cl_ord_id")
    assert old["timeinforce"] == new["time_in_force"]
    assert Decimal(old["stopprice"]) == Decimal(new.get("stop_price", "0"))


@pytest.mark.parametrize("seed", range(3))
def test_both_apis_tell_the_same(seed: int) -> None:
    client = Client(seed)
    public, mine = Public(client), [Orders(client, name) for name in ("alice", "bob")]
    told = 0
    for _ in range(REQUESTS):
        client.step()
        if client.chance.random() < 0.2:
            client.venue.pass_time(client.chance.choice([1, SECOND_NS, 5 * SECOND_NS]))
        told += public.compare()
        for orders in mine:
            orders.take()
            fresh = orders.snapshot()
            assert {name: bare(order) for name, order in orders.open.items()} == {
                name: bare(order) for name, order in fresh.items()
            }
            rows = {row["order_id"]: row for row in shown(client.venue, orders.account)}
            assert list(fresh) == list(rows)
            for name, order in fresh.items():
                compare(order, rows[name])
    assert told > REQUESTS // 10
    assert all(orders.sold > 0 for orders in mine)
