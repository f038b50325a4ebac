"""Random streams of commands on a narrow market: everything meets everything. A seed gives one stream."""

from random import Random

from msgspec import Struct
from msgspec.structs import replace

from builders import DAY_NS, SECOND_NS, Number, Pit, buy, cancel, cancel_all, deposit, place, sell
from krakenbox.model.command import (
    CancelOrder,
    Command,
    FeeTier,
    SetFeeSchedule,
    SetIndexPrice,
    SetPairStatus,
    SetSystemStatus,
    Tick,
)
from krakenbox.model.event import Event
from krakenbox.model.fixed import Price
from krakenbox.model.instrument import PairStatus, SystemStatus
from krakenbox.model.order import OrderId, OrderTerms, StpType, TimeInForce

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
    """A command and when: nanoseconds after the one before it. `pick` chooses an open order to cancel."""

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
    if chance.random() < 0.7:
        return Step(cancel(by=chance.choice(NAMES)), after_ns, chance.randrange(1000))
    return Step(_other(chance), after_ns)


def _order(chance: Random) -> Command:
    symbol = chance.choice(list(PAIRS))
    side, by = chance.choice([buy, sell]), chance.choice(NAMES)
    fields: dict[str, object] = {
        "symbol": symbol,
        "by": by,
        "stp": chance.choice(list(StpType)),
        "validate": chance.random() < 0.03,
    }
    if chance.random() < 0.2:
        fields |= chance.choice([{"cl_ord_id": chance.choice("abc")}, {"userref": chance.randrange(3)}])
    if chance.random() < 0.15:
        if side is buy and chance.random() < 0.5:
            return place(side, cash=chance.choice(CASH), **fields)  # type: ignore[arg-type]
        return place(side, chance.choice(QTYS), **fields)  # type: ignore[arg-type]
    fields["time_in_force"] = chance.choices(list(TimeInForce), [70, 10, 10, 10])[0]
    fields["post_only"] = fields["time_in_force"] is TimeInForce.GTC and chance.random() < 0.1
    if fields["time_in_force"] is TimeInForce.GTD:
        fields["expire_ns"] = -chance.choice([1, 5, 50, 100_000])  # seconds from its own time: see `run`
    return place(side, chance.choice(QTYS), at=chance.choice(PAIRS[symbol]), **fields)  # type: ignore[arg-type]


def _other(chance: Random) -> Command:
    rate = chance.choice([0, 1, 2000, 30_000])
    return chance.choice(
        [
            Tick(),
            cancel_all(chance.choice(NAMES)),
            cancel(userref=chance.randrange(3), by=chance.choice(NAMES)),
            cancel(cl_ord_id=chance.choice("abc"), by=chance.choice(NAMES)),
            deposit(chance.choice(NAMES), chance.choice(["USD", "EUR", "BTC"]), "3.0001"),
            SetSystemStatus(chance.choices(list(SystemStatus), [85, 5, 5, 5])[0]),
            SetPairStatus(chance.choice(list(PAIRS)), chance.choices(list(PairStatus), [86, *[2] * 7])[0]),
            SetIndexPrice(chance.choice(list(PAIRS)), Price(chance.randrange(1, 2000))),
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
    if isinstance(command, CancelOrder) and step.pick >= 0:
        orders = pit.orders(command.account)
        order_id = orders[step.pick % len(orders)].order_id if orders else OrderId("OABCDE-ABCDE-ABCDEF")
        return cancel(order_id, by=command.account)
    terms = getattr(command, "terms", None)
    if isinstance(terms, OrderTerms) and terms.expire_ns:
        due_ns = (at_ns // SECOND_NS - terms.expire_ns) * SECOND_NS
        return replace(command, terms=replace(terms, expire_ns=due_ns))
    return command
