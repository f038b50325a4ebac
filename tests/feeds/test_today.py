"""Figures since midnight."""

from builders import DAY_NS, START_NS
from krakenbox.feeds.ladder import Ladders
from krakenbox.feeds.ticker import Ticker
from krakenbox.feeds.today import Today
from screens import traded

MINUTE_NS = 60_000_000_000


def figures(today: Today) -> tuple[int, ...]:
    return today.open, today.high, today.low, today.qty, today.cost, today.trades


def test_a_day_grows_with_its_trades_and_ends_at_midnight() -> None:
    today = Today([], START_NS)
    for number, price in enumerate((100, 130, 90), 1):
        today.apply(traded(number, price, 2, START_NS + number))
    assert figures(today) == (100, 130, 90, 6, 640, 3)
    today.roll(START_NS + DAY_NS - 1)
    assert today.trades == 3
    today.roll(START_NS + DAY_NS)
    assert figures(today) == (0, 0, 0, 0, 0, 0)


def test_the_first_trade_of_another_day_begins_it() -> None:
    today = Today([], START_NS)
    today.apply(traded(1, 100, 2, START_NS))
    today.apply(traded(2, 70, 1, START_NS + DAY_NS))
    assert figures(today) == (70, 70, 70, 1, 70, 1)


def test_it_can_be_made_of_the_past_24_hours_at_any_time() -> None:
    ticker, today = Ticker(Ladders(), START_NS), Today([], START_NS)
    for hour, price in ((0, 100), (20, 130), (30, 90), (31, 95)):
        trade = traded(hour + 1, price, 2, START_NS + hour * 60 * MINUTE_NS)
        ticker.trade(trade)
        today.apply(trade)
        made = Today(ticker.minutes, trade.time_ns)
        assert figures(made) == figures(today)
    assert figures(today) == (90, 95, 90, 4, 370, 2)
    assert (ticker.open, ticker.trades) == (130, 3)
