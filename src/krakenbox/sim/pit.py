"""One pair as its agents see it: the book as published, their own orders in it, and what they send."""

from collections.abc import Sequence

from krakenbox.feeds.ladder import Ladder, Ladders
from krakenbox.model.command import CancelOrder, Command, OrderRef, PlaceOrder
from krakenbox.model.event import BookAction, BookChanged
from krakenbox.model.fixed import Price, Qty
from krakenbox.model.order import AccountId, OrderId, OrderTerms, OrderType, Side, TimeInForce
from krakenbox.sim.dice import Dice
from krakenbox.sim.pair import MarketPair, Shape
from krakenbox.sim.picture import Book


class Pit:
    """The place where the agents trade one pair."""

    __slots__ = (
        "_ladders",
        "_leaving",
        "_owners",
        "_places",
        "_sent",
        "asks",
        "bids",
        "dice",
        "fair",
        "pair",
        "shape",
        "symbol",
    )

    def __init__(self, pair: MarketPair, seed: int) -> None:
        self.pair = pair
        self.symbol = pair.instrument.symbol
        self.shape = Shape(pair)
        self.dice = Dice(seed, "agents", self.symbol)
        self.fair = int(pair.start_price)
        """The latent price at this step."""
        self._sent: list[Command] = []
        self._leaving: set[OrderId] = set()
        """Orders canceled in this step: nobody cancels them again."""
        self._ladders = Ladders()
        self.bids = PitSide(self._ladders.bids, Side.BUY)
        self.asks = PitSide(self._ladders.asks, Side.SELL)
        self._owners: dict[OrderId, AccountId] = {}
        """The agents' open orders."""
        self._places: dict[OrderId, int] = {}
        """Key of the level that each of them rests in."""

    def side(self, side: Side) -> "PitSide":
        """One side of the book."""
        return self.bids if side is Side.BUY else self.asks

    def take_over(self, book: Book) -> None:
        """Begin with the book and the orders that were left."""
        for side, levels in ((self.bids, book.bids), (self.asks, book.asks)):
            for level in levels:
                key = side.set(level.price, level.qty)
                for order in level.own:
                    self._owners[order.order_id] = order.account
                    self._places[order.order_id] = key
                    side.added(order.order_id, key)

    def accepted(self, order_id: OrderId, account: AccountId) -> None:
        """An agent's order got its id."""
        self._owners[order_id] = account

    def closed(self, order_id: OrderId) -> None:
        """An agent's order ended."""
        self._owners.pop(order_id, None)

    def book_changed(self, event: BookChanged) -> bool:
        """Take in a change of the book; whether it calls for somebody."""
        ladder = self._ladders.apply(event)
        side = self.side(event.side)
        if event.action is BookAction.REMOVED:
            key = self._places.pop(event.order_id, None)
            if key is not None:
                side.removed(event.order_id, key)
        elif event.action is BookAction.ADDED and event.order_id in self._owners:
            self._places[event.order_id] = ladder.key
            side.added(event.order_id, ladder.key)
        return ladder.rank == 0 or len(ladder.keys) < self.shape.levels + 10

    def sent(self) -> list[Command]:
        """The commands of this step, in order; the next step begins."""
        sent, self._sent = self._sent, []
        self._leaving.clear()
        return sent

    def rest(self, account: AccountId, side: Side, qty: Qty, price: Price) -> None:
        """Send an order that is to rest in the book."""
        terms = OrderTerms(
            symbol=self.symbol,
            side=side,
            order_type=OrderType.LIMIT,
            qty=qty,
            limit_price=price,
            post_only=True,
        )
        self._sent.append(PlaceOrder(account, terms))

    def take(self, account: AccountId, side: Side, qty: Qty, limit: Price | None) -> int:
        """Send an order that is to trade at once, within `limit` or at market; the levels it will touch."""
        terms = OrderTerms(
            symbol=self.symbol,
            side=side,
            order_type=OrderType.MARKET if limit is None else OrderType.LIMIT,
            qty=qty,
            limit_price=limit or Price(0),
            time_in_force=TimeInForce.GTC if limit is None else TimeInForce.IOC,
        )
        self._sent.append(PlaceOrder(account, terms))
        return self.side(side.opposite).touched(qty)

    def cancel(self, order_id: OrderId) -> int:
        """Send the cancellation of an agent's order; the book events it will cause."""
        if order_id in self._leaving:
            return 0
        self._leaving.add(order_id)
        self._sent.append(CancelOrder(self._owners[order_id], OrderRef(order_id=order_id)))
        return 1

    @property
    def middle(self) -> int:
        """Twice the mid price; 0 while a side is empty."""
        bid, ask = self.bids.best, self.asks.best
        return bid + ask if bid and ask else 0


class PitSide:
    """One side of the book and the agents' orders in it. Keys are the ladder's: ascending, best first."""

    __slots__ = ("_ladder", "_own", "opposite", "resting", "side", "sign")

    def __init__(self, ladder: Ladder, side: Side) -> None:
        self._ladder = ladder
        self.side = side
        self.sign = ladder.sign
        self._own: dict[int, list[OrderId]] = {}
        self.resting = 0
        """How many of the agents' orders rest here."""

    @property
    def keys(self) -> Sequence[int]:
        """Every level's key."""
        return self._ladder.keys

    @property
    def best(self) -> Price:
        """The best price; 0 when the side is empty."""
        return self._ladder.best

    def qty(self, key: int) -> Qty:
        """A level's quantity; 0 when there is no such level."""
        return self._ladder.qtys.get(key, Qty(0))

    def own(self, key: int) -> Sequence[OrderId]:
        """The agents' orders in a level, oldest first."""
        return self._own.get(key, ())

    def touched(self, qty: int) -> int:
        """How many levels a taker of so much would reach."""
        levels = 0
        for key in self._ladder.keys:
            levels += 1
            qty -= self._ladder.qtys[key]
            if qty <= 0:
                break
        return levels

    def set(self, price: Price, qty: Qty) -> int:
        """Set a level's quantity; its key."""
        self._ladder.set(price, qty)
        return self._ladder.key

    def added(self, order_id: OrderId, key: int) -> None:
        """An agent's order rests in a level."""
        self._own.setdefault(key, []).append(order_id)
        self.resting += 1

    def removed(self, order_id: OrderId, key: int) -> None:
        """An agent's order left its level."""
        own = self._own[key]
        own.remove(order_id)
        if not own:
            del self._own[key]
        self.resting -= 1
