"""A hub restored in the middle of a run shows, from then on, every byte that the first one shows."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from builders import ACCOUNTS, ASSETS, INSTRUMENTS, START_NS, buy, opened
from builders import Pit as Exchange
from krakenbox.feeds import candles, depth, level3
from krakenbox.feeds.executions import ExecutionOptions
from krakenbox.feeds.hub import INSTRUMENT, Hub, Subscriber, ViewKey
from krakenbox.model.command import Bar, Command, PastTrade, SeedHistory, UseNonce
from krakenbox.model.event import AccountOpened, AssetListed, Event, InstrumentListed, Outcome
from krakenbox.model.fixed import Price, Qty
from krakenbox.model.order import AccountId, OrderType
from streams import PAIRS, run, steps

VIEWS = [INSTRUMENT] + [
    ViewKey(channel, symbol, param)
    for symbol in INSTRUMENTS
    for channel, params in (
        ("book", depth.DEPTHS),
        ("level3", level3.DEPTHS),
        ("trade", (0,)),
        ("ticker", ("trades", "bbo")),
        ("ohlc", candles.INTERVALS),
    )
    for param in params
]
OPTIONS = (
    ExecutionOptions(snap_orders=True, snap_trades=True, ratecounter=True),
    ExecutionOptions(snap_orders=True, order_status=False),
)


class Recorded(Exchange):
    """A pit that keeps its outcomes; the commands that list everything come first, as events of their own."""

    def __init__(self, pit: Exchange) -> None:
        super().__init__(pit.exchange)
        venue = pit.exchange.venue
        listed: list[Event] = [AssetListed(START_NS, each) for each in ASSETS.values()]
        listed += [InstrumentListed(START_NS, each) for each in INSTRUMENTS.values()]
        listed += [AccountOpened(START_NS, name, account.tier) for name, account in venue.accounts.items()]
        self.outcomes = [Outcome(self.seq, self.time_ns, listed)]

    def send(self, command: Command, at_ns: int = 0) -> list[Event]:
        told = super().send(command, at_ns)
        self.outcomes.append(Outcome(self.seq, self.time_ns, told))
        return told


def recorded(seed: int, count: int) -> list[Outcome]:
    """A run with a past, in which everything meets everything."""
    pit, dice = Recorded(opened()), Random(seed)
    begin_ns = START_NS - 120 * 60_000_000_000
    bars = tuple(
        Bar(begin_ns + n * 60 * 60_000_000_000, 60, *map(Price, (1000, 1010, 990, 1005)), Qty(7), 7000, 3)
        for n in range(2)
    )
    past = PastTrade(START_NS, Price(1001), Qty(5), buy, OrderType.LIMIT)
    for symbol in PAIRS:
        if dice.random() < 0.6:
            pit.send(SeedHistory(symbol, bars, (past, past)))
    pit.send(UseNonce("key", 2**64 - 1))
    run(pit, steps(seed, count))
    return pit.outcomes


def restored(hub: Hub) -> Hub:
    copy = Hub()
    copy.restore(hub.capture())
    return copy


def shown(hub: Hub, now_ns: int) -> list[bytes]:
    """Every view, public and private, as a client that comes now gets it."""
    texts = [hub.snapshot(view, now_ns) for view in VIEWS]
    passer_by = Subscriber(99)
    for name in ACCOUNTS:
        texts.append(hub.subscribe_executions(passer_by, AccountId(name), OPTIONS[0]))
        texts.append(hub.subscribe_balances(passer_by, AccountId(name)))
        hub.drop(passer_by)
    return texts


def look(hub: Hub, views: list[ViewKey]) -> None:
    """A client for some views, and two for each account."""
    for view in views:
        hub.subscribe(Subscriber(1), view)
    for number, name in enumerate(ACCOUNTS):
        for place, options in enumerate(OPTIONS):
            hub.subscribe_executions(Subscriber(10 + 2 * number + place), AccountId(name), options)
            hub.subscribe_balances(Subscriber(10 + 2 * number + place), AccountId(name))


@given(st.integers(0, 2**32), st.integers(2, 90))
def test_a_restored_hub_shows_every_byte_of_the_first(seed: int, middle: int) -> None:
    outcomes, dice = recorded(seed, 100), Random(seed)
    first = Hub()
    for outcome in outcomes[:2]:
        first.apply(outcome)
    for view in dice.sample(VIEWS, 10):
        first.subscribe(Subscriber(2), view)  # who looks at the first one now looks at no copy
    for outcome in outcomes[2:middle]:
        first.apply(outcome)
    copy = restored(first)
    assert copy.capture() == first.capture()
    views = dice.sample(VIEWS, 25)
    first.take_private()
    for hub in (first, copy):
        look(hub, views)
    for outcome in outcomes[middle:]:
        for hub in (first, copy):
            hub.apply(outcome)
        assert copy.take(Subscriber(1)) == first.take(Subscriber(1))
        assert copy.take_private() == first.take_private()
        if dice.random() < 0.1:
            assert shown(copy, outcome.time_ns) == shown(first, outcome.time_ns)
    assert (copy.seq, copy.accounts, copy.nonces) == (first.seq, first.accounts, first.nonces)
    assert shown(copy, outcome.time_ns) == shown(first, outcome.time_ns)
    assert restored(copy).capture() == first.capture()
