"""A seeded market on a real exchange in virtual time, for the tests of `sim`.

floor = Floor(("BTC/USD",))
floor.run(seconds=60)                           every step at which an agent has something to do
floor.send(place(...))                          somebody else trades
"""

from collections.abc import Callable, Iterable, Iterator

from msgspec.structs import replace

from krakenbox.config import commands, load_default
from krakenbox.config.settings import MarketLevel
from krakenbox.model.command import AddInstrument, Command, Stamped
from krakenbox.model.event import BookChanged, Event, Outcome, Rejected, Traded
from krakenbox.model.fixed import Price, Qty
from krakenbox.model.instrument import Instrument
from krakenbox.model.order import AccountId, OrderTerms, OrderType, Side
from krakenbox.sim.market import Market
from krakenbox.sim.pair import MarketPair, market_pairs
from krakenbox.venue.exchange import Exchange

SECOND_NS = 1_000_000_000
OPENED_NS = 1_790_000_000 * SECOND_NS + 123_456_789
"""20 seconds and a bit into a minute."""


def pairs(*symbols: str) -> tuple[MarketPair, ...]:
    """Pairs as shipped; all of them unless some are named."""
    config = load_default()
    chosen = [i for i in config.instruments if not symbols or i.symbol in symbols]
    return market_pairs(chosen, config.assets, config.start_prices)


def pair(symbol: str) -> MarketPair:
    """One pair as shipped."""
    (found,) = pairs(symbol)
    return found


class Floor:
    """An exchange, its market, and what happened so far."""

    def __init__(
        self,
        symbols: Iterable[str] = (),
        seed: int = 7,
        level: MarketLevel = MarketLevel.CALM,
        *,
        instruments: Iterable[Instrument] = (),
    ) -> None:
        """Pairs as shipped, all unless some are named; `instruments` replace shipped ones."""
        config = load_default()
        replaced = {i.symbol: i for i in instruments}
        chosen = [
            replace(p, instrument=replaced.get(p.instrument.symbol, p.instrument)) for p in pairs(*symbols)
        ]
        self.exchange = Exchange(1)
        self.market = Market(chosen, seed, level)
        self.now_ns = OPENED_NS
        self.seq = 0
        self.last_ns = 0
        self.refusals: list[str] = []
        self.book_events: dict[str, int] = {}
        self.trades: dict[str, int] = {}
        for command in (
            *commands(config),
            *map(AddInstrument, replaced.values()),
            *self.market.opening(OPENED_NS),
        ):
            self.send(command)
        self.book_events.clear()

    def send(self, command: Command) -> list[Event]:
        """Apply one command and let the market see what it did."""
        outcome = self.apply(command)
        self.market.observe(outcome)
        return outcome.events

    def apply(self, command: Command) -> Outcome:
        """Apply one command of which the market knows nothing yet."""
        self.seq += 1
        self.last_ns = max(self.last_ns + 1, self.now_ns)
        events = self.exchange.apply(Stamped(self.seq, self.last_ns, command))
        for event in events:
            match event:
                case BookChanged():
                    self.book_events[event.symbol] = self.book_events.get(event.symbol, 0) + 1
                case Traded():
                    self.trades[event.symbol] = self.trades.get(event.symbol, 0) + 1
                case Rejected():
                    self.refusals.append(event.text)
        return Outcome(self.seq, self.last_ns, events)

    def steps(self, seconds: int) -> Iterator[list[Command]]:
        """Batches of the next so many seconds, each as of its own time; whoever takes one applies it."""
        end_ns = self.now_ns + seconds * SECOND_NS
        while (at_ns := self.market.next_active_step_ns()) is not None and at_ns <= end_ns:
            self.now_ns = at_ns
            yield self.market.step(at_ns)
        self.now_ns = end_ns

    def run(self, seconds: int, look: Callable[[], None] = lambda: None) -> None:
        """Let the agents trade, and look after each step."""
        for batch in self.steps(seconds):
            for command in batch:
                self.send(command)
            look()

    def best(self, symbol: str, side: Side) -> int:
        """Best price of a side; 0 if there is none."""
        level = self.exchange.venue.markets[symbol].book.own(side).best()
        return level.price if level is not None else 0

    def levels(self, symbol: str, side: Side) -> int:
        """How many price levels a side has."""
        return len(self.exchange.venue.markets[symbol].book.own(side).keys)


def order(symbol: str, side: Side, qty: int, price: int = 0) -> OrderTerms:
    """Terms in integers: a limit order, or a market order without a price."""
    return OrderTerms(
        symbol=symbol,
        side=side,
        order_type=OrderType.LIMIT if price else OrderType.MARKET,
        qty=Qty(qty),
        limit_price=Price(price),
    )


ALICE = AccountId("alice")
