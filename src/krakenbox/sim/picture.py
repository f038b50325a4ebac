"""What a recovered exchange shows to a market that returns to it: books, the agents' orders, their money."""

from collections.abc import Collection, Iterator, Mapping

from msgspec import Struct

from krakenbox.engine.book import BookSide
from krakenbox.model.fixed import Price, Qty
from krakenbox.model.order import AccountId, OrderId
from krakenbox.venue.exchange import Exchange
from krakenbox.venue.market import Market


class Resting(Struct, frozen=True, gc=False):
    """One order of an agent in a book."""

    order_id: OrderId
    account: AccountId


class Level(Struct, frozen=True):
    """One price level: what it shows, and the agents' orders in it, oldest first."""

    price: Price
    qty: Qty
    own: tuple[Resting, ...] = ()


class Book(Struct, frozen=True):
    """One pair: levels best first, and its prices; 0 where there is none."""

    bids: tuple[Level, ...] = ()
    asks: tuple[Level, ...] = ()
    last_price: Price = Price(0)
    index_price: Price = Price(0)
    traded: bool = False
    """Whether it has a past: trades, or one that was seeded."""

    @property
    def own(self) -> Iterator[Resting]:
        """The agents' orders, by side, level and age."""
        return (order for level in (*self.bids, *self.asks) for order in level.own)

    @property
    def taken(self) -> bool:
        """Whether the agents trade it: some of their orders rest here."""
        return any(True for _ in self.own)

    @property
    def price(self) -> int:
        """What the pair is worth: to the agents, if they trade it, else by its quotes, else by its trades."""
        # The index is the latent price of a few seconds ago: what a client did to the book is not in it.
        if self.index_price and self.taken:
            return self.index_price
        if self.bids and self.asks:
            return (self.bids[0].price + self.asks[0].price) >> 1
        return self.last_price


class Picture(Struct, frozen=True):
    """The exchange at one sequence number. The default is a new one."""

    seq: int = 0
    books: Mapping[str, Book] = {}
    """By symbol, in order of listing."""
    balances: Mapping[AccountId, Mapping[str, int]] = {}
    """Ledger units of each of the agents that has an account."""


def picture(exchange: Exchange, agents: Collection[AccountId]) -> Picture:
    """What stands after the last command applied."""
    venue = exchange.venue
    return Picture(
        seq=venue.seq,
        books={symbol: _book(market, agents) for symbol, market in venue.markets.items()},
        balances={agent: dict(venue.accounts[agent].balances) for agent in agents if agent in venue.accounts},
    )


def _book(market: Market, agents: Collection[AccountId]) -> Book:
    return Book(
        bids=_levels(market.book.bids, agents),
        asks=_levels(market.book.asks, agents),
        last_price=market.last_price,
        index_price=market.index_price,
        traded=market.trade_id > 0,
    )


def _levels(side: BookSide, agents: Collection[AccountId]) -> tuple[Level, ...]:
    return tuple(
        Level(
            level.price,
            Qty(level.qty),
            tuple(Resting(order.order_id, order.account) for order in level if order.account in agents),
        )
        for level in side
    )
