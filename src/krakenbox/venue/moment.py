"""What one command is given while it is applied: its time, its number for ids, and the list of events."""

from krakenbox.model.event import Event, Rejected
from krakenbox.model.ids import IdMint
from krakenbox.model.order import AccountId

NOBODY = AccountId("")
"""The account of a refusal that concerns the venue."""


class Moment:
    """One run of `apply`. Timers that fire before the command share its ids and events at earlier times."""

    __slots__ = ("_index", "_mint", "emit", "events", "seq", "time_ns")

    def __init__(self, mint: IdMint, seq: int, time_ns: int) -> None:
        self._mint = mint
        self._index = 0
        self.seq = seq
        self.time_ns = time_ns
        self.events: list[Event] = []
        self.emit = self.events.append

    def mint(self, kind: str) -> str:
        """The next id of this command."""
        index = self._index
        self._index = index + 1
        return self._mint.mint(kind, self.seq, index)

    def reject(self, text: str, account: AccountId = NOBODY) -> None:
        """Refuse the command: nothing changed."""
        self.emit(Rejected(self.time_ns, account, text))
