"""Each agent on a drawn book: what it sends, and that it sends nothing else."""

import pytest

import trading
from krakenbox.model.command import CancelOrder, PlaceOrder
from krakenbox.model.event import BookAction, BookChanged
from krakenbox.model.fixed import Price, Qty
from krakenbox.model.order import AccountId, OrderId, OrderTerms, Side
from krakenbox.sim.agents import (
    MEND_ORDERS,
    TAKE_FLOORS,
    Arbitrageur,
    DepthMaker,
    MomentumTaker,
    NoiseTaker,
    Quoter,
)
from krakenbox.sim.pit import Pit

FAIR = 840_000
QTY = 1_000_000


def quote(pit: Pit, side: Side, price: int, owner: str = "", qty: int = QTY) -> None:
    """An order appears in the book: a stranger's, or an agent's."""
    order_id = OrderId(f"{side} {price}")
    if owner:
        pit.accepted(order_id, AccountId(owner))
    pit.book_changed(
        BookChanged(0, pit.symbol, side, Price(price), Qty(qty), BookAction.ADDED, order_id, Qty(qty), 0)
    )


def pit(*quotes: tuple[Side, int], owner: str = "house-quotes", seed: int = 7) -> Pit:
    """BTC/USD: tick 0.1, slack 1.3; latent price 84,000.0."""
    found = Pit(trading.pair("BTC/USD"), seed)
    for side, price in quotes:
        quote(found, side, price, owner)
    return found


def sent(found: Pit) -> list[OrderTerms]:
    return [command.terms for command in found.sent() if isinstance(command, PlaceOrder)]


def test_the_ladder_opens_deep_dense_at_the_touch_and_uncrossed() -> None:
    found = pit()
    DepthMaker().open(found)
    terms = sent(found)
    bids = [t.limit_price for t in terms if t.side is Side.BUY]
    asks = [t.limit_price for t in terms if t.side is Side.SELL]
    assert len(bids) == len(set(bids)) == found.shape.target
    assert len(asks) == len(set(asks)) == found.shape.target
    assert max(bids) < min(asks)
    assert bids == sorted(bids, reverse=True)
    near, far = bids[0] - bids[100], bids[-101] - bids[-1]
    assert 3 * near < far
    assert sum(t.qty for t in terms[:100]) * 2 < sum(t.qty for t in terms[-100:])
    assert all(t.post_only and t.qty >= found.shape.floor for t in terms)


def test_a_side_that_was_taken_whole_is_mended_in_bounded_steps() -> None:
    found = pit((Side.SELL, FAIR + 5))
    DepthMaker().mend(found)
    terms = sent(found)
    assert len(terms) == 2 * MEND_ORDERS
    bids = [t.limit_price for t in terms if t.side is Side.BUY]
    assert len(bids) == MEND_ORDERS
    assert max(bids) <= FAIR
    assert min(t.limit_price for t in terms if t.side is Side.SELL) >= FAIR + 5


def test_mending_never_crosses_a_strangers_bid_above_the_latent_price() -> None:
    found = pit((Side.BUY, FAIR + 5_000), owner="")
    DepthMaker().mend(found)
    assert all(t.limit_price > FAIR + 5_000 for t in sent(found) if t.side is Side.SELL)


def test_quotes_the_price_left_behind_are_canceled_from_the_far_end() -> None:
    found = pit()
    for level in range(found.shape.most + 1):
        quote(found, Side.BUY, FAIR - level, "house-quotes")
        quote(found, Side.SELL, FAIR + 1 + level)
    assert DepthMaker().mend(found) == 1
    (command,) = found.sent()
    assert isinstance(command, CancelOrder)
    assert command.account == "house-quotes"
    assert command.ref.order_id == f"buy {FAIR - found.shape.most}"


@pytest.mark.parametrize(("orders", "mostly"), [(900, PlaceOrder), (1_700, CancelOrder)])
def test_stirring_brings_the_number_of_orders_back(orders: int, mostly: type) -> None:
    found = pit()
    for level in range(orders):
        quote(found, Side.BUY, FAIR - level, "house-depth")
        quote(found, Side.SELL, FAIR + 1 + level, "house-depth")
    events = sum(DepthMaker().stir(found) for _ in range(200))
    commands = found.sent()
    assert len(commands) == events
    assert sum(isinstance(command, mostly) for command in commands) > 0.8 * events


