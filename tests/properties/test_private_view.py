"""Random requests of every trading method: each is answered, and the private views show what the venue has.

A client sends what it likes; after every request the snapshot of `executions` names exactly the open orders
of the account, with their quantities, prices and triggers as they stand in the engine.
"""

import json
from random import Random
from typing import Any

import pytest

from builders import BTC_USD, SECOND_NS, buy, place, sell, units
from harness import Trader, Venue
from krakenbox.feeds.executions import ExecutionOptions
from krakenbox.feeds.hub import Subscriber
from krakenbox.model.command import SetIndexPrice, SetLimits
from krakenbox.model.fixed import Price
from krakenbox.model.order import AccountId, Order, OrderStatus, PriceType
from krakenbox.venue.audit import audit
from screens import read, texts

WATCHER = Subscriber(99)
REQUESTS = 400
PRICES = [97, 98.5, 99.9, 100, 100.1, 101, 103]
QTYS = [0.00005, 0.5, 1, 1.5, 2.33333333, 7]
TYPES = [
    "limit",
    "limit",
    "market",
    "iceberg",
    "stop-loss",
    "stop-loss-limit",
    "take-profit",
    "take-profit-limit",
    "trailing-stop",
    "trailing-stop-limit",
]

Params = dict[str, Any]


class Client:
    """Two accounts on connections of their own, and chance."""

    def __init__(self, seed: int) -> None:
        market = [place(sell, 1, at=100, by="mia"), place(buy, 1, at=100, by="mia", stp="cancel_both")]
        self.venue = Venue([SetLimits(False), *market])
        self.traders = {name: Trader(self.venue, name) for name in ("alice", "bob")}
        self.chance = Random(seed)
        self.count = 0

    def step(self) -> None:
        """One request of somebody's, answered."""
        name = self.chance.choice(list(self.traders))
        trader, method = self.traders[name], self.chance.choices(list(METHODS), list(WEIGHTS))[0]
        orders = self.venue.orders(name)
        params = METHODS[method](self, orders)
        if params is None:
            return
        self.count += 1
        replies = [json.loads(frame) for frame in trader.ask(method, self.count, **params)]
        answered = [reply for reply in replies if reply.get("req_id") == self.count]
        assert answered, (method, params, replies)

    def entry(self) -> Params:
        """An order of any type, most of them sound."""
        chance, kind = self.chance, self.chance.choice(TYPES)
        fields: Params = {
            "order_type": kind,
            "side": chance.choice(["buy", "sell"]),
            "order_qty": chance.choice(QTYS),
        }
        if kind == "iceberg":
            fields["display_qty"] = chance.choice([fields["order_qty"], 0.5, 1])
        if kind.endswith("limit") or kind == "iceberg":
            fields["limit_price"] = chance.choice([-1, 0, 1] if kind == "trailing-stop-limit" else PRICES)
        if "-" in kind:
            fields["triggers"] = self.triggers(kind) | chance.choice([{}, {"reference": "index"}])
        for odds, further in (
            (0.2, {"cl_ord_id": chance.choice("abcde")}),
            (0.2, chance.choice([{"time_in_force": "ioc"}, {"time_in_force": "fok"}, {"post_only": True}])),
            (0.1, {"time_in_force": "gtd", "expire_time": self.later(20)}),
            (0.1, {"effective_time": self.later(10)}),
            (0.15, {"conditional": chance.choice(CONDITIONALS)}),
        ):
            fields |= further if chance.random() < odds else {}
        return fields

    def triggers(self, kind: str) -> Params:
        """What wakes an order."""
        if kind.startswith("trailing"):
            distance, price_type = self.chance.choice([0.5, 1, 2]), self.chance.choice(["pct", "quote"])
            return {"price": distance, "price_type": price_type}
        return {"price": self.chance.choice(PRICES)}

    def later(self, seconds: int) -> str:
        """A time within so many seconds."""
        second = self.venue.clock.now_ns() // SECOND_NS + self.chance.randint(1, seconds)
        minute, hour = second // 60, second // 3600
        return f"2026-01-01T{hour % 24:02d}:{minute % 60:02d}:{second % 60:02d}Z"


CONDITIONALS: list[Params] = [
    {"order_type": "limit", "limit_price": 100},
    {"order_type": "stop-loss", "trigger_price": 98},
    {"order_type": "take-profit-limit", "trigger_price": 1, "trigger_price_type": "pct", "limit_price": 101},
    {"order_type": "trailing-stop", "trigger_price": 1, "trigger_price_type": "quote"},
]


def add_order(client: Client, orders: list[Order]) -> Params:
    return client.entry() | {"symbol": "BTC/USD"}


