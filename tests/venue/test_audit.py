"""The audit finds every kind of damage."""

from collections.abc import Callable

import pytest

from builders import BTC_USD, buy, opened, place, sell
from krakenbox.model.fixed import Price
from krakenbox.model.order import AccountId, Order, OrderStatus, Reference, TimeInForce
from krakenbox.venue.accounts import Account
from krakenbox.venue.aftermath import Resumed
from krakenbox.venue.audit import audit
from krakenbox.venue.exchange import Exchange
from krakenbox.venue.timers import TimerKind
from sleepers import dormant, print_at

ALICE = AccountId("alice")


def sound() -> Exchange:
    pit = opened("102.0 x 1 | 101.0 x 1:alice+2:alice")
    pit.send(place(buy, 1, at=99, time_in_force=TimeInForce.GTD, expire_ns=2**62, cl_ord_id="mine"))
    print_at(pit, "101.5")
    pit.send_all(
        dormant(sell, 1, "stop-loss", "99"),
        dormant(sell, 1, "trailing-stop", "5q"),
        place(buy, 1, at=99, effective_ns=2**61),
    )
    return pit.exchange


def alice(exchange: Exchange) -> Account:
    return exchange.venue.accounts[ALICE]


def _coin(exchange: Exchange) -> None:
    alice(exchange).balances["USD"] += 1


def _debt(exchange: Exchange) -> None:
    bob = exchange.venue.accounts[AccountId("bob")]
    alice(exchange).balances["ETH"] += bob.balances["ETH"] + 1
    bob.balances["ETH"] = -1


def _hold(exchange: Exchange) -> None:
    alice(exchange).holds["USD"] += 1


def _count(exchange: Exchange) -> None:
    alice(exchange).open_counts["BTC/USD"] += 1


def _client_id(exchange: Exchange) -> None:
    alice(exchange).cl_ord_ids.clear()


def _volume(exchange: Exchange) -> None:
    alice(exchange).volume.total += 1


def _status(exchange: Exchange) -> None:
    next(iter(alice(exchange).orders.values())).status = OrderStatus.CANCELED


def _overfilled(exchange: Exchange) -> None:
    order = next(iter(alice(exchange).orders.values()))
    order.filled = order.qty


def _level(exchange: Exchange) -> None:
    exchange.venue.markets[BTC_USD.symbol].book.bids.levels[1010].qty += 1


def _queue(exchange: Exchange) -> None:
    level = exchange.venue.markets[BTC_USD.symbol].book.bids.levels[1010]
    assert level.head is not None
    assert level.tail is not None
    level.head.time_ns, level.tail.time_ns = level.tail.time_ns, level.head.time_ns


def _keys(exchange: Exchange) -> None:
    exchange.venue.markets[BTC_USD.symbol].book.bids.keys.reverse()


def _lost(exchange: Exchange) -> None:
    side = exchange.venue.markets[BTC_USD.symbol].book.asks
    level = side.best()
    assert level is not None
    assert level.head is not None
    side.remove(level.head)


def _timer(exchange: Exchange) -> None:
    exchange.venue.timers.pending.clear()


def _dormant(exchange: Exchange) -> list[Order]:
    return list(exchange.venue.markets[BTC_USD.symbol].triggers)


def _price(exchange: Exchange, price: int) -> None:
    market = exchange.venue.markets[BTC_USD.symbol]
    market.last_price = market.triggers._watches[Reference.LAST].price = Price(price)


def _asleep_while_met(exchange: Exchange) -> None:
    _price(exchange, 990)


def _passed_peak(exchange: Exchange) -> None:
    _price(exchange, 1016)


def _misfiled(exchange: Exchange) -> None:
    _dormant(exchange)[0].trigger_price = Price(1000)


def _peak(exchange: Exchange) -> None:
    _dormant(exchange)[1].peak_price = Price(1)


def _forgotten(exchange: Exchange) -> None:
    exchange.venue.markets[BTC_USD.symbol].triggers.remove(_dormant(exchange)[1])


def _woken(exchange: Exchange) -> None:
    _dormant(exchange)[0].triggered = True


def _unheard(exchange: Exchange) -> None:
    exchange.venue.markets[BTC_USD.symbol].last_price = Price(1030)


def _left(exchange: Exchange) -> None:
    exchange.venue.aftermath.append(Resumed(exchange.venue.markets[BTC_USD.symbol]))


def _start(exchange: Exchange) -> None:
    timers = exchange.venue.timers
    (start,) = (timer for timer in timers.pending if timer.kind is TimerKind.START)
    timers.clear(start)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_asleep_while_met, "sleeps through its trigger"),
        (_passed_peak, "the price has passed its peak"),
        (_misfiled, "out of order"),
        (_peak, "out of order"),
        (_forgotten, "books and accounts list other orders"),
        (_woken, "is not dormant"),
        (_unheard, "triggers saw another last price"),
        (_left, "left to be done"),
        (_start, "timers are {}"),
        (_coin, "money appeared or vanished"),
        (_debt, "bob is in debt"),
        (_hold, "alice holds of USD differ"),
        (_count, "alice: Counter"),
        (_client_id, "client ids differ"),
        (_volume, "volume differs"),
        (_status, "is open and canceled"),
        (_overfilled, "filled 100000000 of 100000000"),
        (_level, "level 1010: 300000001"),
        (_queue, "the queue is out of order"),
        (_keys, "sorted keys"),
        (_lost, "books and accounts list other orders"),
        (_timer, "timers are {}"),
    ],
)
def test_damage_is_found(damage: Callable[[Exchange], None], message: str) -> None:
    exchange = sound()
    audit(exchange)
    damage(exchange)
    with pytest.raises(AssertionError, match=message):
        audit(exchange)
