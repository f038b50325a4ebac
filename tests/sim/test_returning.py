"""A market that returns to a recovered exchange goes on as if it had never been away."""

from hashlib import sha256

import msgspec
import pytest

import trading
from krakenbox.config.settings import MarketLevel
from krakenbox.model.command import (
    CancelOrder,
    CancelOrders,
    Command,
    Deposit,
    OpenAccount,
    PlaceOrder,
    SeedHistory,
    SetIndexPrice,
)
from krakenbox.model.order import Side
from krakenbox.sim.market import AGENTS, Market
from krakenbox.sim.picture import picture
from krakenbox.venue.audit import audit
from krakenbox.venue.state import state_hash
from trading import ALICE, OPENED_NS, SECOND_NS, Floor

SYMBOLS = ("BTC/USD", "EUR/USD", "BTC/EUR", "SOL/USD")
NIGHT_S = 8 * 3_600


def ran(symbols: tuple[str, ...] = SYMBOLS, seconds: int = 120, seed: int = 7) -> Floor:
    """A floor on which the agents have traded for a while."""
    floor = Floor(symbols, seed)
    floor.run(seconds)
    assert floor.refusals == []
    return floor


def restart(
    floor: Floor,
    symbols: tuple[str, ...] = SYMBOLS,
    level: MarketLevel = MarketLevel.CALM,
    away_s: int = NIGHT_S,
    seed: int = 7,
) -> list[Command]:
    """Another market on the same exchange, some time later; what it had to tell it."""
    floor.now_ns += away_s * SECOND_NS
    floor.market = Market(trading.pairs(*symbols), seed, level)
    told = floor.market.resume(floor.now_ns, picture(floor.exchange, AGENTS))
    for command in told:
        floor.send(command)
    floor.book_events.clear()
    floor.trades.clear()
    return told


def left(floor: Floor) -> dict[str, int]:
    """How many orders of the agents are open, by symbol."""
    counts: dict[str, int] = {}
    for agent in AGENTS:
        for order in floor.exchange.venue.accounts[agent].orders.values():
            counts[order.terms.symbol] = counts.get(order.terms.symbol, 0) + 1
    return counts


def indexes(floor: Floor) -> dict[str, int]:
    return {symbol: int(floor.exchange.venue.markets[symbol].index_price) for symbol in floor.market.symbols}


def test_where_nothing_changed_there_is_nothing_to_tell() -> None:
    floor = ran()
    before = state_hash(floor.exchange)
    assert restart(floor) == []
    assert state_hash(floor.exchange) == before
    assert floor.market.next_active_step_ns() == floor.now_ns + 50_000_000


def test_latent_prices_and_index_go_on_without_a_jump() -> None:
    floor = ran(seconds=600)
    stood = indexes(floor)
    restart(floor)
    first: dict[str, int] = {}
    for batch in floor.steps(20):
        for command in batch:
            floor.send(command)
            if isinstance(command, SetIndexPrice):
                first.setdefault(command.symbol, command.price)
    for symbol, desk in floor.market._desks.items():
        assert abs(first.get(symbol, stood[symbol]) - stood[symbol]) <= 2 * desk.pit.shape.gap, symbol


def test_books_keep_their_shape_and_nobody_hurries() -> None:
    floor = ran(seconds=300)
    restart(floor)
    cancels = most = wide = looks = 0
    for batch in floor.steps(60):
        most = max(most, len(batch))
        cancels += sum(isinstance(command, CancelOrder) for command in batch)
        for command in batch:
            floor.send(command)
        for pair in trading.pairs(*SYMBOLS):
            symbol = pair.instrument.symbol
            bid, ask = (floor.best(symbol, side) for side in (Side.BUY, Side.SELL))
            assert 0 < bid < ask, symbol
            assert min(floor.levels(symbol, side) for side in Side) >= pair.levels, symbol
            looks += 1
            wide += ask - bid > pair.start_price // 2_000
            assert ask - bid <= pair.start_price // 500, symbol
    assert wide * 50 < looks
    assert most < 30, "no burst"
    assert cancels < 2 * 60 * len(SYMBOLS)
    assert floor.refusals == []
    for symbol in SYMBOLS:
        assert 60 <= floor.book_events[symbol] <= 240, symbol
    audit(floor.exchange)


