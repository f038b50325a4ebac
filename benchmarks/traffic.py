"""Commands as a busy exchange gets them: makers enter, amend and cancel in every market, and trade."""

import random

from msgspec.structs import replace

from krakenbox.config import Limits, commands, load_default
from krakenbox.model.command import (
    AmendOrder,
    CancelOrder,
    Command,
    Deposit,
    OpenAccount,
    OrderRef,
    PlaceOrder,
    Tier,
)
from krakenbox.model.event import OrderAccepted, OrderClosed, Outcome
from krakenbox.model.fixed import Amount, Price, Qty
from krakenbox.model.instrument import Instrument
from krakenbox.model.order import AccountId, OrderId, OrderTerms, OrderType, Side

MAKERS = 20
FUNDS = 10**9
"""Of each asset, whole."""
TRADING, AMENDING = 0.05, 0.12
"""Up to which chance a command trades, then amends; the rest enters or cancels."""
TICKS = 20_000
"""Price steps of a market's price: a level holds some orders."""


class Traffic:
    """Makers who enter, amend and cancel orders in every market, and a trade now and then."""

    def __init__(self, count: int, open_orders: int) -> None:
        """So many commands, after which so many orders are open."""
        self._count = count
        self._open_orders = open_orders
        config = load_default()
        self._config = replace(config, server=replace(config.server, limits=Limits.OFF))
        self._instruments = {each.symbol: each for each in config.instruments}
        self._dice = random.Random(1)
        self._makers = [AccountId(f"maker {number}") for number in range(MAKERS)]
        self._open: dict[OrderId, tuple[AccountId, Instrument]] = {}
        self._ids: list[OrderId] = []
        """Those that were open; some are not any more."""
        self._sent = 0

    def opening(self) -> list[Command]:
        """What lists the markets and gives everybody money."""
        opened: list[Command] = commands(self._config)
        for maker in self._makers:
            opened.append(OpenAccount(maker, Tier.HOUSE))
            opened += [
                Deposit(maker, each.asset, Amount(FUNDS * 10**each.decimals)) for each in self._config.assets
            ]
        return opened

    def next(self) -> Command:
        """One command. The number of open orders grows steadily."""
        self._sent += 1
        dice, chance = self._dice, self._dice.random()
        if chance < TRADING:
            return self._order(-dice.randrange(40))
        many = len(self._open) * self._count > self._sent * self._open_orders
        order_id = self._pick() if many or chance < AMENDING else None
        if order_id is None:
            return self._order(1 + dice.randrange(1 + dice.randrange(1_000)))
        maker, instrument = self._open[order_id]
        if chance < AMENDING:
            return AmendOrder(maker, OrderRef(order_id), qty=self._qty(instrument))
        return CancelOrder(maker, OrderRef(order_id))

    def heard(self, outcomes: list[Outcome]) -> None:
        """Know what is open."""
        for outcome in outcomes:
            for event in outcome.events:
                if isinstance(event, OrderAccepted):
                    self._open[event.order_id] = event.account, self._instruments[event.terms.symbol]
                    self._ids.append(event.order_id)
                elif isinstance(event, OrderClosed):
                    self._open.pop(event.order_id, None)

    def _pick(self) -> OrderId | None:
        """An open order."""
        ids = self._ids
        while ids:
            place = self._dice.randrange(len(ids))
            if ids[place] in self._open:
                return ids[place]
            ids[place] = ids[-1]
            ids.pop()
        return None

    def _order(self, away: int) -> Command:
        """An order so many steps from a market's price; before it with a negative number."""
        dice = self._dice
        instrument = dice.choice(self._config.instruments)
        side = dice.choice((Side.BUY, Side.SELL))
        middle = self._config.start_prices[instrument.symbol]
        step = max(middle // TICKS // instrument.price_increment, 1) * instrument.price_increment
        price = middle - middle % step + (-away if side is Side.BUY else away) * step
        terms = OrderTerms(
            symbol=instrument.symbol,
            side=side,
            order_type=OrderType.LIMIT,
            qty=self._qty(instrument),
            limit_price=Price(price),
        )
        return PlaceOrder(dice.choice(self._makers), terms)

    def _qty(self, instrument: Instrument) -> Qty:
        """A quantity well above the least that is taken."""
        decimals = instrument.exact_decimals - instrument.cost_decimals
        worth = instrument.cost_min * 10**decimals // self._config.start_prices[instrument.symbol]
        least = max(worth, instrument.qty_min) // instrument.qty_increment + 1
        return Qty(least * instrument.qty_increment * self._dice.randrange(2, 40))
