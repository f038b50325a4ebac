"""What is read back: integers again, pages of it, newest first."""

from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest
from msgspec.structs import replace

from builders import BTC_USD, DAY_NS, SECOND_NS, START_NS, buy, cancel, place, sell
from changes import amend, edit, own
from history.pasts import Past, recording
from krakenbox.history import engines
from krakenbox.history.queries import (
    Amend,
    Fill,
    LedgerEntry,
    Page,
    PastOrder,
    Wanted,
    amends,
    candles,
    closed_orders,
    fills,
    fills_by_id,
    fills_of_orders,
    ledger,
    ledger_by_id,
    ledger_of,
    orders_by_id,
    trades,
)
from krakenbox.model.command import Bar, PastTrade, SeedHistory
from krakenbox.model.event import (
    BalancePosted,
    Event,
    LedgerKind,
    OrderAccepted,
    OrderAmended,
    OrderFilled,
    Traded,
)
from krakenbox.model.fixed import Price, Qty
from krakenbox.model.order import AccountId, OrderStatus, OrderType, Side, Trigger
from krakenbox.model.reject import Reason

ALICE, BOB = AccountId("alice"), AccountId("bob")
E = TypeVar("E", bound=Event)


class Story:
    """A past, and what a reader finds of it."""

    def __init__(self, url: str, past: Past) -> None:
        with recording(url) as made:
            made.feed(past.outcomes, batch=5)
        self._opened = engines.opened(url)
        self.connection = self._opened.reading.connect()
        self.past = past

    def close(self) -> None:
        """Let the database go."""
        self.connection.close()
        self._opened.dispose()

    def told(self, kind: type[E], account: str = "alice") -> list[E]:
        """Events of one kind and account, oldest first."""
        events = [event for outcome in self.past.outcomes for event in outcome.events]
        return [e for e in events if isinstance(e, kind) and getattr(e, "account", account) == account]


@pytest.fixture
def tell(url: str) -> Iterator[Callable[[Past], Story]]:
    """Makes a story of a past, on both databases."""
    told: list[Story] = []

    def told_so(past: Past) -> Story:
        told.append(Story(url, past))
        return told[-1]

    yield told_so
    for story in told:
        story.close()


Tell = Callable[[Past], Story]


def trading() -> Past:
    """Alice fills an order in two steps, has one canceled, and one open; bob made."""
    past = Past("101.0 x 1:bob, 100.0 x 2:bob |")
    past.send(place(buy, "2.5", at=101, cl_ord_id="first"))
    past.send(place(buy, 1, at=90, userref=7), at_ns=START_NS + 100 * SECOND_NS)
    past.send(cancel(own(past).order_id), at_ns=START_NS + 200 * SECOND_NS)
    past.send(place(sell, 5, at=120))
    return past


def test_a_closed_order_is_as_it_ended(tell: Tell) -> None:
    story = tell(trading())
    found = closed_orders(story.connection, ALICE, Page(counted=True), Wanted())
    assert found.count == 2
    canceled, filled = found.rows
    first, second, _ = story.told(OrderAccepted)
    assert canceled == PastOrder(
        order_id=second.order_id,
        account=ALICE,
        entered=second.terms,
        terms=second.terms,
        status=OrderStatus.CANCELED,
        reason=Reason.USER,
        opened_ns=second.time_ns,
        closed_ns=START_NS + 200 * SECOND_NS,
        limit_price=Price(900),
        trigger_price=Price(0),
        first_trigger_price=Price(0),
        triggered=False,
        amended=False,
        cum_qty=Qty(0),
        cum_cost=0,
        avg_price=Price(0),
        fee_usd=0,
        parent_id="",
        replaces="",
    )
    last = story.told(OrderFilled)[-1]
    assert (filled.order_id, filled.status, filled.reason) == (first.order_id, OrderStatus.FILLED, "")
    assert (filled.cum_qty, filled.cum_cost, filled.avg_price) == (
        last.cum_qty,
        last.cum_cost,
        last.avg_price,
    )
    assert filled.fee_usd == sum(fill.fee_usd for fill in story.told(OrderFilled))


def test_orders_by_id_are_open_ones_too_and_ones_own(tell: Tell) -> None:
    story = tell(trading())
    first, _, third = story.told(OrderAccepted)
    found = orders_by_id(story.connection, ALICE, [third.order_id, first.order_id])
    assert [(order.order_id, order.status, order.closed_ns is None) for order in found] == [
        (first.order_id, OrderStatus.FILLED, False),
        (third.order_id, OrderStatus.NEW, True),
    ]
    assert orders_by_id(story.connection, BOB, [first.order_id]) == []


