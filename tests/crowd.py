"""Accounts that trade for as long as one likes, and remember no more than what is open.

    crowd = Crowd()
    crowd.trade(10_000)          as many orders, with their fills, cancels, amends and triggers
    crowd.orders, crowd.census()
    python tests/crowd.py 2000000         the resident set in kB at each quarter

The core and the views without sockets, over a journal that keeps nothing. Some listen to their own orders,
others watch the market, come and go. Time passes: 50 ms with each command.
"""

import gc
import resource
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from builders import START_NS, VENUE_ID, opening
from census import census
from krakenbox.clock import ManualClock
from krakenbox.feeds.hub import INSTRUMENT, ExecutionOptions, Hub, Subscriber, ViewKey
from krakenbox.journal.log import Header, Log
from krakenbox.journal.storage import NoStorage
from krakenbox.model.command import (
    AmendOrder,
    CancelAll,
    CancelOrder,
    CancelOrders,
    Command,
    Deposit,
    OpenAccount,
    OrderRef,
    PlaceOrder,
    PlaceOrders,
    SetCancelTimer,
    SetIndexPrice,
    SetLimits,
    Tier,
    UseNonce,
)
from krakenbox.model.event import OrderAccepted, OrderClosed, OrderFilled, Outcome, Rejected
from krakenbox.model.fixed import Amount, Price, Qty
from krakenbox.model.order import (
    AccountId,
    Conditional,
    OrderId,
    OrderTerms,
    OrderType,
    PriceType,
    Reference,
    Side,
    TimeInForce,
    Trigger,
)
from krakenbox.sequencer import Hashing, Sequencer
from krakenbox.sim.dice import Dice
from krakenbox.venue.exchange import Exchange
from krakenbox.venue.hashing import Digest

MIDDLES = {"BTC/USD": 1_000_000, "EUR/USD": 110_000}
"""Where prices begin; they wander within a tenth of it."""
SIZES = {"BTC/USD": 20_000, "EUR/USD": 1_000_000_000}
NAMES = [AccountId(f"crowd-{number}") for number in range(8)]
OPEN = 50
"""Orders that an account keeps open, more or less."""
COMMAND_NS = 50_000_000
BATCH = 100
SECOND_NS = 1_000_000_000
VIEWS = [
    INSTRUMENT,
    *(
        ViewKey(channel, symbol, param)
        for symbol in MIDDLES
        for channel, params in (
            ("book", (10, 25, 1_000)),
            ("level3", (10, 100)),
            ("trade", (0,)),
            ("ticker", ("trades", "bbo")),
            ("ohlc", (1, 60)),
        )
        for param in params
    ),
]


