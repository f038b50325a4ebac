"""What one command is given while it is applied: its time, its number for ids, and the list of events."""

from krakenbox.model.event import Event, Rejected
from krakenbox.model.ids import IdMint
from krakenbox.model.order import AccountId

NOBODY = AccountId("")
"""The account of a refusal that concerns the venue."""


class Moment:
    """One run of `apply`. Timers that fire before the command share its ids and events at earlier times."""

    __slots__ = ("emit", "events", "mint", "time_ns")

    def __init__(self, mint: IdMint, seq: int, time_ns: int) -> None:
        self.time_ns = time_ns
        self.events: list[Event] = []
        self.emit = self.events.append
        self.mint = mint.series(seq).mint
        """The next id of a kind."""

    def reject(self, text: str, account: AccountId = NOBODY) -> None:
        """Refuse the command: nothing changed."""
        self.emit(Rejected(self.time_ns, account, text))