def test_no_order_is_forgotten() -> None:
    floor = ran()
    restart(floor)
    desks = floor.market._desks
    assert left(floor) == {s: d.pit.bids.resting + d.pit.asks.resting for s, d in desks.items()}
    floor.run(120)
    assert left(floor) == {s: d.pit.bids.resting + d.pit.asks.resting for s, d in desks.items()}
    for desk in desks.values():
        assert len(desk.pit._owners) == len(desk.pit._places) == desk.pit.bids.resting + desk.pit.asks.resting
        market = floor.exchange.venue.markets[desk.pit.symbol]
        for side in Side:
            assert [level.price for level in market.book.own(side)] == [
                key * desk.pit.side(side).sign for key in desk.pit.side(side).keys
            ]


def test_money_is_watched_on_and_refilled() -> None:
    floor = ran(("SOL/USD",))
    agent = floor.exchange.venue.accounts[AGENTS[1]]
    target = floor.market._purse.targets["SOL"]
    # As if the agent had sold most of it.
    floor.exchange.venue.ledger.move(
        agent, floor.exchange.venue.ledger.outside, "SOL", agent.balances["SOL"] - target // 3
    )
    (deposit,) = restart(floor, ("SOL/USD",))
    assert isinstance(deposit, Deposit)
    assert (deposit.account, deposit.asset) == (AGENTS[1], "SOL")
    assert abs(deposit.amount - target) < target // 5


def test_many_short_runs_are_one_market() -> None:
    floor = ran(("BTC/USD", "EUR/USD"))
    for _ in range(20):
        restart(floor, ("BTC/USD", "EUR/USD"))
        floor.run(15)
    assert floor.refusals == []
    audit(floor.exchange)
    for pair in trading.pairs("BTC/USD", "EUR/USD"):
        symbol = pair.instrument.symbol
        assert abs(floor.best(symbol, Side.BUY) - pair.start_price) < pair.start_price // 20
        assert min(floor.levels(symbol, side) for side in Side) >= pair.levels


def test_what_a_client_did_to_the_book_is_no_new_price() -> None:
    floor = ran(("BTC/USD",))
    stood = indexes(floor)["BTC/USD"]
    # Ten times the best ask's worth, 4 % above the market, just before the exchange stopped.
    floor.send(PlaceOrder(ALICE, trading.order("BTC/USD", Side.BUY, 10 * 10**8, 873_600)))
    restart(floor, ("BTC/USD",))
    floor.run(60)
    assert abs(floor.best("BTC/USD", Side.BUY) - stood) < stood // 100


def test_with_the_market_off_only_clients_orders_are_left() -> None:
    floor = ran()
    floor.send(PlaceOrder(ALICE, trading.order("EUR/USD", Side.BUY, 100 * 10**8, 90_000)))
    resting = sum(left(floor).values())
    told = restart(floor, level=MarketLevel.OFF)
    assert all(isinstance(command, CancelOrders) for command in told)
    assert sum(len(command.refs) for command in told if isinstance(command, CancelOrders)) == resting
    assert len(told) <= 2 * len(SYMBOLS)
    assert (left(floor), floor.refusals) == ({}, [])
    assert floor.levels("EUR/USD", Side.BUY) == 1
    assert sum(floor.levels(symbol, side) for symbol in SYMBOLS for side in Side) == 1
    assert floor.market.next_active_step_ns() is None
    assert restart(floor, level=MarketLevel.OFF) == [], "once is enough"
    audit(floor.exchange)


def test_a_market_switched_on_again_opens_around_what_clients_made_of_the_book() -> None:
    floor = ran(("SOL/USD",))
    restart(floor, ("SOL/USD",), level=MarketLevel.OFF)
    last = floor.exchange.venue.markets["SOL/USD"].last_price
    bid = last * 108 // 100 // 10 * 10
    floor.send(PlaceOrder(ALICE, trading.order("SOL/USD", Side.BUY, 10 * 10**8, bid)))
    floor.send(PlaceOrder(ALICE, trading.order("SOL/USD", Side.SELL, 10 * 10**8, bid + 100)))
    told = restart(floor, ("SOL/USD",))
    assert not any(isinstance(command, SeedHistory | OpenAccount | CancelOrders) for command in told)
    assert (floor.refusals, floor.trades) == ([], {})
    assert floor.best("SOL/USD", Side.SELL) - floor.best("SOL/USD", Side.BUY) <= 100
    assert abs(floor.best("SOL/USD", Side.BUY) - bid) <= 100
    assert min(floor.levels("SOL/USD", side) for side in Side) >= 60
    floor.run(60)
    assert floor.refusals == []
    audit(floor.exchange)


