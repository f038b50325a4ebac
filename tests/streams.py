"""Random streams of commands on a narrow market: everything meets everything. A seed gives one stream."""

from random import Random

from msgspec import Struct
from msgspec.structs import replace

from builders import (
    DAY_NS,
    INSTRUMENTS,
    SECOND_NS,
    Number,
    Pit,
    buy,
    cancel,
    cancel_all,
    deposit,
    place,
    sell,
    units,
)
from krakenbox.model.command import (
    AmendOrder,
    CancelOrder,
    CancelOrders,
    Command,
    EditOrder,
    FeeTier,
    OrderRef,
    PlaceOrders,
    SetCancelTimer,
    SetFeeSchedule,
    SetIndexPrice,
    SetPairStatus,
    SetProtection,
    SetSystemStatus,
    Tick,
)
from krakenbox.model.event import Event
from krakenbox.model.fixed import Price, Qty
from krakenbox.model.instrument import PairStatus, SystemStatus
from krakenbox.model.order import (
    PCT_UNIT,
    AccountId,
    Conditional,
    FeePreference,
    OrderId,
    OrderTerms,
    OrderType,
    PriceType,
    Reference,
    Side,
    StpType,
    TimeInForce,
)
from sleepers import dormant, index, oto

NAMES = ("alice", "bob", "carol", "mia")
PAIRS: dict[str, list[Number]] = {
    # Few prices, odd ones: levels fill up and roundings happen.
    "BTC/USD": ["99.8", "99.9", "100.0", "100.1", "100.2", "104.9", "95.3"],
    "ETH/BTC": ["0.049999", "0.050000", "0.050001", "0.053333"],
    "EUR/USD": ["1.09999", "1.10000", "1.10001", "1.13333"],
}
QTYS: list[Number] = ["0.00005", "0.00012345", "1", "1.5", "2.33333333", "7", "25.00000001"]
CASH: list[Number] = ["0.5", "1.23456", "100", "333.33333"]


class Step(Struct):
    """A command and when: nanoseconds after the one before it. `pick` chooses one of its open orders."""

    command: Command
    after_ns: int
    pick: int = -1


def steps(seed: int, count: int) -> list[Step]:
    """A stream of commands."""
    chance = Random(seed)
    return [_step(chance) for _ in range(count)]


def _step(chance: Random) -> Step:
    after_ns = chance.choices([1, 1_000, SECOND_NS, 7 * SECOND_NS, DAY_NS], [40, 30, 20, 9, 1])[0]
    if chance.random() < 0.7:
        return Step(_order(chance), after_ns)
    if chance.random() < 0.3:
        return Step(cancel(by=chance.choice(NAMES)), after_ns, chance.randrange(1000))
    if chance.random() < 0.5:
        return Step(_amend(chance), after_ns, chance.randrange(1000))
    if chance.random() < 0.3:
        return Step(_edit(chance), after_ns, chance.randrange(1000))
    if chance.random() < 0.3:
        return Step(_batch(chance), after_ns)
    return Step(_other(chance), after_ns)


def _order(chance: Random) -> Command:
    symbol = chance.choice(list(PAIRS))
    side, by = chance.choice([buy, sell]), chance.choice(NAMES)
    fields: dict[str, object] = {
        "symbol": symbol,
        "by": by,
        "stp": chance.choice(list(StpType)),
        "validate": chance.random() < 0.03,
        "fee_preference": chance.choices(list(FeePreference), [20, 80])[0],
        "sender_sub_id": chance.choices(["", "desk"], [85, 15])[0],
    }
    if chance.random() < 0.2:
        fields |= chance.choice([{"cl_ord_id": chance.choice("abc")}, {"userref": chance.randrange(3)}])
    if chance.random() < 0.1:
        fields["conditional"] = _conditional(chance, symbol)
    if chance.random() < 0.05:
        fields["effective_ns"] = -chance.choice([1, 5, 50])  # seconds from its own time: see `run`
    if chance.random() < 0.3:
        return _dormant(chance, side, symbol, fields)
    if chance.random() < 0.15:
        if side is buy and chance.random() < 0.5:
            return place(side, cash=chance.choice(CASH), **fields)  # type: ignore[arg-type]
        return place(side, chance.choice(QTYS), **fields)  # type: ignore[arg-type]
    fields["time_in_force"] = chance.choices(list(TimeInForce), [70, 10, 10, 10])[0]
    fields["post_only"] = fields["time_in_force"] is TimeInForce.GTC and chance.random() < 0.1
    if fields["time_in_force"] is TimeInForce.GTD:
        fields["expire_ns"] = -chance.choice([1, 5, 50, 100_000])  # seconds from its own time: see `run`
    qty = chance.choice(QTYS)
    if chance.random() < 0.2:
        fields["display"] = chance.choice(QTYS)
    return place(side, qty, at=chance.choice(PAIRS[symbol]), **fields)  # type: ignore[arg-type]


