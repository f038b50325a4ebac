"""Public text of v1, against recorded frames."""

import pytest

from krakenbox.protocol.v1 import channels
from krakenbox.protocol.v1.channels import CandleText, TickerText, Topic, channel_id, channel_name

XBT = "XBT/USD"
SINGLE = (("book", 0), ("trade", 0), ("ticker", 0), ("spread", 0))


def test_the_greeting_has_an_id_and_a_change_of_mode_has_none() -> None:
    # Recorded 2026-09.
    assert channels.system_status("online", 14463420050456470503) == (
        '{"event":"systemStatus","version":"1.9.6","status":"online","connectionID":14463420050456470503,'
        '"upcoming_maintenance":[],"emergency":[]}'
    )
    assert channels.system_status("post_only") == (
        '{"event":"systemStatus","version":"1.9.6","status":"post_only","upcoming_maintenance":[],"emergency":[]}'
    )


def test_the_heartbeat_is_the_text_a_client_compares() -> None:
    assert channels.HEARTBEAT == '{"event":"heartbeat"}'


def test_ids_of_the_21st_pair_are_those_recorded_for_xbt_usd() -> None:
    assert [channel_id(21, name) for name in ("book", "trade", "ticker", "spread")] == [336, 337, 340, 341]
    assert channel_id(21, "ohlc", 1) == 343


def test_every_channel_of_every_pair_has_its_own_id() -> None:
    intervals = (1, 5, 15, 30, 60, 240, 1440, 10080, 21600)
    channels_of_a_pair = (*SINGLE, *(("ohlc", each) for each in intervals))
    ids = [channel_id(number, *each) for number in range(1, 40) for each in channels_of_a_pair]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(
    ("channel", "param", "name"), [("ticker", 0, "ticker"), ("book", 10, "book-10"), ("ohlc", 5, "ohlc-5")]
)
def test_names(channel: str, param: int, name: str) -> None:
    assert channel_name(channel, param) == name


def test_a_ticker() -> None:
    # Recorded 2023-11.
    row = TickerText(
        ask=("37080.20000", 0, "0.49479977"),
        bid=("37080.10000", 24, "24.49109974"),
        last=("37080.10000", "0.01268510"),
        volume=("537.03329406", "1394.36071246"),
        vwap=("37012.52371", "37042.48940"),
        trades=(8495, 21019),
        low=("36727.30000", "36658.00000"),
        high=("37185.60000", "37289.70000"),
        open=("37139.90000", "37160.10000"),
    )
    assert channels.ticker(Topic(340, "ticker", XBT), row) == (
        '[340,{"a":["37080.20000",0,"0.49479977"],"b":["37080.10000",24,"24.49109974"],'
        '"c":["37080.10000","0.01268510"],"v":["537.03329406","1394.36071246"],"p":["37012.52371","37042.48940"],'
        '"t":[8495,21019],"l":["36727.30000","36658.00000"],"h":["37185.60000","37289.70000"],'
        '"o":["37139.90000","37160.10000"]},"ticker","XBT/USD"]'
    )


def test_a_candle() -> None:
    # Recorded 2023-11: its count is an integer.
    row = CandleText(
        time="1699797181.803577",
        end="1699797240.000000",
        open="37080.20000",
        high="37080.20000",
        low="37080.20000",
        close="37080.20000",
        vwap="37080.20000",
        volume="0.01032369",
        count=2,
    )
    assert channels.ohlc(Topic(343, "ohlc-1", XBT), row) == (
        '[343,["1699797181.803577","1699797240.000000","37080.20000","37080.20000","37080.20000","37080.20000",'
        '"37080.20000","0.01032369",2],"ohlc-1","XBT/USD"]'
    )


def test_trades_tell_side_and_type_by_a_letter() -> None:
    # Recorded 2021: two trades in one message.
    rows = [
        channels.trade_row("354.04000000", "0.28245396", "1618678150.826417", "sell", "market"),
        channels.trade_row("353.81000000", "1.71754604", "1618678150.827816", "sell", "market"),
    ]
    assert channels.trades(Topic(993, "trade", "XMR/USD"), rows) == (
        '[993,[["354.04000000","0.28245396","1618678150.826417","s","m",""],'
        '["353.81000000","1.71754604","1618678150.827816","s","m",""]],"trade","XMR/USD"]'
    )
    limit = channels.trade_row("1.0", "2.0", "3.000000", "buy", "limit")
    assert limit == '["1.0","2.0","3.000000","b","l",""]'


def test_a_spread() -> None:
    # Recorded 2023-11.
    volumes = ("21.82608437", "0.50775187")
    spread = channels.spread(
        Topic(341, "spread", XBT), "37080.10000", "37080.20000", "1699797184.943422", volumes
    )
    assert spread == (
        '[341,["37080.10000","37080.20000","1699797184.943422","21.82608437","0.50775187"],"spread","XBT/USD"]'
    )


BOOK = Topic(336, "book-10", XBT)
LEAVES = channels.listed(channels.level("27117.40000", "0.00000000", "1693415330.886651"))
ENTERS = channels.republished(channels.level("27116.80000", "0.14741986", "1693415325.036931"))


def test_an_update_of_one_side() -> None:
    # Recorded 2023-08: a level goes, the next one is republished with its old time.
    assert channels.book_update(BOOK, [], [LEAVES, ENTERS], 3139033408) == (
        '[336,{"b":[["27117.40000","0.00000000","1693415330.886651"],'
        '["27116.80000","0.14741986","1693415325.036931","r"]],"c":"3139033408"},"book-10","XBT/USD"]'
    )
    assert channels.book_update(BOOK, [LEAVES], [], 1) == (
        '[336,{"a":[["27117.40000","0.00000000","1693415330.886651"]],"c":"1"},"book-10","XBT/USD"]'
    )


def test_an_update_of_both_sides_is_two_objects_asks_first() -> None:
    # Recorded 2021.
    asks = [channels.listed(channels.level("0.042990", "364630.28272081", "1618678145.920470"))]
    bids = [channels.listed(channels.level("0.042990", "0.00000000", "1618678145.920708"))]
    assert channels.book_update(Topic(1920, "book-1000", "SC/EUR"), asks, bids, 4105471083) == (
        '[1920,{"a":[["0.042990","364630.28272081","1618678145.920470"]]},'
        '{"b":[["0.042990","0.00000000","1618678145.920708"]],"c":"4105471083"},"book-1000","SC/EUR"]'
    )


def test_a_snapshot_has_no_checksum() -> None:
    ask = channels.listed(channels.level("27120.00000", "4.28732553", "1693415327.935623"))
    assert channels.book_snapshot(BOOK, [ask], []) == (
        '[336,{"as":[["27120.00000","4.28732553","1693415327.935623"]],"bs":[]},"book-10","XBT/USD"]'
    )
