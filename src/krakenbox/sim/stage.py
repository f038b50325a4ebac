"""The stage of a simulated world: what is listed, who trades there and where prices begin."""

from msgspec import Struct

from krakenbox.model.command import (
    AddAsset,
    AddInstrument,
    Command,
    Deposit,
    FeeTier,
    OpenAccount,
    PlaceOrder,
    SetFeeSchedule,
    SetIndexPrice,
    SetLimits,
    Tier,
)
from krakenbox.model.fixed import Amount, Cost, Price, Qty
from krakenbox.model.instrument import Asset, Instrument
from krakenbox.model.order import AccountId, OrderTerms, OrderType, Side
from krakenbox.sim.dice import Dice
from krakenbox.sim.faults import Feature, Plan

HOUSE = AccountId("house-maker")
TAKER = AccountId("house-taker")
NAMES = tuple(map(AccountId, ("ann", "ben", "cas", "dot")))
_TIERS = (Tier.PRO, Tier.INTERMEDIATE, Tier.PRO, Tier.STARTER)
_DECIMALS = {"BTC": 10, "ETH": 10, "EUR": 4, "USD": 4}
_FUNDS = {"BTC": 5, "ETH": 80, "EUR": 100_000, "USD": 200_000}
_HOUSE_TIMES = 100
"""The house is so many times as rich."""
_FEES = (FeeTier(0, 4000, 2500), FeeTier(50_000, 2400, 1400), FeeTier(200_000, 1800, 800))
_STABLE = (FeeTier(0, 2000, 1000),)
_LADDER = 4
"""Levels each side of a book begins with."""


class Place(Struct, frozen=True):
    """One market: its instrument, the middle of its prices, a step between them, a usual quantity."""

    instrument: Instrument
    middle: int
    step: int
    usual: int


def _instrument(symbol: str, decimals: tuple[int, int, int], minimum: int, fees: str) -> Instrument:
    base, _, quote = symbol.partition("/")
    price, qty, cost = decimals
    return Instrument(
        symbol=symbol,
        wsname=symbol,
        rest_id=base + quote,
        altname=base + quote,
        base=base,
        quote=quote,
        price_decimals=price,
        qty_decimals=qty,
        cost_decimals=cost,
        price_increment=Price(1),
        qty_increment=Qty(1),
        qty_min=Qty(minimum),
        cost_min=Cost(1),
        fee_schedule=fees,
    )


# Quantities and costs have more decimals than the ledgers of USD and EUR, a cost in BTC as many as its own.
PLACES = (
    Place(_instrument("BTC/USD", (1, 8, 5), 5_000, "spot"), 500_000, 50, 10**6),
    Place(_instrument("ETH/BTC", (6, 8, 10), 1, "spot"), 35_000, 10, 10**7),
    Place(_instrument("EUR/USD", (5, 8, 5), 1, "stable"), 110_000, 20, 10**10),
)


def opening(plan: Plan) -> list[Command]:
    """What fills the empty exchange of a world, last prices and short ladders included."""
    commands: list[Command] = [
        AddAsset(Asset(asset=name, rest_id=name, altname=name, decimals=decimals, display_decimals=2))
        for name, decimals in _DECIMALS.items()
    ]
    commands += [SetFeeSchedule("spot", _FEES), SetFeeSchedule("stable", _STABLE)]
    commands += [AddInstrument(place.instrument) for place in PLACES[: plan.symbols]]
    commands.append(SetLimits(plan.has(Feature.LIMITS)))
    for name in (HOUSE, TAKER):
        commands += _account(name, Tier.HOUSE, _HOUSE_TIMES)
    for name, tier in zip(NAMES[: plan.clients], _TIERS, strict=False):
        commands += _account(name, tier, 1)
    for place in PLACES[: plan.symbols]:
        commands += _market(place)
    return commands


def _account(name: AccountId, tier: Tier, times: int) -> list[Command]:
    funds = (
        Deposit(name, asset, Amount(amount * times * 10 ** _DECIMALS[asset]))
        for asset, amount in _FUNDS.items()
    )
    return [OpenAccount(name, tier), *funds]


def _market(place: Place) -> list[Command]:
    """A first trade, an index price, and a ladder around them."""
    commands: list[Command] = [
        limit_order(HOUSE, place, Side.SELL, place.middle, place.usual),
        limit_order(TAKER, place, Side.BUY, place.middle, place.usual),
        SetIndexPrice(place.instrument.symbol, Price(place.middle)),
    ]
    for level in range(1, _LADDER + 1):
        for side, away in ((Side.BUY, -level), (Side.SELL, level)):
            price = place.middle + away * place.step
            commands.append(limit_order(HOUSE, place, side, price, level * place.usual))
    return commands


def limit_order(account: AccountId, place: Place, side: Side, price: int, qty: int) -> PlaceOrder:
    """A limit order."""
    terms = OrderTerms(
        symbol=place.instrument.symbol,
        side=side,
        order_type=OrderType.LIMIT,
        qty=Qty(qty),
        limit_price=Price(price),
    )
    return PlaceOrder(account, terms)


class Prices:
    """Where the middle of each market is now: it wanders, so that triggers are reached."""

    _MOST_STEPS = 30

    def __init__(self, plan: Plan) -> None:
        self._dice = Dice(plan.seed, "prices")
        self._moved = [0] * plan.symbols
        self.places = PLACES[: plan.symbols]

    def wander(self) -> None:
        """Move one market by a step."""
        place = self._dice.below(len(self._moved))
        moved = self._moved[place] + (1 if self._dice.chance(50) else -1)
        self._moved[place] = min(max(moved, -self._MOST_STEPS), self._MOST_STEPS)

    def near(self, place: Place, steps: int) -> int:
        """A price so many steps from the middle."""
        moved = self._moved[self.places.index(place)]
        return place.middle + (moved + steps) * place.step