KINDS = [order_type.value for order_type in OrderType if order_type.triggered]
OFFSETS = ["0.1%", "1%", "3%", "2q"]
LIMIT_OFFSETS = ["0q", "1q", "-2q", "-1%", "0.5%"]


def _prices(chance: Random, symbol: str, kind: str) -> tuple[str, str]:
    """A trigger and, of a type that has one, a limit price."""
    at = str(chance.choice(PAIRS[symbol]))
    if kind.startswith("trailing"):
        # Only dollars are coarse enough for an offset in quote units.
        limit = chance.choice([at, *(each for each in LIMIT_OFFSETS if symbol == "BTC/USD" or "%" in each)])
        trigger = chance.choice([each for each in OFFSETS if symbol == "BTC/USD" or "%" in each])
    else:
        limit, sign = at, chance.choice(["", "-"])
        trigger = chance.choice([*map(str, PAIRS[symbol]), sign + "1%", sign + "0.2%"])
    return trigger, limit if kind.endswith("limit") else "0"


def _conditional(chance: Random, symbol: str) -> Conditional:
    kind = chance.choice([*KINDS, "limit"])
    trigger, limit = _prices(chance, symbol, kind)
    decimals = INSTRUMENTS[symbol].price_decimals
    return oto(kind, "" if kind == "limit" else trigger, limit, chance.choice(list(Reference)), decimals)


def _dormant(chance: Random, side: Side, symbol: str, fields: dict[str, object]) -> Command:
    kind = chance.choice(KINDS)
    fields["reference"] = chance.choices(list(Reference), [80, 20])[0]
    fields["time_in_force"] = chance.choices(list(TimeInForce), [80, 15, 5, 0])[0]
    if fields["time_in_force"] is TimeInForce.GTD:
        fields["expire_ns"] = -chance.choice([1, 5, 50, 100_000])
    return dormant(side, chance.choice(QTYS), kind, *_prices(chance, symbol, kind), **fields)


def _amend(chance: Random) -> Command:
    price = units(chance.choice(PAIRS["BTC/USD"]), 1)
    changes = chance.choice(
        [
            {"qty": Qty(units(chance.choice(QTYS), 8))},
            {"limit_price": price},
            {"limit_price": price, "post_only": True},
            {"limit_price": price, "qty": Qty(units(chance.choice(QTYS), 8))},
            {"display_qty": Qty(units(chance.choice(QTYS), 8))},
            {"trigger_price": price},
            {"trigger_price": chance.choice([1, 10, PCT_UNIT]), "trigger_price_type": PriceType.PCT},
            {"trigger_price": chance.choice([-20, 20]), "trigger_price_type": PriceType.QUOTE},
            {"limit_price": chance.choice([-5, 5]), "limit_price_type": PriceType.QUOTE},
        ]
    )
    return AmendOrder(AccountId(chance.choice(NAMES)), OrderRef(), **changes)  # type: ignore[arg-type]


