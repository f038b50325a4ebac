"""The stations of an order: each leaves the books, the account and the timers as its event says."""

import pytest

from builders import BTC_USD, Pit, buy, opened, place, sell
from krakenbox.model.command import PlaceOrder
from krakenbox.model.event import BookChanged, OrderClosed
from krakenbox.model.fixed import Amount
from krakenbox.model.order import Order, OrderId, OrderStatus, TimeInForce
from krakenbox.model.reject import Reason
from krakenbox.venue.lifecycle import accept, close, open_, rest, withdraw
from krakenbox.venue.moment import Moment
from sleepers import dormant


def walk() -> tuple[Pit, Moment, Order]:
    pit = opened()
    command = place(buy, 2, at=100, time_in_force=TimeInForce.GTD, expire_ns=2**62)
    order = Order(
        OrderId("O1"),
        command.account,
        command.terms,
        command.terms.qty,
        command.terms.limit_price,
        5,
        5,
        hold=Amount(200),
        hold_asset="USD",
    )
    return pit, Moment(pit.exchange.venue.mint, 99, 7), order


def test_a_whole_life() -> None:
    pit, now, order = walk()
    venue = pit.exchange.venue
    account = venue.accounts[order.account]
    accept(venue, now, order)
    assert (order.status, account.holds["USD"], list(account.orders)) == ("pending_new", 200, ["O1"])
    open_(now, order)
    assert order.status == "new"
    rest(venue, now, venue.markets[BTC_USD.symbol], order)
    assert venue.timers.next_deadline() == 2**62
    withdraw(venue, now, order, OrderStatus.CANCELED, Reason.USER)
    assert (order.status, account.holds["USD"], account.orders) == ("canceled", 0, {})
    assert venue.timers.next_deadline() is None
    assert [type(event).__name__ for event in now.events] == [
        "OrderAccepted",
        "OrderOpened",
        "BookChanged",
        "BookChanged",
        "OrderClosed",
    ]
    removed, closed = now.events[3:]
    assert isinstance(removed, BookChanged)
    assert (removed.level_qty, removed.order_qty, removed.order_time_ns) == (0, 2 * 10**8, 5)
    assert closed == OrderClosed(
        7,
        order.account,
        OrderId("O1"),
        order.terms,
        OrderStatus.CANCELED,
        Reason.USER,
        *(0, 0, 0, 0),  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("command", "waits"),
    [
        (dormant(sell, 1, "stop-loss", "95"), True),
        (place(buy, 1, at=99, effective_ns=2**62), False),
        (dormant(sell, 1, "stop-loss", "95", effective_ns=2**62), False),
    ],
)
def test_a_waiting_order_is_withdrawn_from_where_it_waits(command: PlaceOrder, waits: bool) -> None:
    pit = opened()
    pit.send(command)
    (order,) = pit.orders()
    assert (order.dormant, order.scheduled) == (waits, not waits)
    venue, now = pit.exchange.venue, Moment(pit.exchange.venue.mint, 99, 7)
    withdraw(venue, now, order, OrderStatus.CANCELED, Reason.USER)
    assert [type(event).__name__ for event in now.events] == ["OrderClosed"]
    assert (len(venue.markets[BTC_USD.symbol].triggers), venue.timers.next_deadline()) == (0, None)


def test_what_ended_cannot_end_again() -> None:
    pit, now, order = walk()
    accept(pit.exchange.venue, now, order)
    close(pit.exchange.venue, now, order, OrderStatus.CANCELED, Reason.POST_ONLY)
    with pytest.raises(AssertionError, match="canceled -> canceled"):
        close(pit.exchange.venue, now, order, OrderStatus.CANCELED, Reason.USER)
