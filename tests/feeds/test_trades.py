"""Public trades: order, bounds and what a past adds."""

from builders import BTC_USD, START_NS, sell
from krakenbox.feeds import v2
from krakenbox.feeds.trades import KEPT, SNAPSHOT, Trades
from krakenbox.model.command import PastTrade
from krakenbox.model.event import HistorySeeded
from krakenbox.model.fixed import Price, Qty
from krakenbox.model.order import OrderType
from screens import Floor, traded
from wire.corpus import frame

SYMBOL = BTC_USD.symbol


def test_trades_of_one_command_are_one_frame() -> None:
    floor = Floor()
    floor.watch(1, "trade", SYMBOL)
    floor.show(traded(1, 685000, 1044926, START_NS), traded(2, 685000, 483192, START_NS))
    assert floor.seen(1) == [
        '{"channel":"trade","type":"update","data":[{"symbol":"BTC/USD","side":"buy","price":68500.0,'
        '"qty":0.01044926,"ord_type":"limit","trade_id":1,"timestamp":"2026-01-01T00:00:00.000000Z"},'
        '{"symbol":"BTC/USD","side":"buy","price":68500.0,"qty":0.00483192,"ord_type":"limit","trade_id":2,'
        '"timestamp":"2026-01-01T00:00:00.000000Z"}]}'
    ]


def test_the_recorded_update_byte_for_byte() -> None:
    trade = traded(109116693, 837443, 44780, 1_790_358_506_844_359_566)
    assert v2.trades("update", [trade], BTC_USD).encode() == frame("trade_update")


def test_commands_are_never_merged() -> None:
    floor = Floor()
    floor.watch(1, "trade", SYMBOL)
    floor.show(traded(1, 10, 1, START_NS + 1))
    floor.show(traded(2, 10, 1, START_NS + 2))
    assert len(floor.seen(1)) == 2


def test_an_empty_snapshot() -> None:
    assert Floor().watch(1, "trade", SYMBOL) == '{"channel":"trade","type":"snapshot","data":[]}'


def test_a_snapshot_is_the_latest_fifty_oldest_first() -> None:
    trades = Trades()
    for number in range(1, KEPT + 11):
        trades.apply(traded(number, 10, 1, START_NS + number))
    assert [trade.trade_id for trade in trades.snapshot()] == list(range(KEPT + 11 - SNAPSHOT, KEPT + 11))
    assert len(trades.latest) == KEPT


def test_a_past_is_in_the_snapshot_and_makes_no_update() -> None:
    floor = Floor()
    floor.watch(1, "trade", SYMBOL)
    past = PastTrade(START_NS - 5, Price(100), Qty(3), sell, OrderType.MARKET)
    floor.show(HistorySeeded(START_NS, SYMBOL, (), (past, past), first_trade_id=7))
    assert floor.seen(1) == []
    assert floor.snapshot("trade", SYMBOL) == (
        '{"channel":"trade","type":"snapshot","data":['
        + ",".join(
            '{"symbol":"BTC/USD","side":"sell","price":10.0,"qty":0.00000003,"ord_type":"market",'
            f'"trade_id":{number},"timestamp":"2025-12-31T23:59:59.999999Z"}}'
            for number in (7, 8)
        )
        + "]}"
    )