def _edit(chance: Random) -> Command:
    changes = chance.choice(
        [
            {"qty": Qty(units(chance.choice(QTYS), 8))},
            {"limit_price": Price(units(chance.choice(PAIRS["BTC/USD"]), 1))},
            {"display_qty": Qty(units(chance.choice(QTYS), 8))},
            {"post_only": True, "validate": chance.random() < 0.2},
        ]
    )
    return EditOrder(AccountId(chance.choice(NAMES)), OrderId(""), "BTC/USD", **changes)  # type: ignore[arg-type]


def _batch(chance: Random) -> Command:
    account, symbol = AccountId(chance.choice(NAMES)), chance.choice(list(PAIRS))
    if chance.random() < 0.3:
        refs = [OrderRef(cl_ord_id=chance.choice("abc")), OrderRef(userref=chance.randrange(3))]
        return CancelOrders(account, tuple(chance.choices(refs, k=3)))
    orders = [
        place(chance.choice([buy, sell]), chance.choice(QTYS), at=chance.choice(PAIRS[symbol]), symbol=symbol)
        for _ in range(chance.randrange(1, 5))
    ]
    return PlaceOrders(account, tuple(order.terms for order in orders), validate=chance.random() < 0.1)


def _other(chance: Random) -> Command:
    rate = chance.choice([0, 1, 2000, 30_000])
    return chance.choice(
        [
            Tick(),
            SetCancelTimer(AccountId(chance.choice(NAMES)), -chance.choice([0, 1, 5, 50])),
            SetProtection(chance.choice([1, 20_000, 50_000])),
            cancel_all(chance.choice(NAMES)),
            cancel(userref=chance.randrange(3), by=chance.choice(NAMES)),
            cancel(cl_ord_id=chance.choice("abc"), by=chance.choice(NAMES)),
            deposit(chance.choice(NAMES), chance.choice(["USD", "EUR", "BTC"]), "3.0001"),
            SetSystemStatus(chance.choices(list(SystemStatus), [85, 5, 5, 5])[0]),
            SetPairStatus(chance.choice(list(PAIRS)), chance.choices(list(PairStatus), [86, *[2] * 7])[0]),
            SetIndexPrice(chance.choice(list(PAIRS)), Price(chance.randrange(1, 2000))),
            index(chance.choice(PAIRS["BTC/USD"])),
            index(chance.choice(PAIRS["EUR/USD"]), "EUR/USD"),
            SetFeeSchedule("spot", (FeeTier(0, rate, rate), FeeTier(200, rate // 3, 0))),
        ]
    )


def run(pit: Pit, stream: list[Step]) -> list[Event]:
    """Apply a stream, audited at every step; picks and expiry times mean what the pit makes of them."""
    told: list[Event] = []
    for step in stream:
        at_ns = pit.time_ns + step.after_ns
        told += pit.send(_resolved(pit, step, at_ns), at_ns)
    return told


def _resolved(pit: Pit, step: Step, at_ns: int) -> Command:
    command = step.command
    if isinstance(command, CancelOrder | AmendOrder) and step.pick >= 0:
        orders = pit.orders(command.account)
        order_id = orders[step.pick % len(orders)].order_id if orders else OrderId("OABCDE-ABCDE-ABCDEF")
        return replace(command, ref=OrderRef(order_id))
    if isinstance(command, EditOrder):
        orders = pit.orders(command.account)
        order = orders[step.pick % len(orders)] if orders else None
        found = (order.order_id, order.terms.symbol) if order else (OrderId("O"), command.symbol)
        return replace(command, order_id=found[0], symbol=found[1])
    if isinstance(command, SetCancelTimer):
        return replace(command, trigger_ns=_later(at_ns, command.trigger_ns))
    terms = getattr(command, "terms", None)
    if isinstance(terms, OrderTerms):
        expire_ns, effective_ns = _later(at_ns, terms.expire_ns), _later(at_ns, terms.effective_ns)
        return replace(command, terms=replace(terms, expire_ns=expire_ns, effective_ns=effective_ns))
    return command


def _later(at_ns: int, seconds: int) -> int:
    """The whole second so many (negative) seconds from a time; 0 for none."""
    return (at_ns // SECOND_NS - seconds) * SECOND_NS if seconds else 0
