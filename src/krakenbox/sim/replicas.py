"""What a client of a simulated world knows, from what it was sent alone: books, own orders, own balances.

Written from the channels' documentation. Every number keeps the text it had on the wire.
"""

import zlib
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

Row = dict[str, Any]
_CHECKED_LEVELS = 10


class BookReplica:
    """Channel `book`: entries in order, quantity 0 removes, cut to the depth, then verified."""

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self.sides: dict[str, dict[str, str]] = {"bids": {}, "asks": {}}

    def receive(self, kind: str, row: Row) -> None:
        """Take in a snapshot or an update."""
        if kind == "snapshot":
            self.sides = {"bids": {}, "asks": {}}
        for side, levels in self.sides.items():
            for entry in row[side]:
                if Decimal(entry["qty"]):
                    levels[entry["price"]] = entry["qty"]
                else:
                    levels.pop(entry["price"], None)
            for price in self.prices(side)[self.depth :]:
                del levels[price]
        found = _checksum(
            (price, self.sides[side][price])
            for side in ("asks", "bids")
            for price in self.prices(side)[:_CHECKED_LEVELS]
        )
        assert found == row["checksum"], f"a book's checksum is {found}; was told {row}"

    def prices(self, side: str) -> list[str]:
        """Prices, best first."""
        return sorted(self.sides[side], key=Decimal, reverse=side == "bids")

    def levels(self, side: str) -> list[tuple[str, str]]:
        """Price and quantity, best first."""
        return [(price, self.sides[side][price]) for price in self.prices(side)]


class OrdersReplica:
    """Channel `level3`: queues by level, cut to the depth, then verified."""

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self.sides: dict[str, dict[str, list[Row]]] = {"bids": {}, "asks": {}}

    def receive(self, kind: str, row: Row) -> None:
        """Take in a snapshot or an update."""
        if kind == "snapshot":
            self.sides = {"bids": {}, "asks": {}}
        for side, levels in self.sides.items():
            for order in row[side]:
                self._take(levels, order, order.get("event", "add"))
            for price in self.prices(side)[self.depth :]:
                del levels[price]
        found = _checksum(
            (order["limit_price"], order["order_qty"])
            for side in ("asks", "bids")
            for price in self.prices(side)[:_CHECKED_LEVELS]
            for order in self.sides[side][price]
        )
        assert found == row["checksum"], f"the orders' checksum is {found}; was told {row}"

    @staticmethod
    def _take(levels: dict[str, list[Row]], order: Row, event: str) -> None:
        queue = levels.setdefault(order["limit_price"], [])
        places = [place for place, each in enumerate(queue) if each["order_id"] == order["order_id"]]
        assert len(places) == (event != "add"), f"{event} of {order} in {queue}"
        if event == "add":
            queue.append(order)
        elif event == "modify":
            queue[places[0]] = order
        else:
            del queue[places[0]]
            if not queue:
                del levels[order["limit_price"]]

    def prices(self, side: str) -> list[str]:
        """Prices, best first."""
        return sorted(self.sides[side], key=Decimal, reverse=side == "bids")

    def queues(self, side: str) -> list[tuple[str, list[tuple[str, str]]]]:
        """Price, and each order's id and quantity in the order of the queue; best first."""
        return [
            (price, [(order["order_id"], order["order_qty"]) for order in self.sides[side][price]])
            for price in self.prices(side)
        ]


def _checksum(pairs: Iterable[tuple[str, str]]) -> int:
    # Kraken, guides book-checksum-v2 and l3-checksum-v2: points and leading zeros dropped.
    text = "".join(number.replace(".", "").lstrip("0") for pair in pairs for number in pair)
    return zlib.crc32(text.encode())


class OwnOrder:
    """One order as its owner knows it."""

    def __init__(self, row: Row, filled: Decimal, *, whole: bool) -> None:
        self.row = row
        """Every key it was ever sent, the latest value of each."""
        self.filled = filled
        """By its fills, each counted once."""
        self.whole = whole
        """Whether it was seen from its beginning."""


class OwnOrders:
    """Channel `executions`: open orders folded from rows, fills counted once by `exec_id`."""

    def __init__(self) -> None:
        self.open: dict[str, OwnOrder] = {}
        self.ended: dict[str, str] = {}
        """How orders ended, by their id."""
        self.fills: dict[str, tuple[str, str, str]] = {}
        """Order, quantity and price by `exec_id`."""

    def receive(self, kind: str, rows: list[Row]) -> None:
        """Take in a message."""
        if kind == "snapshot":
            self._reconcile(rows)
        else:
            for row in rows:
                self._take(row)

    def _reconcile(self, rows: list[Row]) -> None:
        """Everything open is listed; what was filled before is filled still."""
        known, self.open = self.open, {}
        for row in rows:
            if row["exec_type"] == "trade":
                self._fill(row)
                continue
            order_id, filled = row["order_id"], Decimal(row["cum_qty"])
            assert order_id not in self.ended, f"{order_id} was {self.ended.get(order_id)} and is open again"
            before = known.get(order_id)
            assert before is None or before.filled <= filled, f"{order_id} lost fills: {row}"
            self.open[order_id] = OwnOrder(row, filled, whole=False)

    def _take(self, row: Row) -> None:
        order_id, what = row["order_id"], row["exec_type"]
        if what == "pending_new":
            assert order_id not in self.open, f"{order_id} came twice"
            assert order_id not in self.ended, f"{order_id} came again"
            self.open[order_id] = OwnOrder(row, Decimal(0), whole=True)
            return
        assert order_id in self.open, f"{row} of an order that is not open"
        order = self.open[order_id]
        if what == "trade" and self._fill(row):
            order.filled += Decimal(row["last_qty"])
            if order.whole:
                assert order.filled == Decimal(row["cum_qty"]), f"{order_id} has filled {order.filled}: {row}"
        order.row = {**order.row, **row}
        if what in ("filled", "canceled", "expired"):
            self.ended[order_id] = what
            del self.open[order_id]

    def _fill(self, row: Row) -> bool:
        """Take in a fill; whether it is new."""
        fill = row["order_id"], row["last_qty"], row["last_price"]
        known = self.fills.setdefault(row["exec_id"], fill)
        assert known is fill or known == fill, f"{row['exec_id']} was {known} and is {fill}"
        return known is fill


class Balances:
    """Channel `balances`: what is held, folded from ledger entries."""

    def __init__(self) -> None:
        self.held: dict[str, str] = {}
        self._entries: dict[str, str] = {}

    def receive(self, kind: str, rows: list[Row]) -> None:
        """Take in a message."""
        if kind == "snapshot":
            self.held = {row["asset"]: row["balance"] for row in rows}
            return
        for row in rows:
            assert row["ledger_id"] not in self._entries, f"{row['ledger_id']} was posted twice"
            self._entries[row["ledger_id"]] = row["asset"]
            before = Decimal(self.held.get(row["asset"], "0"))
            after = before + Decimal(row["amount"]) - Decimal(row["fee"])
            assert after == Decimal(row["balance"]), f"{before} became {row}"
            self.held[row["asset"]] = row["balance"]
