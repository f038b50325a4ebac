"""Which events become rows at all. It runs beside the orders, so it costs a type and a set lookup each.

Events of house accounts (the agents' orders) are left out; trades are not, whoever made them.
"""

from collections.abc import Iterable

from msgspec import Struct

from krakenbox.model.command import Tier
from krakenbox.model.event import (
    AccountOpened,
    AssetListed,
    BalancePosted,
    Event,
    HistorySeeded,
    InstrumentListed,
    OrderAccepted,
    OrderAmended,
    OrderClosed,
    OrderEdited,
    OrderFilled,
    OrderOpened,
    Outcome,
    Traded,
    TriggerChanged,
)
from krakenbox.model.order import AccountId

_PRIVATE = frozenset(
    (
        OrderAccepted,
        OrderOpened,
        OrderFilled,
        OrderClosed,
        OrderAmended,
        OrderEdited,
        TriggerChanged,
        BalancePosted,
    )
)
_OPEN_TO_ALL = frozenset((Traded, HistorySeeded, AccountOpened, AssetListed, InstrumentListed))


class Kept(Struct, frozen=True, gc=False):
    """What is kept of one outcome: its events with their places."""

    seq: int
    time_ns: int
    events: list[tuple[int, Event]]


class Sieve:
    """Tells which events become rows."""

    __slots__ = ("_house",)

    def __init__(self, house: Iterable[AccountId]) -> None:
        self._house = set(house)

    def keep(self, outcome: Outcome) -> list[tuple[int, Event]]:
        """The events to be kept, with their places."""
        kept = []
        house = self._house
        for place, event in enumerate(outcome.events):
            kind = type(event)
            if kind in _PRIVATE:
                if event.account not in house:  # type: ignore[union-attr] # `_PRIVATE` have one
                    kept.append((place, event))
            elif kind in _OPEN_TO_ALL:
                kept.append((place, event))
                if isinstance(event, AccountOpened):
                    note_house(house, event)
        return kept


def note_house(house: set[AccountId], event: AccountOpened) -> None:
    """Keep the set of house accounts."""
    if event.tier is Tier.HOUSE:
        house.add(event.account)
    else:
        house.discard(event.account)
