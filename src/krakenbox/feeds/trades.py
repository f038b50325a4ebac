"""The latest public trades of one symbol (channel `trade`)."""

from collections import deque

from msgspec import Struct

from krakenbox.model.event import HistorySeeded, Traded
from krakenbox.model.fixed import Price, Qty
from krakenbox.model.order import OrderType, Side

KEPT = 1_000
"""Trades remembered per symbol: what Kraken's REST `Trades` returns at most."""

SNAPSHOT = 50
"""Trades in a snapshot (Kraken, websocket-v2/trade)."""


class TradeImage(Struct, array_like=True, gc=False):
    """One trade in a snapshot of the views; new fields go to the end with a default."""

    time_ns: int
    trade_id: int
    price: Price
    qty: Qty
    taker_side: Side
    taker_type: OrderType


class Trades:
    """The latest trades, oldest first."""

    __slots__ = ("latest",)

    def __init__(self) -> None:
        self.latest: deque[Traded] = deque(maxlen=KEPT)

    def seed(self, event: HistorySeeded) -> None:
        """Take in trades from before the venue opened."""
        for number, past in enumerate(event.trades, event.first_trade_id):
            self.latest.append(
                Traded(
                    past.time_ns, event.symbol, number, past.price, past.qty, past.taker_side, past.taker_type
                )
            )

    def apply(self, event: Traded) -> None:
        """Take in one trade."""
        self.latest.append(event)

    def snapshot(self) -> list[Traded]:
        """The latest fifty, oldest first."""
        latest = self.latest
        start = max(0, len(latest) - SNAPSHOT)
        return [latest[place] for place in range(start, len(latest))]

    def capture(self) -> list[TradeImage]:
        """Its state."""
        return [
            TradeImage(each.time_ns, each.trade_id, each.price, each.qty, each.taker_side, each.taker_type)
            for each in self.latest
        ]

    def restore(self, symbol: str, image: list[TradeImage]) -> None:
        """Take a state on."""
        for each in image:
            self.latest.append(
                Traded(
                    each.time_ns,
                    symbol,
                    each.trade_id,
                    each.price,
                    each.qty,
                    each.taker_side,
                    each.taker_type,
                )
            )