def test_a_market_comes_to_an_exchange_that_began_without() -> None:
    floor = Floor(("SOL/USD",), level=MarketLevel.OFF)
    told = restart(floor, ("SOL/USD",))
    assert [c.account for c in told if isinstance(c, OpenAccount)] == list(AGENTS)
    assert sum(isinstance(command, SeedHistory) for command in told) == 1
    floor.run(60)
    assert floor.refusals == []
    assert min(floor.levels("SOL/USD", side) for side in Side) >= 60


def test_a_pair_listed_since_is_opened_where_its_legs_have_gone() -> None:
    floor = ran(("BTC/USD", "EUR/USD"), seconds=1_800)
    told = restart(floor, ("BTC/USD", "EUR/USD", "BTC/EUR"))
    assert [c.symbol for c in told if isinstance(c, SeedHistory)] == ["BTC/EUR"]
    assert {c.terms.symbol for c in told if isinstance(c, PlaceOrder)} == {"BTC/EUR"}
    assert not any(isinstance(command, OpenAccount) for command in told)
    usd, eur, cross = (floor.best(symbol, Side.BUY) for symbol in ("BTC/USD", "EUR/USD", "BTC/EUR"))
    assert abs(cross - usd * 10**5 // eur) < cross // 1_000
    past = next(c for c in told if isinstance(c, SeedHistory))
    assert abs(past.trades[-1].price - cross) <= 100
    floor.run(60)
    assert floor.refusals == []
    audit(floor.exchange)


def test_a_pair_traded_no_longer_loses_the_agents_orders_alone() -> None:
    floor = ran(("SOL/USD", "EUR/USD"))
    kept = left(floor)["EUR/USD"]
    told = restart(floor, ("EUR/USD",))
    assert {type(command) for command in told} == {CancelOrders}
    assert left(floor) == {"EUR/USD": kept}
    floor.run(30)
    assert floor.levels("SOL/USD", Side.BUY) == 0
    audit(floor.exchange)


def test_another_level_is_another_pace() -> None:
    floor = ran(("SOL/USD",))
    assert restart(floor, ("SOL/USD",), level=MarketLevel.BUSY) == []
    floor.run(60)
    assert floor.book_events["SOL/USD"] > 20 * 60
    assert floor.refusals == []


def _continuation(seed: int, draw_again: bool = False) -> str:
    """A hash of what a market sends in its second run; or of a first run that begins at the same moment."""
    floor = Floor(("EUR/USD", "SOL/USD"), seed)
    if not draw_again:
        floor.run(60)
        restart(floor, ("EUR/USD", "SOL/USD"), seed=seed)
    digest = sha256()
    for batch in floor.steps(60):
        for command in batch:
            digest.update(msgspec.json.encode(command))
            floor.send(command)
    return digest.hexdigest()


def test_the_same_journal_and_seed_are_continued_alike_and_never_repeat_the_first_run() -> None:
    assert _continuation(7) == _continuation(7)
    assert len({_continuation(7), _continuation(8), _continuation(7, draw_again=True)}) == 3


def test_a_run_from_another_command_throws_other_dice_than_the_first() -> None:
    floor = ran(("SOL/USD",), seconds=30)
    shown = picture(floor.exchange, AGENTS)
    draws = []
    for seq in (shown.seq, shown.seq + 1):
        market = Market(trading.pairs("SOL/USD"), 7, MarketLevel.CALM)
        market.resume(floor.now_ns, msgspec.structs.replace(shown, seq=seq))
        draws.append(market._desks["SOL/USD"].pit.dice.bits())
    draws.append(Market(trading.pairs("SOL/USD"), 7, MarketLevel.CALM)._desks["SOL/USD"].pit.dice.bits())
    assert len(set(draws)) == 3


@pytest.mark.parametrize("level", MarketLevel)
def test_a_market_without_pairs_has_nothing_to_tell(level: MarketLevel) -> None:
    floor = Floor((), level=MarketLevel.OFF)
    assert Market((), 7, level).resume(OPENED_NS, picture(floor.exchange, AGENTS)) == []
