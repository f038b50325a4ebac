"""What was published, once and for all: the record that every restart is held against.

Whatever a client can have been told was published before. So if each life of the process repeats this record
exactly before it adds to it, then nothing a client was told is ever lost, doubled or changed.
"""

from collections import Counter
from collections.abc import Callable
from itertools import zip_longest
from typing import Any

from krakenbox.model.event import (
    BalancePosted,
    Event,
    OrderAccepted,
    OrderAmended,
    OrderClosed,
    OrderFilled,
    Outcome,
    Traded,
)
from krakenbox.model.order import AccountId, OrderId


class Chronicle:
    """Every outcome in order, and the facts in them."""

    def __init__(self) -> None:
        self.seq = 0
        """The last command known."""
        self.told_seq = 0
        """The last command published to clients."""
        self.accepted: dict[OrderId, AccountId] = {}
        self.closed: set[OrderId] = set()
        self.fills: dict[OrderId, set[str]] = {}
        """`exec_id`s by order."""
        self.amends: set[str] = set()
        self._outcomes: dict[int, tuple[int, list[Event]]] = {}
        self._filled: dict[OrderId, int] = {}
        self._trade_ids: dict[str, int] = {}
        self._exec_ids: set[str] = set()
        self._ledger_ids: set[str] = set()
        self._balances: dict[tuple[AccountId, str], int] = {}
        self._time_ns = 0
        self._takers: dict[type[Event], Callable[[Any], None]] = {
            OrderAccepted: self._accepted,
            OrderFilled: self._order_filled,
            OrderAmended: self._amended,
            OrderClosed: self._order_closed,
            Traded: self._traded,
            BalancePosted: self._posted,
        }

    def published(self, outcome: Outcome) -> None:
        """A living process published an outcome: new, and the next one."""
        assert outcome.seq == self.seq + 1, f"command {outcome.seq} published after {self.seq}"
        self._add(outcome)
        self.told_seq = outcome.seq

    def repeated(self, outcome: Outcome) -> None:
        """A start applied a recorded command: one that is known must come to the same again."""
        if outcome.seq > self.seq:
            assert outcome.seq == self.seq + 1, f"command {outcome.seq} came back after {self.seq}"
            self._add(outcome)
            return
        time_ns, expected = self._outcomes[outcome.seq]
        assert outcome.time_ns == time_ns, (
            f"command {outcome.seq} is of {outcome.time_ns} now; was of {time_ns}"
        )
        for now, before in zip_longest(outcome.events, expected):
            assert now == before, f"command {outcome.seq} came to {now} after a restart; was {before}"

    def came_back(self, seq: int) -> None:
        """A start ended at a command: at least what was published is there."""
        assert seq >= self.told_seq, f"command {self.told_seq} was published, but the log ended at {seq}"
        assert seq == self.seq, f"the log ended at {seq}, its commands at {self.seq}"

    def kinds(self) -> dict[str, int]:
        """How many events of each kind there were."""
        return Counter(type(event).__name__ for _, events in self._outcomes.values() for event in events)

    def _add(self, outcome: Outcome) -> None:
        assert outcome.time_ns > self._time_ns, f"stamp {outcome.time_ns} after {self._time_ns}"
        self.seq, self._time_ns = outcome.seq, outcome.time_ns
        self._outcomes[outcome.seq] = outcome.time_ns, outcome.events
        for event in outcome.events:
            assert event.time_ns <= outcome.time_ns, f"{event} is of a time after {outcome.time_ns}"
            taker = self._takers.get(type(event))
            if taker is not None:
                taker(event)

    def _accepted(self, event: OrderAccepted) -> None:
        assert event.order_id not in self.accepted, f"{event.order_id} was accepted twice"
        self.accepted[event.order_id] = event.account

    def _order_filled(self, event: OrderFilled) -> None:
        order_id = event.order_id
        self._open(order_id, "filled")
        assert event.exec_id not in self._exec_ids, f"{event.exec_id} filled twice"
        self._exec_ids.add(event.exec_id)
        self.fills.setdefault(order_id, set()).add(event.exec_id)
        filled = self._filled.get(order_id, 0) + event.qty
        assert filled == event.cum_qty, f"{order_id} has filled {filled}; was told {event.cum_qty}"
        self._filled[order_id] = filled

    def _amended(self, event: OrderAmended) -> None:
        self._open(event.order_id, "amended")
        if event.amend_id:
            assert event.amend_id not in self.amends, f"{event.amend_id} amended twice"
            self.amends.add(event.amend_id)

    def _order_closed(self, event: OrderClosed) -> None:
        self._open(event.order_id, "closed")
        self.closed.add(event.order_id)

    def _open(self, order_id: OrderId, what: str) -> None:
        assert order_id in self.accepted, f"{order_id} was {what} before it was accepted"
        assert order_id not in self.closed, f"{order_id} was {what} after its end"

    def _traded(self, event: Traded) -> None:
        last = self._trade_ids.get(event.symbol, 0)
        assert event.trade_id == last + 1, f"{event.symbol}: trade {event.trade_id} after {last}"
        self._trade_ids[event.symbol] = event.trade_id

    def _posted(self, event: BalancePosted) -> None:
        assert event.ledger_id not in self._ledger_ids, f"{event.ledger_id} was posted twice"
        self._ledger_ids.add(event.ledger_id)
        place = event.account, event.asset
        balance = self._balances.get(place, 0) + event.amount - event.fee
        assert balance == event.balance, f"{place}: {balance} by its entries; was told {event.balance}"
        self._balances[place] = balance
