"""What one account was told, digit for digit, and what it has asked for without an answer.

After a restart that is held against what the exchange says then: `Known.returned`. Nothing here is
krakenbox's own.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

Message = dict[str, Any]


@dataclass
class Order:
    """One order of ours as it was told."""

    order_id: str
    name: str
    """Its cl_ord_id."""
    symbol: str
    side: str
    qty: Decimal
    price: Decimal
    filled: Decimal = Decimal(0)
    ended: str = ""
    """`filled` or `canceled`, as a row said; `cancel acknowledged` before one did."""


@dataclass
class Request:
    """Something asked for."""

    method: str
    name: str
    order_id: str = ""
    qty: Decimal = Decimal(0)
    price: Decimal = Decimal(0)


@dataclass
class Known:
    """What one account was told, and what it waits for."""

    account: str
    orders: dict[str, Order] = field(default_factory=dict)
    acknowledged: dict[str, str] = field(default_factory=dict)
    """Names of orders whose entry was acknowledged: their ids."""
    fills: dict[str, Message] = field(default_factory=dict)
    postings: dict[str, Message] = field(default_factory=dict)
    balances: dict[str, Decimal] = field(default_factory=dict)
    amends: dict[str, Request] = field(default_factory=dict)
    """Acknowledged amends by their ids."""
    cancels: set[str] = field(default_factory=set)
    """Orders whose cancel was acknowledged."""
    flying: dict[int, Request] = field(default_factory=dict)
    missing: list[Order] = field(default_factory=list)
    """Orders that were open when the exchange was killed and are not any more: the history has to say why."""
    rowless: bool = False
    """Whether an order was acknowledged that no row told of."""
    lost: dict[int, Request] = field(default_factory=dict)
    """What the kill left unanswered."""

    # --- as it comes

    def take(self, message: Message) -> None:
        """An executions or balances update, or an answer."""
        if "req_id" in message:
            self._answered(self.flying.pop(int(message["req_id"])), message)
        elif message.get("channel") == "executions":
            for row in message["data"]:
                self._happened(row)
        elif message.get("channel") == "balances":
            for row in message["data"]:
                self._posted(row)

    def _answered(self, request: Request, message: Message) -> None:
        if not message["success"]:
            return
        result = message["result"]
        if request.method == "add_order":
            assert request.name not in self.acknowledged, f"{request.name} was acknowledged twice"
            assert result["order_id"] not in self.acknowledged.values(), "an order id came twice"
            self.acknowledged[request.name] = result["order_id"]
        elif request.method == "amend_order":
            self.amends[result["amend_id"]] = request
        else:
            self.cancels.add(request.order_id)

    def _happened(self, row: Message) -> None:
        kind, order_id = row["exec_type"], row["order_id"]
        if kind == "pending_new":
            assert order_id not in self.orders, f"{order_id} came twice"
            self.orders[order_id] = _order(row)
            return
        order = self.orders[order_id]
        assert order.ended == "", f"{kind} after {order.ended}: {row}"
        if kind == "trade":
            assert row["exec_id"] not in self.fills, f"fill {row['exec_id']} came twice"
            self.fills[row["exec_id"]] = row
            order.filled += Decimal(row["last_qty"])
            assert order.filled == Decimal(row["cum_qty"]) <= order.qty, row
        elif kind in ("amended", "restated"):
            order.qty, order.price = Decimal(row["order_qty"]), Decimal(row["limit_price"])
        elif kind in ("canceled", "filled", "expired"):
            assert order.filled == Decimal(row["cum_qty"]), row
            order.ended = kind

    def _posted(self, row: Message) -> None:
        assert row["ledger_id"] not in self.postings, f"posting {row['ledger_id']} came twice"
        self.postings[row["ledger_id"]] = row
        after = self.balances.get(row["asset"], Decimal(0)) + Decimal(row["amount"]) - Decimal(row["fee"])
        assert after == Decimal(row["balance"]), f"{self.balances[row['asset']]} and {row}"
        self.balances[row["asset"]] = after

    # --- after a restart

    def returned(self, rows: list[Message]) -> None:
        """Hold the first snapshot of executions against what was told before."""
        found = {row["order_id"]: row for row in rows if row["exec_type"] != "trade"}
        past = {row["exec_id"]: row for row in rows if row["exec_type"] == "trade"}
        assert len(found) + len(past) == len(rows), "something is in the snapshot twice"
        # Answers and rows come on different connections: some of the last answers came without their rows.
        changes = [*self.amends.values(), *self.lost.values()]
        self.rowless = not self.acknowledged.keys() <= {order.name for order in self.orders.values()}
        for order in self.orders.values():
            row = found.get(order.order_id)
            if order.ended or order.order_id in self.cancels:
                assert row is None, f"{order} has ended; now {row}"
            elif row is None:
                self.missing.append(order)
            else:
                now = _order(row)
                assert now.filled >= order.filled, f"a fill of {order} is lost; now {row}"
                asked = {(each.qty, each.price) for each in changes if each.order_id == order.order_id}
                expected = {(order.qty, order.price)} | asked
                assert (now.qty, now.price) in expected, f"expected {order} or {asked}; was {row}"
        for order_id, row in found.items():
            name = row["cl_ord_id"]
            if order_id not in self.orders:
                told = self.acknowledged.get(name)
                asked = any(request.name == name for request in self.lost.values())
                assert told == order_id or (told is None and asked), f"nobody asked for {row}"
            self.orders[order_id] = _order(row)
        for exec_id, row in past.items():
            told = self.fills.setdefault(exec_id, row)
            same = ("order_id", "last_qty", "last_price", "cost", "trade_id", "timestamp")
            assert [told[key] for key in same] == [row[key] for key in same]

    def forget_flying(self) -> None:
        """The exchange is gone: nothing that is under way will be answered."""
        self.lost, self.flying, self.missing = dict(self.flying), {}, []


def _order(row: Message) -> Order:
    qty, price, filled = (Decimal(row.get(key, "0")) for key in ("order_qty", "limit_price", "cum_qty"))
    return Order(row["order_id"], row["cl_ord_id"], row["symbol"], row["side"], qty, price, filled)
