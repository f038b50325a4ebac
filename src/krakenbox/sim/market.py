"""The seeded market: every 50 ms of exchange time its agents look at the books and send one batch.

It is pure: whoever drives it submits what `opening` (or `resume`, where an exchange was recovered) and `step`
return and feeds it every outcome published from then on.
Agents with nothing to do cost nothing: each pair knows the next step at which somebody looks at it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from krakenbox.config.settings import MarketLevel
from krakenbox.model.command import (
    CancelOrders,
    Command,
    OpenAccount,
    OrderRef,
    PlaceOrder,
    SeedHistory,
    SetIndexPrice,
    Tier,
)
from krakenbox.model.event import BalancePosted, BookChanged, Event, OrderAccepted, OrderClosed, Outcome
from krakenbox.model.fixed import Price
from krakenbox.model.order import AccountId
from krakenbox.sim.agents import Arbitrageur, DepthMaker, MomentumTaker, NoiseTaker, Quoter
from krakenbox.sim.dice import Dice
from krakenbox.sim.history import seed_histories
from krakenbox.sim.pair import MarketPair
from krakenbox.sim.picture import Book, Picture
from krakenbox.sim.pit import Pit
from krakenbox.sim.prices import Prices
from krakenbox.sim.purse import Purse
from krakenbox.sim.standing import standing

STEP_NS = 50_000_000
STEPS_A_SECOND = 1_000_000_000 // STEP_NS

_BUSY = frozenset(("BTC/USD", "ETH/USD", "SOL/USD", "XRP/USD", "EUR/USD"))
_EVENTS_A_SECOND = {MarketLevel.CALM: (2, 2), MarketLevel.BUSY: (30, 5)}
"""Book events a second of the busy pairs and of the others."""
_INDEX_STEPS = {MarketLevel.CALM: 5 * STEPS_A_SECOND, MarketLevel.BUSY: STEPS_A_SECOND}
"""Steps between index prices of a pair: at most one per second enters the journal."""
_TRADES_A_MINUTE_PER_EVENT = 15
"""Trades a minute for every book event a second: what the agents were counted to do."""
_ACTS = 6
"""Most acts of one pair in one step; a market that was not stepped in time does not catch up."""
_THINK_STEPS = 4
_LOOK_STEPS = STEPS_A_SECOND
"""Each pair is looked at every second at least: its latent price moves on."""
_LAG_MILLI = 10_000 * STEPS_A_SECOND
"""Acts are put off, and caught up with, by ten seconds at most."""
_STIR_PERCENT = 74
_NOISE_PERCENT = 94
"""Below the first the depth maker stirs the book, below the second there is noise, above it momentum."""

AGENTS = tuple(agent.account for agent in (DepthMaker, Quoter, Arbitrageur, NoiseTaker, MomentumTaker))
"""Accounts the agents trade with."""


class Market:
    """All agents on all pairs."""

    __slots__ = (
        "_desks",
        "_handlers",
        "_level",
        "_pairs",
        "_prices",
        "_purse",
        "_seed",
        "_step",
        "opened_ns",
    )

    def __init__(self, pairs: Sequence[MarketPair], seed: int, level: MarketLevel) -> None:
        self._level = level
        self._begin(() if level is MarketLevel.OFF else pairs, {}, seed)
        self._step = 0
        self.opened_ns = 0
        """Exchange time of step 0."""
        self._handlers: dict[type[Event], Callable[[Any], None]] = {
            BookChanged: self._book_changed,
            OrderAccepted: self._accepted,
            OrderClosed: self._closed,
            BalancePosted: self._posted,
        }

    @property
    def symbols(self) -> tuple[str, ...]:
        """The pairs traded here."""
        return tuple(self._desks)

    def opening(self, now_ns: int) -> list[Command]:
        """What an exchange that lists the pairs is to be told first: accounts, funds, pasts and ladders."""
        return self._enter(now_ns, Picture())

    def resume(self, now_ns: int, picture: Picture) -> list[Command]:
        """What a recovered exchange is to be told: nothing, where all that trades was traded before.

        Orders and prices are gone on from as they stood. Pairs new to the market are opened, and orders in
        pairs that it trades no longer are canceled: all of them, where the market is off.
        """
        # Other dice: those of the first run would draw the same again.
        seed = Dice(self._seed, "resume", str(picture.seq)).bits()
        pairs, stood = standing(self._pairs, picture.books)
        self._begin(pairs, stood, seed)
        return [*self._withdrawals(picture), *self._enter(now_ns, picture)]

    def step(self, now_ns: int) -> list[Command]:
        """The batch of the step that `now_ns` lies in; empty if it was made already or nobody has a wish."""
        step = (now_ns - self.opened_ns) // STEP_NS
        if step <= self._step:
            return []
        self._step = step
        commands = self._purse.refills()
        for desk in self._desks.values():
            if step >= desk.wake:
                self._look(desk, step)
                commands += desk.pit.sent()
            if step >= desk.index_step:
                desk.index_step = step + _INDEX_STEPS[self._level]
                commands += self._index(desk, step)
        return commands

    def next_active_step_ns(self) -> int | None:
        """When `step` next has something to do; None if never. Steps before it may be left out."""
        wakes = [min(desk.wake, desk.index_step) for desk in self._desks.values()]
        return self.opened_ns + max(min(wakes), self._step + 1) * STEP_NS if wakes else None

    def observe(self, outcome: Outcome) -> None:
        """Take in what was published; every outcome, in order."""
        handlers = self._handlers
        for event in outcome.events:
            handler = handlers.get(type(event))
            if handler is not None:
                handler(event)

    def _begin(self, pairs: Sequence[MarketPair], stood: Mapping[str, int], seed: int) -> None:
        self._pairs = tuple(pairs)
        self._seed = seed
        self._purse = Purse(AGENTS)
        self._prices = Prices((leg for pair in pairs for leg in _legs(pair)), seed, stood)
        self._desks = {
            pair.instrument.symbol: _Desk(Pit(pair, seed), self._rate(pair), number)
            for number, pair in enumerate(pairs)
        }

    def _enter(self, now_ns: int, picture: Picture) -> list[Command]:
        """Take over what there is, and open the rest."""
        self.opened_ns, self._step = now_ns, 0
        if not self._desks:
            return []
        ladders: list[Command] = []
        worth: list[Command] = []
        without_past: list[MarketPair] = []
        for symbol, desk in self._desks.items():
            book = picture.books.get(symbol, Book())
            desk.pit.fair = self._fair(desk, 0)
            ladder = desk.enter(book)
            worth += ladder
            if not book.taken:
                ladders += ladder
            if not book.traded:
                without_past.append(desk.pit.pair)
        placed = [order for order in worth if isinstance(order, PlaceOrder)]
        return [
            *(OpenAccount(agent, Tier.HOUSE) for agent in AGENTS if agent not in picture.balances),
            *self._purse.fund(self._pairs, placed, picture.balances),
            *self._pasts(without_past),
            *ladders,
        ]

    def _pasts(self, pairs: Sequence[MarketPair]) -> list[SeedHistory]:
        rates = {
            symbol: max(desk.rate * _TRADES_A_MINUTE_PER_EVENT, 1) for symbol, desk in self._desks.items()
        }
        return seed_histories(pairs, self._prices, self._seed, self.opened_ns, rates) if pairs else []

    def _withdrawals(self, picture: Picture) -> list[Command]:
        """Cancel what the agents left in pairs that nobody looks after now."""
        commands: list[Command] = []
        for symbol, book in picture.books.items():
            if symbol in self._desks:
                continue
            refs: dict[AccountId, list[OrderRef]] = {}
            for order in book.own:
                refs.setdefault(order.account, []).append(OrderRef(order_id=order.order_id))
            commands += (CancelOrders(agent, tuple(orders)) for agent, orders in refs.items())
        return commands

    def _rate(self, pair: MarketPair) -> int:
        busy, others = _EVENTS_A_SECOND[self._level]
        return busy if pair.instrument.symbol in _BUSY else others

    def _look(self, desk: "_Desk", step: int) -> None:
        desk.pit.fair = self._fair(desk, step)
        desk.act(step)

    def _fair(self, desk: "_Desk", step: int) -> int:
        base, quote = _legs(desk.pit.pair)
        return desk.pit.shape.price(self._prices.log_ppb(base, quote, step * (1_000 // STEPS_A_SECOND)))

    def _index(self, desk: "_Desk", step: int) -> list[Command]:
        price = self._fair(desk, step)
        if not desk.pit.pair.instrument.has_index or price == desk.index_price or price <= 0:
            return []
        desk.index_price = price
        return [SetIndexPrice(desk.pit.symbol, Price(price))]

    def _book_changed(self, event: BookChanged) -> None:
        desk = self._desks.get(event.symbol)
        if desk is not None and desk.pit.book_changed(event):
            desk.wake = min(desk.wake, max(desk.rested, self._step + 1))

    def _accepted(self, event: OrderAccepted) -> None:
        if event.account in AGENTS:
            self._desks[event.terms.symbol].pit.accepted(event.order_id, event.account)

    def _closed(self, event: OrderClosed) -> None:
        # Of orders left in pairs that are traded no longer there is no desk.
        if event.account in AGENTS and event.terms.symbol in self._desks:
            self._desks[event.terms.symbol].pit.closed(event.order_id)

    def _posted(self, event: BalancePosted) -> None:
        if event.account in AGENTS:
            self._purse.posted(event)


class _Desk:
    """The agents of one pair, and when they act: as often as makes `rate` book events a second."""

    __slots__ = (
        "_arbitrage",
        "_due_milli",
        "_momentum",
        "_noise",
        "_quoter",
        "depth",
        "index_price",
        "index_step",
        "pit",
        "rate",
        "rested",
        "wake",
    )

    def __init__(self, pit: Pit, rate: int, number: int) -> None:
        self.pit = pit
        self.rate = rate
        self.depth = DepthMaker()
        self._quoter = Quoter()
        self._arbitrage = Arbitrageur()
        self._noise = NoiseTaker()
        self._momentum = MomentumTaker()
        self.wake = 1 + number
        """Next step to look at the pair: pairs begin one after the other."""
        self.rested = self.wake
        """First step at which somebody may respond to a change of the book: nobody answers at once."""
        self._due_milli = self.wake * 1_000
        """Thousandths of a step at which the next act is due that no state of the book calls for."""
        self.index_step = 1 + number
        self.index_price = 0

    def enter(self, book: Book) -> list[Command]:
        """Begin with a book; the ladder that an opening around the latent price puts there.

        Of a book that holds orders of the agents that ladder only tells what it takes to keep it.
        """
        pit = self.pit
        if not book.taken:
            pit.take_over(book)
            self.depth.open(pit)
            return pit.sent()
        model = Pit(pit.pair, 0)
        model.fair = pit.fair
        self.depth.open(model)
        pit.take_over(book)
        self.index_price = book.index_price
        self.index_step += STEPS_A_SECOND
        return model.sent()

    def act(self, step: int) -> None:
        """What the book calls for first; then what is due."""
        called = self._respond(step)
        if called:
            self._spend(step, called)
        else:
            self._stroll(step)
        self.rested = step + 1 + self.pit.dice.below(_THINK_STEPS)
        # After a response look again: it may not have been enough.
        due = self.rested if called else self._due_milli // 1_000
        self.wake = min(max(due, step + 1), step + _LOOK_STEPS)

    def _respond(self, step: int) -> int:
        pit = self.pit
        return (self._arbitrage.correct(pit) or self._quoter.tighten(pit)) + self.depth.mend(pit)

    def _stroll(self, step: int) -> None:
        for _ in range(_ACTS):
            if self._due_milli >= (step + 1) * 1_000:
                return
            self._spend(step, self._wish(step))

    def _wish(self, step: int) -> int:
        draw = self.pit.dice.below(100)
        if draw < _STIR_PERCENT:
            return self.depth.stir(self.pit)
        if draw < _NOISE_PERCENT:
            return self._noise.trade(self.pit)
        return self._momentum.trade(self.pit, step)

    def _spend(self, step: int, events: int) -> None:
        """Put off the next act by the time so many events may take, between half and one and a half of it."""
        mean = events * STEPS_A_SECOND * 1_000 // self.rate or 1
        due = self._due_milli + mean // 2 + self.pit.dice.below(mean)
        self._due_milli = min(max(due, step * 1_000 - _LAG_MILLI), step * 1_000 + _LAG_MILLI)


def _legs(pair: MarketPair) -> tuple[str, str]:
    return pair.instrument.base, pair.instrument.quote
