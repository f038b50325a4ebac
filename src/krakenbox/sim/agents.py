"""Who trades. What an agent does depends on the step, the seed and the published book alone.

`DepthMaker` keeps the book deep and stirs it, `Quoter` keeps the spread narrow around the latent price,
`Arbitrageur` takes what is quoted on the wrong side of it, `NoiseTaker` trades for reasons of its own and
`MomentumTaker` follows what the price did of late. They speak through a `Pit` and tell how many book events
they expect to have caused: 0 = nothing was sent.
"""

from krakenbox.model.fixed import Price, Qty
from krakenbox.model.order import AccountId, Side
from krakenbox.sim.pit import Pit, PitSide

MEND_ORDERS = 40
"""Most orders of one mending: a side of 1,200 levels that somebody took whole is back after 30 steps."""
TAKE_FLOORS = 20_000
"""Most an arbitrageur takes at once, in least quantities: some 100,000 USD."""
_TAKE_LEVELS = 8
_PULL_ORDERS = 3
_NEAR_LEVELS = 12
"""Where half of all new orders and cancellations happen: the book everybody looks at."""
_STRAY_WIDTHS = 2
"""Orders further from the touch than twice the ladder's width are canceled first."""


class DepthMaker:
    """Market maker of the deep book: a ladder denser near the touch, larger far from it."""

    account = AccountId("house-depth")

    def open(self, pit: Pit) -> None:
        """The whole ladder around the latent price, both sides; not across orders that are there already."""
        shape = pit.shape
        middle = shape.floored(pit.fair)
        bid, ask = pit.bids.best, pit.asks.best
        buy, sell = min(middle, ask - shape.tick) if ask else middle, max(middle, bid) + shape.tick
        for side in (pit.bids, pit.asks):
            touch = buy if side.side is Side.BUY else sell
            last = -shape.tick
            for level in range(shape.target):
                last = max(self._away(pit, level), last + shape.tick)
                price = Price(touch + side.sign * last)
                if price < shape.tick:
                    break
                pit.rest(self.account, side.side, self._qty(pit, level), price)

    def mend(self, pit: Pit) -> int:
        """Add levels to a side that has too few, cancel far orders of one that the price left behind."""
        shape = pit.shape
        events = 0
        for side in (pit.bids, pit.asks):
            missing = shape.levels + shape.levels // 30 + 10 - len(side.keys)
            if missing > 0:
                events += self._add_levels(pit, side, missing)
            elif side.resting > shape.most:
                events += self._cancel_furthest(pit, side)
        return events

    def stir(self, pit: Pit) -> int:
        """Add an order somewhere, or cancel one: as many go as come, while there are enough."""
        dice, shape = pit.dice, pit.shape
        side = pit.bids if dice.bits() & 1 else pit.asks
        level = dice.below(_NEAR_LEVELS) if dice.bits() & 1 else dice.skewed(shape.target)
        surplus = side.resting - shape.target
        if dice.below(shape.target) < shape.target // 2 - 2 * surplus:
            price = Price(_touch(pit, side) + side.sign * self._away(pit, level))
            if price < shape.tick:
                return 0
            pit.rest(self.account, side.side, self._qty(pit, level), price)
            return 1
        keys = side.keys
        if not keys:
            return 0
        if keys[-1] - keys[0] > _STRAY_WIDTHS * shape.width:
            return self._cancel_furthest(pit, side)
        own = side.own(keys[min(level, len(keys) - 1)])
        return pit.cancel(own[-1]) if own else 0

    def _add_levels(self, pit: Pit, side: PitSide, missing: int) -> int:
        shape = pit.shape
        touch = _touch(pit, side)
        keys = side.keys
        furthest = max(keys[-1] if keys else 0, side.sign * touch)
        taken: set[int] = set()
        for number in range(min(missing, MEND_ORDERS)):
            level = len(keys) + number if len(keys) < shape.levels // 2 else pit.dice.below(shape.target)
            price = Price(touch + side.sign * self._away(pit, level))
            key = side.sign * price
            if side.qty(key) or key in taken:
                # The place is taken: the ladder grows at its far edge, where there is always another.
                furthest += shape.tick + shape.floored(pit.dice.below(6 * shape.gap))
                price, key = Price(side.sign * furthest), furthest
            if price < shape.tick:
                return number
            taken.add(key)
            pit.rest(self.account, side.side, self._qty(pit, level), price)
        return min(missing, MEND_ORDERS)

    def _cancel_furthest(self, pit: Pit, side: PitSide) -> int:
        for key in reversed(side.keys):
            if own := side.own(key):
                return pit.cancel(own[-1])
        return 0

    def _away(self, pit: Pit, level: int) -> int:
        """Whole ticks from the touch, near the place of a level."""
        shape = pit.shape
        gap = shape.gap + 4 * shape.gap * level // shape.target
        return shape.floored(shape.offset(level) + pit.dice.below(gap))

    def _qty(self, pit: Pit, level: int) -> Qty:
        dice, shape = pit.dice, pit.shape
        far = 100 + 600 * level // shape.target
        size = 20 + dice.below(20 << dice.below(9))
        return shape.qty(size * far // 100, dice.below(shape.floor))


class Quoter:
    """Market maker at the touch: no spread stays wider than a few units."""

    account = AccountId("house-quotes")

    def tighten(self, pit: Pit) -> int:
        """Quote inside a wide spread: beside the best price that is right, or around the latent one."""
        shape = pit.shape
        bid, ask = pit.bids.best, pit.asks.best
        if bid and ask and ask - bid <= 3 * shape.unit:
            return 0
        spread = shape.unit * (1 + pit.dice.skewed(3))
        # One quote that leans on a level which need not move follows the price with the fewest orders.
        if ask and abs(ask - pit.fair) <= min(shape.slack, abs(pit.fair - bid)):
            return self._quote(pit, Side.BUY, ask - spread)
        if bid and abs(pit.fair - bid) <= shape.slack:
            return self._quote(pit, Side.SELL, bid + spread)
        buy = shape.floored(pit.fair) - shape.unit * pit.dice.below(2)
        if ask:
            buy = min(Price(buy), ask - spread)
        sell = max(buy, bid) + spread
        events = self._quote(pit, Side.BUY, buy) if buy > bid else 0
        return events + (self._quote(pit, Side.SELL, sell) if not ask or sell < ask else 0)

    def _quote(self, pit: Pit, side: Side, price: int) -> int:
        dice, shape = pit.dice, pit.shape
        if price < shape.tick:
            return 0
        qty = shape.qty(8 + dice.below(8 << dice.below(8)), dice.below(shape.floor))
        pit.rest(self.account, side, qty, Price(price))
        return 1


class Arbitrageur:
    """Takes, or has withdrawn, whatever is quoted on the wrong side of the latent price."""

    account = AccountId("house-arbitrage")

    def correct(self, pit: Pit) -> int:
        """Trade up to the latent price, once the best quote is off by half a gap."""
        shape = pit.shape
        bid, ask = pit.bids.best, pit.asks.best
        if ask and pit.fair > ask + shape.slack:
            return self._correct(pit, Side.BUY, pit.asks)
        if bid and pit.fair < bid - shape.slack:
            return self._correct(pit, Side.SELL, pit.bids)
        return 0

    def _correct(self, pit: Pit, side: Side, stale: PitSide) -> int:
        dice, shape = pit.dice, pit.shape
        own = stale.own(stale.keys[0])
        if own and dice.chance(25):
            return sum(pit.cancel(order_id) for order_id in own[:_PULL_ORDERS])
        limit = stale.sign * pit.fair
        total = 0
        for key in stale.keys[:_TAKE_LEVELS]:
            if key > limit:
                break
            total += stale.qty(key)
        qty = Qty(max(min(total, shape.floor * TAKE_FLOORS), shape.floor))
        price = shape.floored(pit.fair if side is Side.BUY else pit.fair + shape.tick - 1)
        return pit.take(self.account, side, qty, None if qty == total and dice.chance(40) else price)


class NoiseTaker:
    """Trades in either direction, mostly little, at times through several levels."""

    account = AccountId("house-noise")

    def trade(self, pit: Pit) -> int:
        """Take from one side."""
        dice, shape = pit.dice, pit.shape
        side = Side.BUY if dice.bits() & 1 else Side.SELL
        best = pit.side(side.opposite).best
        if not best:
            return 0
        size = dice.below(2 << dice.below(8))
        if dice.chance(3):
            size = 500 + dice.below(2_000)
        qty = shape.qty(1 + size, dice.below(shape.floor))
        return pit.take(self.account, side, qty, None if dice.chance(50) else best)


class MomentumTaker:
    """Follows a move of more than two gaps within its memory."""

    account = AccountId("house-momentum")
    memory_steps = 600
    """Half a minute."""

    def __init__(self) -> None:
        self._step = 0
        self._middle = 0

    def trade(self, pit: Pit, step: int) -> int:
        """Take in the direction the price went."""
        middle = pit.middle
        moved = middle - self._middle if self._middle else 0
        if step - self._step >= self.memory_steps:
            self._step, self._middle = step, middle
        if not middle or abs(moved) < 4 * pit.shape.gap:
            return 0
        side = Side.BUY if moved > 0 else Side.SELL
        dice, shape = pit.dice, pit.shape
        return pit.take(self.account, side, shape.qty(2 + dice.below(60), dice.below(shape.floor)), None)


def _touch(pit: Pit, side: PitSide) -> Price:
    """Where a side begins: at its best price, or at the latent one if that is worse; never crossing."""
    tick = pit.shape.tick
    fair = pit.shape.floored(pit.fair)
    if side.side is Side.BUY:
        ask = pit.asks.best
        return Price(min(side.best or fair, fair, ask - tick if ask else fair))
    return Price(max(side.best, fair + tick, pit.bids.best + tick))
