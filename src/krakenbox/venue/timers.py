"""Timers: what falls due when, in a fixed order. Time comes only from commands; nothing here waits."""

from enum import StrEnum
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from krakenbox.model.order import AccountId, OrderId


class TimerKind(StrEnum):
    """What a timer is for."""

    EXPIRE = "expire"
    """The end of a good-till-date order."""
    CANCEL_ALL = "cancel_all"
    """The dead man's switch of an account."""
    START = "start"
    """The start of a scheduled order."""


class Timer(NamedTuple):
    """One timer; an equal one is the same timer."""

    kind: TimerKind
    account: AccountId
    order_id: OrderId = OrderId("")


class Timers:
    """Every pending timer. Due at the same time means due in order of setting."""

    __slots__ = ("_heap", "number", "pending")

    def __init__(self) -> None:
        self.number = 0
        """Of the last setting."""
        self._heap: list[tuple[int, int, Timer]] = []
        self.pending: dict[Timer, tuple[int, int]] = {}
        """Due time and number of setting. What the heap holds beyond these was cleared since."""

    def set(self, timer: Timer, due_ns: int) -> None:
        """Set a timer, or set it anew."""
        self.number += 1
        self.pending[timer] = (due_ns, self.number)
        heappush(self._heap, (due_ns, self.number, timer))
        if len(self._heap) > 2 * len(self.pending) + 64:
            # Cleared timers would stay until due, which may be a month: keep at most as many as live ones.
            self._heap = [(due, number, timer) for timer, (due, number) in self.pending.items()]
            heapify(self._heap)

    def clear(self, timer: Timer) -> None:
        """Forget a timer, if it is set."""
        self.pending.pop(timer, None)

    def next_deadline(self) -> int | None:
        """When the next timer falls due."""
        heap = self._heap
        while heap and self.pending.get(heap[0][2]) != heap[0][:2]:
            heappop(heap)
        return heap[0][0] if heap else None

    def pop_due(self, time_ns: int) -> tuple[int, Timer] | None:
        """Take the first timer due at or before a time, with its own due time."""
        due_ns = self.next_deadline()
        if due_ns is None or due_ns > time_ns:
            return None
        timer = heappop(self._heap)[2]
        del self.pending[timer]
        return due_ns, timer

    def capture(self) -> list[tuple[Timer, int, int]]:
        """Pending timers with their due times and numbers, in order of setting."""
        ordered = sorted((number, timer, due) for timer, (due, number) in self.pending.items())
        return [(timer, due, number) for number, timer, due in ordered]

    @classmethod
    def restore(cls, rows: list[tuple[Timer, int, int]], number: int) -> "Timers":
        """The same timers again."""
        timers = cls()
        timers.number = number
        timers.pending = {timer: (due, number) for timer, due, number in rows}
        timers._heap = [(due, number, timer) for timer, due, number in rows]
        heapify(timers._heap)
        return timers