def test_a_narrow_spread_is_left_alone() -> None:
    found = pit((Side.BUY, FAIR - 1), (Side.SELL, FAIR + 2))
    assert Quoter().tighten(found) == 0
    assert found.sent() == []


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(
    ("bid", "ask", "sides"),
    [
        (FAIR - 40, FAIR + 5, [Side.BUY]),
        (FAIR - 5, FAIR + 40, [Side.SELL]),
        (FAIR - 40, FAIR + 40, [Side.BUY, Side.SELL]),
        (0, FAIR + 5, [Side.BUY]),
        (FAIR - 5, 0, [Side.SELL]),
        (0, 0, [Side.BUY, Side.SELL]),
        (FAIR - 5, FAIR - 1, [Side.BUY]),
    ],
)
def test_a_wide_spread_is_closed_beside_what_is_right(
    bid: int, ask: int, sides: list[Side], seed: int
) -> None:
    found = pit(*((s, p) for s, p in ((Side.BUY, bid), (Side.SELL, ask)) if p), seed=seed)
    assert Quoter().tighten(found) == len(sides)
    terms = sent(found)
    assert [t.side for t in terms] == sides
    new_bid = max([bid, *(t.limit_price for t in terms if t.side is Side.BUY)])
    new_ask = min([ask or 10**9, *(t.limit_price for t in terms if t.side is Side.SELL)])
    assert 1 <= new_ask - new_bid <= 3 * found.shape.unit
    assert all(t.post_only for t in terms)


def test_quotes_that_are_right_within_the_slack_are_not_taken() -> None:
    found = pit((Side.BUY, FAIR - 20), (Side.SELL, FAIR - 13))
    assert found.shape.slack == 13
    assert Arbitrageur().correct(found) == 0
    assert found.sent() == []


@pytest.mark.parametrize("seed", range(8))
def test_stale_quotes_are_taken_up_to_the_latent_price_or_withdrawn(seed: int) -> None:
    stale = (FAIR - 30, FAIR - 20)
    found = pit((Side.SELL, stale[0]), (Side.SELL, stale[1]), (Side.SELL, FAIR + 7), seed=seed)
    events = Arbitrageur().correct(found)
    (command,) = found.sent()
    if isinstance(command, CancelOrder):
        assert (events, command.ref.order_id) == (1, f"sell {stale[0]}")
    else:
        assert isinstance(command, PlaceOrder)
        assert (events, command.terms.side, command.terms.qty) == (2, Side.BUY, 2 * QTY)
        assert command.terms.limit_price in (0, FAIR)


def test_a_strangers_large_stale_bid_is_taken_in_bounded_pieces() -> None:
    found = pit()
    quote(found, Side.BUY, FAIR + 5_000, qty=10**12)
    assert Arbitrageur().correct(found) == 1
    (terms,) = sent(found)
    assert (terms.side, terms.qty) == (Side.SELL, TAKE_FLOORS * found.shape.floor)
    assert terms.limit_price == FAIR


def test_noise_trades_both_ways_with_both_types() -> None:
    found = pit((Side.BUY, FAIR - 1), (Side.SELL, FAIR + 1))
    assert all(NoiseTaker().trade(found) for _ in range(100))
    terms = sent(found)
    assert len({(t.side, t.order_type) for t in terms}) == 4
    assert {t.limit_price for t in terms} == {0, FAIR - 1, FAIR + 1}
    assert len({t.qty for t in terms}) > 90


def test_noise_needs_somebody_to_trade_with() -> None:
    found = pit()
    assert sum(NoiseTaker().trade(found) for _ in range(10)) == 0
    assert found.sent() == []


def test_momentum_follows_a_move_and_only_a_move() -> None:
    taker = MomentumTaker()
    found = pit((Side.BUY, FAIR - 1), (Side.SELL, FAIR + 1))
    assert taker.trade(found, 1_000) == 0
    assert taker.trade(found, 1_001) == 0
    assert found.sent() == []
    risen = pit((Side.BUY, FAIR + 300), (Side.SELL, FAIR + 302))
    assert taker.trade(risen, 1_200) == 1
    (terms,) = sent(risen)
    assert terms.side is Side.BUY