@pytest.mark.parametrize(
    ("page", "wanted", "places"),
    [
        (Page(), Wanted(), [1, 0]),
        (Page(limit=1), Wanted(), [1]),
        (Page(offset=1), Wanted(), [0]),
        (Page(), Wanted(cl_ord_id="first"), [0]),
        (Page(), Wanted(userref=7), [1]),
        (Page(), Wanted(userref=8), []),
        (Page(start=START_NS + 100 * SECOND_NS), Wanted(by="open"), []),
        (Page(start=START_NS + 99 * SECOND_NS), Wanted(by="open"), [1]),
        (Page(end=START_NS + 100 * SECOND_NS), Wanted(by="open"), [1, 0]),
        (Page(end=START_NS + 100 * SECOND_NS), Wanted(by="close"), [0]),
        (Page(end=START_NS + 100 * SECOND_NS), Wanted(by="both"), [1, 0]),
        (Page(start=START_NS + 200 * SECOND_NS), Wanted(by="both"), []),
    ],
)
def test_closed_orders_are_chosen(tell: Tell, page: Page, wanted: Wanted, places: list[int]) -> None:
    story = tell(trading())
    ids = [event.order_id for event in story.told(OrderAccepted)]
    found = closed_orders(story.connection, ALICE, page, wanted)
    assert [order.order_id for order in found.rows] == [ids[place] for place in places]
    assert found.count is None


def test_a_row_can_stand_for_its_time(tell: Tell) -> None:
    story = tell(trading())
    first, second, _ = story.told(OrderAccepted)
    connection = story.connection
    after = closed_orders(connection, ALICE, Page(start=first.order_id), Wanted(by="open"))
    assert [order.order_id for order in after.rows] == [second.order_id]
    until = closed_orders(connection, ALICE, Page(end=first.order_id), Wanted(by="open"))
    assert [order.order_id for order in until.rows] == [first.order_id]
    assert closed_orders(connection, ALICE, Page(start="nobody's"), Wanted()).rows == []
    exec_id = story.told(OrderFilled)[0].exec_id
    assert fills(connection, ALICE, Page(start=exec_id)).rows == []
    assert len(fills(connection, ALICE, Page(end=exec_id)).rows) == 2


def test_fills_are_as_they_happened(tell: Tell) -> None:
    story = tell(trading())
    expected = [
        Fill(
            exec_id=e.exec_id,
            account=e.account,
            order_id=e.order_id,
            symbol="BTC/USD",
            side=Side.BUY,
            order_type=OrderType.LIMIT,
            time_ns=e.time_ns,
            trade_id=e.trade_id,
            price=e.price,
            qty=e.qty,
            cost=e.cost,
            fee=e.fee,
            fee_asset=e.fee_asset,
            fee_usd=e.fee_usd,
            maker=e.maker,
        )
        for e in story.told(OrderFilled)
    ]
    assert [fill.trade_id for fill in expected] == [1, 2]
    connection = story.connection
    found = fills(connection, ALICE, Page(limit=1, counted=True))
    assert (found.rows, found.count) == (expected[:0:-1], 2)
    assert fills_by_id(connection, ALICE, [expected[0].exec_id]) == expected[:1]
    assert fills_of_orders(connection, ALICE, [expected[0].order_id]) == expected
    assert fills_of_orders(connection, BOB, [expected[0].order_id]) == []


def test_ledger_entries_are_as_they_were_posted(tell: Tell) -> None:
    story = tell(trading())
    expected = [
        LedgerEntry(
            ledger_id=e.ledger_id,
            account=e.account,
            asset=e.asset,
            kind=e.kind,
            ref_id=e.ref_id,
            time_ns=e.time_ns,
            amount=e.amount,
            fee=e.fee,
            balance=e.balance,
        )
        for e in story.told(BalancePosted)
    ]
    connection = story.connection
    found = ledger(connection, ALICE, Page(counted=True))
    assert (found.rows, found.count) == (expected[::-1], 9)
    some = ledger(connection, ALICE, Page(limit=3), assets=["BTC", "EUR"], kinds=[LedgerKind.TRADE])
    assert some.rows == [e for e in expected[::-1] if e.kind == "trade" and e.asset == "BTC"]
    assert ledger_by_id(connection, ALICE, [expected[4].ledger_id]) == [expected[4]]
    assert ledger_of(connection, ALICE, [expected[-1].ref_id]) == expected[-2:]


