"""What nobody's client asks for in a simulated world: the operator's agents, index prices, modes."""

from msgspec.structs import replace

from krakenbox.model.command import (
    CancelOrder,
    Command,
    Deposit,
    OrderRef,
    SetIndexPrice,
    SetPairStatus,
    SetSystemStatus,
)
from krakenbox.model.fixed import Amount, Price
from krakenbox.model.instrument import PairStatus, SystemStatus
from krakenbox.model.order import OrderType, Side, TimeInForce
from krakenbox.sim.dice import Dice
from krakenbox.sim.faults import Feature, Plan
from krakenbox.sim.stage import HOUSE, NAMES, TAKER, Place, Prices, limit_order
from krakenbox.venue.venue import Venue

_MOST_ORDERS = 40
"""Beyond, the house cancels: a book stays small enough to be audited after each step."""
_STEPS = 6


class House:
    """Draws commands of the operator's."""

    def __init__(self, plan: Plan, prices: Prices) -> None:
        self._plan = plan
        self._prices = prices
        self._dice = Dice(plan.seed, "house")

    def commands(self, venue: Venue) -> list[Command]:
        """What is submitted in a step."""
        plan, dice = self._plan, self._dice
        commands: list[Command] = []
        if dice.chance(10):
            self._prices.wander()
        if plan.has(Feature.HOUSE) and dice.chance(50):
            commands += self._trade(venue)
        if plan.has(Feature.INDEX) and dice.chance(6):
            place = dice.choice(self._prices.places)
            price = self._prices.near(place, dice.below(2 * _STEPS) - _STEPS)
            commands.append(SetIndexPrice(place.instrument.symbol, Price(price)))
        if plan.has(Feature.MODES):
            commands += self._mode(venue)
        if dice.chance(1):
            account = dice.choice(NAMES[: plan.clients])
            commands.append(Deposit(account, "USD", Amount(1 + dice.below(10**6))))
        return commands

    def _trade(self, venue: Venue) -> list[Command]:
        dice = self._dice
        place, side = dice.choice(self._prices.places), dice.choice((Side.BUY, Side.SELL))
        orders = list(venue.accounts[HOUSE].orders.values())
        if orders and (len(orders) > _MOST_ORDERS or dice.chance(25)):
            return [CancelOrder(HOUSE, OrderRef(dice.choice(orders).order_id))]
        if dice.chance(20):
            return [self._take(place, side)]
        away = 1 + dice.below(_STEPS)
        price = self._prices.near(place, -away if side is Side.BUY else away)
        return [limit_order(HOUSE, place, side, price, self._qty(place))]

    def _take(self, place: Place, side: Side) -> Command:
        price = self._prices.near(place, _STEPS if side is Side.BUY else -_STEPS)
        order = limit_order(TAKER, place, side, price, self._qty(place))
        if self._dice.chance(50):
            terms = replace(order.terms, order_type=OrderType.MARKET, limit_price=Price(0))
        else:
            terms = replace(order.terms, time_in_force=TimeInForce.IOC)
        return replace(order, terms=terms)

    def _qty(self, place: Place) -> int:
        return 1 + place.usual // 10 + self._dice.below(2 * place.usual)

    def _mode(self, venue: Venue) -> list[Command]:
        """A mode, seldom; and soon the way back."""
        dice = self._dice
        if venue.status is not SystemStatus.ONLINE:
            return [SetSystemStatus(SystemStatus.ONLINE)] if dice.chance(15) else []
        for symbol, market in venue.markets.items():
            if market.instrument.status is not PairStatus.ONLINE:
                return [SetPairStatus(symbol, PairStatus.ONLINE)] if dice.chance(15) else []
        if dice.chance(2):
            modes = (PairStatus.POST_ONLY, PairStatus.LIMIT_ONLY, PairStatus.CANCEL_ONLY)
            return [SetPairStatus(dice.choice(tuple(venue.markets)), dice.choice(modes))]
        if dice.chance(1):
            return [SetSystemStatus(dice.choice((SystemStatus.POST_ONLY, SystemStatus.CANCEL_ONLY)))]
        return []
