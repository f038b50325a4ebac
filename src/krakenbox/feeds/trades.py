"""The latest public trades of one symbol (channel `trade`)."""

from collections import deque

from krakenbox.model.event import HistorySeeded, Traded

KEPT = 1_000
"""Trades remembered per symbol: what Kraken's REST `Trades` returns at most."""

SNAPSHOT = 50
"""Trades in a snapshot (Kraken, websocket-v2/trade)."""


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
