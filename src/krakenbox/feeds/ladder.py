"""One book's price levels in order, both sides: what depth, level3 and ticker look at together."""

from bisect import bisect_left
from enum import Enum

from krakenbox.model.event import BookChanged
from krakenbox.model.fixed import Price, Qty
from krakenbox.model.order import Side


class Step(Enum):
    """What the last change did to its level."""

    CHANGED = "changed"
    INSERTED = "inserted"
    REMOVED = "removed"


class Ladder:
    """One side, best level first. `rank`, `key` and `step` tell of the last change.

    A level's key is its price, for bids its negated price: ascending keys are best first on both sides.
    """

    __slots__ = ("key", "keys", "qtys", "rank", "sign", "step")

    def __init__(self, side: Side) -> None:
        self.sign = -1 if side is Side.BUY else 1
        self.keys: list[int] = []
        self.qtys: dict[int, Qty] = {}
        self.key = 0
        self.rank = 0
        """Place the level has; of a removed one, the place it had."""
        self.step = Step.CHANGED

    def set(self, price: Price, qty: Qty) -> None:
        """Set a level's quantity; 0 removes it."""
        self.key = key = price * self.sign
        keys = self.keys
        self.rank = rank = bisect_left(keys, key)
        if qty == 0:
            assert key in self.qtys, f"a level that goes must be there: {price}"
            del keys[rank]
            del self.qtys[key]
            self.step = Step.REMOVED
            return
        if key in self.qtys:
            self.step = Step.CHANGED
        else:
            keys.insert(rank, key)
            self.step = Step.INSERTED
        self.qtys[key] = qty

    def restore(self, levels: list[tuple[Price, Qty]]) -> None:
        """Take captured levels on, best first."""
        self.qtys = {price * self.sign: qty for price, qty in levels}
        self.keys[:] = self.qtys

    @property
    def best(self) -> Price:
        """Price of the best level; 0 when the side is empty."""
        return Price(self.keys[0] * self.sign) if self.keys else Price(0)

    @property
    def best_qty(self) -> Qty:
        """Quantity of the best level; 0 when the side is empty."""
        return self.qtys[self.keys[0]] if self.keys else Qty(0)


class Ladders:
    """Both sides of one book."""

    __slots__ = ("asks", "bids")

    def __init__(self) -> None:
        self.bids = Ladder(Side.BUY)
        self.asks = Ladder(Side.SELL)

    def apply(self, event: BookChanged) -> Ladder:
        """Take in one change; the ladder it happened on."""
        ladder = self.bids if event.side is Side.BUY else self.asks
        ladder.set(event.price, event.level_qty)
        return ladder