def test_amends_begin_with_how_the_order_was_entered(tell: Tell) -> None:
    past = Past("110.0 x 1 |")
    past.send(place(buy, 2, at=100, post_only=True))
    past.send(amend(own(past), qty=3))
    past.send(amend(own(past), at="99.5"))
    order = own(past)
    story = tell(past)
    (entered,), changes = story.told(OrderAccepted), story.told(OrderAmended)
    original = Amend(
        amend_id="T" + order.order_id[1:],
        kind="original",
        time_ns=entered.time_ns,
        reason="",
        qty=Qty(200_000_000),
        remaining_qty=Qty(200_000_000),
        display_qty=Qty(0),
        limit_price=Price(1_000),
        trigger_price=Price(0),
        post_only=True,
    )
    more = replace(
        original,
        amend_id=changes[0].amend_id,
        kind="user",
        time_ns=changes[0].time_ns,
        reason="User requested",
        qty=Qty(300_000_000),
        remaining_qty=Qty(300_000_000),
    )
    lower = replace(more, amend_id=changes[1].amend_id, time_ns=changes[1].time_ns, limit_price=Price(995))
    assert amends(story.connection, ALICE, order.order_id) == [original, more, lower]
    assert amends(story.connection, BOB, order.order_id) == []
    (found,) = orders_by_id(story.connection, ALICE, [order.order_id])
    assert (found.terms.qty, found.terms.limit_price, found.amended) == (300_000_000, 995, True)
    assert found.entered == entered.terms


def test_an_edit_says_what_it_replaced(tell: Tell) -> None:
    past = Past()
    past.send(place(buy, 2, at=100))
    replaced = own(past).order_id
    past.send(edit(own(past), qty=3))
    story = tell(past)
    old, new = orders_by_id(story.connection, ALICE, [replaced, own(past).order_id])
    assert (old.status, old.reason, old.replaces) == (OrderStatus.CANCELED, Reason.REPLACED, "")
    assert (new.status, new.replaces) == (OrderStatus.NEW, replaced)


def test_a_trigger_is_kept_as_it_moves_and_fires(tell: Tell) -> None:
    past = Past("100.0 x 9 | 99.0 x 9")
    past.send(place(buy, 1, at=100, by="bob"))
    trigger = Trigger(Price(950))
    past.send(place(sell, 1, order_type=OrderType.STOP_LOSS, trigger=trigger))
    order_id = own(past).order_id
    past.send(amend(own(past), trigger=99))
    past.send(place(sell, 1, by="bob"))
    story = tell(past)
    (order,) = orders_by_id(story.connection, ALICE, [order_id])
    assert (order.status, order.triggered) == (OrderStatus.FILLED, True)
    assert (order.first_trigger_price, order.trigger_price) == (950, 990)
    assert order.entered.trigger == trigger


def test_candles_and_trades_of_all(tell: Tell) -> None:
    past = Past("100.0 x 99 |")
    times = [START_NS + minutes * 60 * SECOND_NS for minutes in (1, 1, 2, 7)]
    for number, time_ns in enumerate(times):
        past.send(place(buy, 1, at=100), time_ns + number)
    story = tell(past)
    one = Qty(100_000_000)
    minutes = candles(story.connection, "BTC/USD", 1, 0, 720)
    assert [(bar.begin_ns, bar.qty, bar.trades) for bar in minutes] == [
        (times[0], 2 * one, 2),
        (times[2], one, 1),
        (times[3], one, 1),
    ]
    assert candles(story.connection, "BTC/USD", 1, times[2], 1) == minutes[2:]
    # The running minute is in the longer candle once it is over.
    assert candles(story.connection, "BTC/USD", 5, 0, 720) == [
        Bar(START_NS, 5, Price(1000), Price(1000), Price(1000), Price(1000), Qty(3 * one), 3000 * one, 3)
    ]
    everybody = [e for outcome in past.outcomes for e in outcome.events if isinstance(e, Traded)]
    assert trades(story.connection, "BTC/USD", 0, 1_000) == everybody
    assert trades(story.connection, "BTC/USD", everybody[0].time_ns, 2) == everybody[1:3]
    assert trades(story.connection, "ETH/BTC", 0, 10) == []


def test_a_seeded_past_is_read_like_any_other(tell: Tell) -> None:
    past = Past()
    bar = Bar(START_NS - DAY_NS, 60, Price(1), Price(3), Price(1), Price(2), Qty(5), 9, 2)
    trade = PastTrade(START_NS - 5, Price(2), Qty(1), Side.SELL, OrderType.MARKET)
    past.send(SeedHistory(BTC_USD.symbol, (bar,), (trade,)))
    story = tell(past)
    assert trades(story.connection, "BTC/USD", 0, 10) == [
        Traded(trade.time_ns, "BTC/USD", 1, Price(2), Qty(1), Side.SELL, OrderType.MARKET)
    ]
    hours = candles(story.connection, "BTC/USD", 60, 0, 10)
    assert hours == [bar]
    assert candles(story.connection, "BTC/USD", 30, 0, 10) == []