def batch_add(client: Client, orders: list[Order]) -> Params:
    return {"symbol": "BTC/USD", "orders": [client.entry() for _ in range(client.chance.randint(2, 4))]}


def amend_order(client: Client, orders: list[Order]) -> Params | None:
    if not orders:
        return None
    chance, order = client.chance, client.chance.choice(orders)
    fields: Params = {"order_id": order.order_id}
    if order.terms.cl_ord_id:
        fields = {"cl_ord_id": order.terms.cl_ord_id}
    if chance.random() < 0.6:
        fields["order_qty"] = chance.choice(QTYS)
    if order.display_qty and chance.random() < 0.6:
        fields["display_qty"] = chance.choice(QTYS)
    if order.limit_price and chance.random() < 0.5:
        trails = order.terms.order_type.trailing
        fields["limit_price"] = chance.choice([-1, 0, 1] if trails else PRICES)
    if order.terms.trigger is not None and chance.random() < 0.6:
        trails = order.terms.order_type.trailing
        fields["trigger_price"] = chance.choice([0.5, 1, 2] if trails else PRICES)
        fields |= {"trigger_price_type": "quote"} if trails else {}
    return fields


def edit_order(client: Client, orders: list[Order]) -> Params | None:
    if not orders:
        return None
    chance, order = client.chance, client.chance.choice(orders)
    fields: Params = {"order_id": order.order_id, "symbol": "BTC/USD", "order_qty": chance.choice(QTYS)}
    if order.limit_price and chance.random() < 0.5:
        fields["limit_price"] = chance.choice(PRICES)
    return fields


def cancel_order(client: Client, orders: list[Order]) -> Params | None:
    return {"order_id": [client.chance.choice(orders).order_id]} if orders else None


def batch_cancel(client: Client, orders: list[Order]) -> Params | None:
    return {"orders": [order.order_id for order in client.chance.choices(orders, k=2)]} if orders else None


def cancel_all_orders_after(client: Client, orders: list[Order]) -> Params:
    return {"timeout": client.chance.choice([0, 0, 3, 30])}


METHODS = {
    "add_order": add_order,
    "batch_add": batch_add,
    "amend_order": amend_order,
    "edit_order": edit_order,
    "cancel_order": cancel_order,
    "batch_cancel": batch_cancel,
    "cancel_all_orders_after": cancel_all_orders_after,
}
WEIGHTS = (50, 8, 25, 6, 6, 3, 2)


def shown(venue: Venue, account: str) -> list[Params]:
    """The open orders that `executions` shows."""
    frames = venue.hub.subscribe_executions(WATCHER, AccountId(account), ExecutionOptions())
    venue.hub.unsubscribe_executions(WATCHER)
    return [row for text in texts(frames) for row in read(text)["data"]]


def compare(row: Params, order: Order) -> None:
    """A row of a snapshot is that order."""
    terms = order.terms
    assert (row["order_id"], row["order_status"]) == (order.order_id, order.status.value)
    assert units(row["order_qty"], 8) == (0 if terms.cash_qty else order.qty)
    assert units(row["cum_qty"], 8) == order.filled
    assert row.get("ord_ref_id", "") == order.parent_id
    assert row["amended"] is order.amended
    if order.display_qty:
        assert units(row["display_qty"], 8) == order.display_qty
        rests = order.status is not OrderStatus.PENDING_NEW
        assert not rests or units(row["display_qty_remain"], 8) == order.shown
    if order.limit_price and terms.limit_price_type is PriceType.STATIC:
        assert units(row["limit_price"], 1) == order.limit_price
    if terms.trigger is not None:
        assert row["triggers"]["status"] == ("triggered" if order.triggered else "untriggered")
        if order.status is not OrderStatus.PENDING_NEW:
            assert units(row["stop_price"], 1) == order.trigger_price, order
        assert (
            units(row["triggers"].get("peak_price", "0"), 1) == order.peak_price
        ) or order.terms.effective_ns


@pytest.mark.parametrize("seed", range(3))
def test_private_views_show_what_the_venue_has(seed: int) -> None:
    client = Client(seed)
    venue, chance = client.venue, client.chance
    for _ in range(REQUESTS):
        client.step()
        if chance.random() < 0.1:
            price = units(chance.choice(PRICES), BTC_USD.price_decimals)
            venue.submit(SetIndexPrice("BTC/USD", Price(price)))
        if chance.random() < 0.2:
            venue.pass_time(chance.choice([1, SECOND_NS, 5 * SECOND_NS]))
        audit(venue.exchange)
        for account in client.traders:
            for row, order in zip(shown(venue, account), venue.orders(account), strict=True):
                compare(row, order)