class Crowd:
    """An exchange and the accounts that trade on it."""

    def __init__(self, seed: int = 7) -> None:
        self.dice = Dice(seed, "crowd")
        self.clock = ManualClock(START_NS)
        self.exchange = Exchange(VENUE_ID)
        self.hub = Hub()
        log = Log(NoStorage(), Header(rules=1, venue_id=VENUE_ID))
        self.digest = Digest(self.exchange)
        self.sequencer = Sequencer(
            self.exchange, log, self.clock.now_ns, self._publish, BATCH, hashing=Hashing(self.digest)
        )
        self.orders = 0
        self.told: Counter[str] = Counter()
        """Events by name, of all that happened."""
        self.frames = 0
        """Bytes sent to those who listen."""
        self._open: dict[AccountId, dict[OrderId, OrderTerms]] = {name: {} for name in NAMES}
        self._middles = dict(MIDDLES)
        self._last_who = 0
        self._watchers: list[Subscriber] = []
        self._send(*opening(), SetLimits(False))
        for number, name in enumerate(NAMES):
            self._send(OpenAccount(name, (Tier.PRO, Tier.HOUSE, Tier.STARTER)[number % 3]))
            self._send(*(Deposit(name, asset, Amount(10**19)) for asset in ("USD", "BTC", "EUR")))
        self._listen()

    def trade(self, orders: int) -> None:
        """Let the accounts place so many orders."""
        until = self.orders + orders
        while self.orders < until:
            for _ in range(BATCH):
                self.clock.advance(COMMAND_NS)
                self.sequencer.submit(self._wish())
            self._settle()
            self._come_and_go()

    def census(self) -> Counter[str]:
        """What everything holds, once everybody was sent what there is."""
        return census(self.exchange, self.hub, self.sequencer, self.digest)

    # --- what happens

    def _publish(self, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            for event in outcome.events:
                self.told[type(event).__name__] += 1
                if isinstance(event, OrderAccepted) and event.account in self._open:
                    self._open[event.account][event.order_id] = event.terms
                elif isinstance(event, OrderClosed) and event.account in self._open:
                    del self._open[event.account][event.order_id]
                elif isinstance(event, OrderFilled):
                    self.told["maker"] += event.maker
                elif isinstance(event, Rejected):
                    self.told[event.text] += 1
            self.hub.apply(outcome)
            self.frames += sum(len(frame) for _, frame in self.hub.take_private())

    def _settle(self) -> None:
        self.sequencer.tick()
        while self.sequencer.pending():
            self.sequencer.drain()
        for who in self.hub.dirty():
            self.frames += len(self.hub.take(who))
        self.hub.dirty()  # what everybody was sent is forgotten at the next look

    def _send(self, *commands: Command) -> None:
        for command in commands:
            self.sequencer.submit(command)
        self._settle()

    # --- who listens

    def _listen(self) -> None:
        for name in NAMES[:3]:
            who = self._arrive()
            self.hub.subscribe_executions(who, name, ExecutionOptions(snap_trades=True, ratecounter=True))
            self.hub.subscribe_balances(who, name)
        for view in VIEWS:
            self.hub.subscribe(self._arrive(), view)

    def _arrive(self) -> Subscriber:
        self._last_who += 1
        who = Subscriber(self._last_who)
        self.hub.connect(who, self._last_who)
        return who

    def _come_and_go(self) -> None:
        """Somebody who watches some views takes the place of another."""
        if len(self._watchers) >= 5:
            self.hub.drop(self._watchers.pop(0))
        who = self._arrive()
        self._watchers.append(who)
        for view in VIEWS:
            if self.dice.chance(30):
                self.hub.subscribe(who, view)
                self.frames += len(self.hub.snapshot(view, self.clock.now_ns()))
        self.frames += len(self.hub.subscribe_executions(who, NAMES[-1], ExecutionOptions()))

    # --- who trades

    def _wish(self) -> Command:
        dice = self.dice
        name = NAMES[dice.below(len(NAMES))]
        mine = self._open[name]
        draw = dice.below(1_000)
        if mine and (len(mine) > OPEN or draw < 150):
            return CancelOrder(name, OrderRef(order_id=self._one_of(mine)))
        if mine and draw < 250:
            return self._amend(name, mine)
        rare = self._rare(name, mine, draw - 250)
        if rare is not None:
            return rare
        self.orders += 1
        return PlaceOrder(name, self._terms(dice.below(100)))

    def _rare(self, name: AccountId, mine: dict[OrderId, OrderTerms], draw: int) -> Command | None:
        symbol = self._symbol()
        if draw < 2:
            return CancelAll(name)
        if draw < 10:
            return CancelOrders(name, tuple(OrderRef(order_id=order_id) for order_id in list(mine)[:5]))
        if draw < 20:
            now_ns = self.clock.now_ns()
            return SetCancelTimer(name, now_ns + 60 * SECOND_NS if self.dice.chance(50) else 0)
        if draw < 30:
            return UseNonce(f"key-{self.dice.below(9)}", self.clock.now_ns())
        if draw < 40:
            return SetIndexPrice(symbol, Price(self._middles[symbol] + self.dice.below(50)))
        if draw < 60:
            orders = tuple(self._resting(symbol, Side.BUY) for _ in range(4))
            self.orders += len(orders)
            return PlaceOrders(name, orders)
        return None

    def _amend(self, name: AccountId, mine: dict[OrderId, OrderTerms]) -> Command:
        order_id = self._one_of(mine)
        terms, ref = mine[order_id], OrderRef(order_id=order_id)
        if terms.trigger is not None or self.dice.chance(50):
            return AmendOrder(name, ref, qty=Qty(terms.qty + SIZES[terms.symbol]))
        return AmendOrder(name, ref, limit_price=self._price(terms.symbol, terms.side, 30))

    def _one_of(self, mine: dict[OrderId, OrderTerms]) -> OrderId:
        return list(mine)[self.dice.below(len(mine))]

    def _symbol(self) -> str:
        symbol = "BTC/USD" if self.dice.chance(70) else "EUR/USD"
        wandered = self._middles[symbol] + self.dice.below(9) - 4
        if abs(wandered - MIDDLES[symbol]) * 10 < MIDDLES[symbol]:
            self._middles[symbol] = wandered
        return symbol

    def _price(self, symbol: str, side: Side, away: int) -> Price:
        return Price(self._middles[symbol] + (-away if side is Side.BUY else away))

    def _qty(self, symbol: str) -> Qty:
        return Qty(SIZES[symbol] * (1 + self.dice.skewed(30)))

    def _resting(self, symbol: str, side: Side) -> OrderTerms:
        return OrderTerms(
            symbol=symbol,
            side=side,
            order_type=OrderType.LIMIT,
            qty=self._qty(symbol),
            limit_price=self._price(symbol, side, 1 + self.dice.skewed(200)),
        )

    def _terms(self, draw: int) -> OrderTerms:
        dice, symbol = self.dice, self._symbol()
        side = Side.BUY if dice.bits() & 1 else Side.SELL
        terms: dict[str, Any] = {"symbol": symbol, "side": side, "qty": self._qty(symbol)}
        if dice.chance(30):
            terms["cl_ord_id"] = f"{dice.bits():016x}"
        if draw < 20:
            return OrderTerms(order_type=OrderType.MARKET, **terms)
        if draw < 40:
            through = self._price(symbol, side, -5)
            return OrderTerms(
                order_type=OrderType.LIMIT, limit_price=through, time_in_force=TimeInForce.IOC, **terms
            )
        if draw < 52:
            return self._triggered(terms, draw)
        terms |= {"order_type": OrderType.LIMIT, "limit_price": self._price(symbol, side, dice.skewed(100))}
        if draw < 58:
            later = (self.clock.now_ns() // SECOND_NS + 2 + dice.below(120)) * SECOND_NS
            terms |= (
                {"time_in_force": TimeInForce.GTD, "expire_ns": later}
                if dice.chance(50)
                else {"effective_ns": later}
            )
        elif draw < 64:
            terms |= {"order_type": OrderType.ICEBERG, "qty": Qty(SIZES[symbol] * 40)}
            terms |= {"display_qty": Qty(SIZES[symbol] * 4)}
        elif draw < 68:
            terms["conditional"] = Conditional(
                OrderType.LIMIT, self._price(symbol, side.opposite, 40), trigger=None
            )
        return OrderTerms(**terms)

    def _triggered(self, terms: dict[str, Any], draw: int) -> OrderTerms:
        symbol, side = str(terms["symbol"]), terms["side"]
        reference = Reference.LAST if self.dice.chance(70) else Reference.INDEX
        if draw < 46:
            # A stop: behind where the market has to go through.
            away = self._price(symbol, Side.SELL if side is Side.BUY else Side.BUY, 20 + self.dice.below(60))
            trigger = Trigger(away, reference=reference)
            return OrderTerms(order_type=OrderType.STOP_LOSS, trigger=trigger, **terms)
        from_peak = Trigger(20 + self.dice.below(40), PriceType.QUOTE, reference)
        return OrderTerms(order_type=OrderType.TRAILING_STOP, trigger=from_peak, **terms)


def resident_kb() -> int:
    """What this process holds in memory now."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() // 1024


def main() -> None:
    """Trade, and print the resident set at each quarter."""
    crowd, orders = Crowd(), int(sys.argv[1])
    for quarter in range(1, 5):
        crowd.trade(orders * quarter // 4 - crowd.orders)
        print(resident_kb(), crowd.orders, crowd.sequencer.seq, flush=True)


if __name__ == "__main__":
    main()
