"""Public frames, byte for byte as recorded."""

import json

import pytest

from krakenbox.model.fixed import Cost, Price, Qty
from krakenbox.model.instrument import Asset, Instrument, PairStatus
from krakenbox.protocol.v2 import channels
from krakenbox.protocol.v2.channels import OhlcRow, TickerRow, TradeRow
from wire.corpus import frame

# One asset for every quote of the recorded pairs: only its display decimals matter here.
USD = Asset(
    asset="USD",
    rest_id="ZUSD",
    altname="USD",
    decimals=4,
    display_decimals=2,
    borrowable=True,
    collateral_milli=1000,
    margin_rate_ppm=50_000,
)
USDT_M = Asset(asset="USDT.M", rest_id="USDT.M", altname="USDT.M", decimals=8, display_decimals=4)
BTC = Asset(asset="BTC", rest_id="XXBT", altname="XBT", decimals=10, display_decimals=5)

EUR_USD = Instrument(
    symbol="EUR/USD",
    wsname="EUR/USD",
    rest_id="ZEURZUSD",
    altname="EURUSD",
    base="EUR",
    quote="USD",
    price_decimals=5,
    qty_decimals=8,
    cost_decimals=5,
    price_increment=Price(1),
    qty_increment=Qty(1),
    qty_min=Qty(50_000_000),
    cost_min=Cost(50_000),
)
VET_USDT = Instrument(
    symbol="VET/USDT",
    wsname="VET/USDT",
    rest_id="VETUSDT",
    altname="VETUSDT",
    base="VET",
    quote="USDT",
    price_decimals=6,
    qty_decimals=5,
    cost_decimals=5,
    price_increment=Price(1),
    qty_increment=Qty(1),
    qty_min=Qty(20_000_000),
    cost_min=Cost(50_000),
    status=PairStatus.POST_ONLY,
    has_index=False,
)
ETH_BTC = Instrument(
    symbol="ETH/BTC",
    wsname="ETH/XBT",
    rest_id="XETHXXBT",
    altname="ETHXBT",
    base="ETH",
    quote="BTC",
    price_decimals=5,
    qty_decimals=8,
    cost_decimals=10,
    price_increment=Price(1),
    qty_increment=Qty(1),
    qty_min=Qty(200_000),
    cost_min=Cost(200_000),
    marginable=True,
    margin_initial_ppm=200_000,
    position_limit_long=1000,
    position_limit_short=600,
)


def test_status() -> None:
    assert channels.status("online", 18125794168470749634).encode() == frame("status")


def test_heartbeat() -> None:
    assert channels.HEARTBEAT.encode() == frame("heartbeat")


def test_ticker() -> None:
    row = TickerRow(
        symbol="BTC/USD",
        bid="83744.2",
        bid_qty="0.56251979",
        ask="83744.3",
        ask_qty="0.00044780",
        last="83744.3",
        volume="3156.84782110",
        vwap="84174.6",
        low="83163.6",
        high="85247.4",
        change="-429.3",
        change_pct="-0.51",
        trades=135262,
        timestamp="2026-09-25T17:48:26.844359Z",
    )
    assert channels.ticker("update", row).encode() == frame("ticker_update")


@pytest.mark.parametrize("name", ["book_snapshot_eth_btc", "book_update_eth_btc"])
def test_book(name: str) -> None:
    message = json.loads(frame(name), parse_float=str)
    (data,) = message["data"]
    bids, asks = (
        [channels.book_level(level["price"], level["qty"]) for level in data[side]]
        for side in ("bids", "asks")
    )
    made = channels.book(message["type"], data["symbol"], bids, asks, data["checksum"], data["timestamp"])
    assert made.encode() == frame(name)


def test_an_empty_book_has_both_sides() -> None:
    made = channels.book("snapshot", "BTC/USD", [], [], 0, "1970-01-01T00:00:00.000000Z")
    assert '"bids":[],"asks":[],"checksum":0' in made
    json.loads(made)


@pytest.mark.parametrize("name", ["trade_update", "trade_update_two"])
def test_trades(name: str) -> None:
    rows = [channels.trade_row(TradeRow(**row)) for row in json.loads(frame(name), parse_float=str)["data"]]
    assert channels.trades("update", rows).encode() == frame(name)


def test_ohlc() -> None:
    message = json.loads(frame("ohlc_update"), parse_float=str)
    rows = [channels.ohlc_row(OhlcRow(**row)) for row in message["data"]]
    assert channels.ohlc("update", rows, message["timestamp"]).encode() == frame("ohlc_update")


def test_assets() -> None:
    assert channels.asset_row(USD).encode() == frame("asset_usd")
    assert channels.asset_row(USDT_M).encode() == frame("asset_usdt_m")


def test_pairs() -> None:
    assert channels.pair_row(EUR_USD, USD).encode() == frame("pair_eur_usd")
    assert channels.pair_row(VET_USDT, USDT_M).encode() == frame("pair_vet_usdt")


def test_a_marginable_pair_has_its_limits() -> None:
    # The recording is older than the key its neighbour on the left got since.
    old = frame("pair_eth_btc_2024").replace(b'"cost_min"', b'"ws_display_price_precision":5,"cost_min"')
    assert channels.pair_row(ETH_BTC, BTC).encode() == old


def test_instrument_data_is_an_object() -> None:
    assets, pairs = [channels.asset_row(USD)], [channels.pair_row(EUR_USD, USD)]
    message = json.loads(channels.instrument("snapshot", assets, pairs))
    assert message["data"]["assets"][0]["id"] == "USD"
    assert message["data"]["pairs"][0]["symbol"] == "EUR/USD"
    assert channels.instrument("update", [], []) == (
        '{"channel":"instrument","type":"update","data":{"assets":[],"pairs":[]}}'
    )


def test_level3_update() -> None:
    (data,) = json.loads(frame("level3_update"), parse_float=str)["data"]
    asks = [
        channels.level3_event(
            event["event"],
            channels.level3_order(
                event["order_id"], event["limit_price"], event["order_qty"], event["timestamp"]
            ),
        )
        for event in data["asks"]
    ]
    time = "2023-10-06T18:21:00.097010033Z"
    made = channels.level3_update(data["symbol"], [], asks, data["checksum"], time)
    # The page's example is older than the message's timestamp.
    assert made.replace(f'"timestamp":"{time}",', "", 1).encode() == frame("level3_update")


def test_level3_snapshot() -> None:
    order = channels.level3_order(
        "O6ZQNQ-BXL4E-5WGINO", "0.5629", "111.56125344", "2023-10-06T17:35:00.279389650Z"
    )
    made = channels.level3_snapshot(
        "MATIC/USD", [order, order], [], 281817320, "2023-10-06T18:20:55.357467423Z"
    )
    text = (
        '{"order_id":"O6ZQNQ-BXL4E-5WGINO","limit_price":0.5629,"order_qty":111.56125344,'
        '"timestamp":"2023-10-06T17:35:00.279389650Z"}'
    )
    assert made == (
        '{"channel":"level3","type":"snapshot","data":[{"symbol":"MATIC/USD","checksum":281817320,'
        f'"bids":[{text},{text}],"asks":[],"timestamp":"2023-10-06T18:20:55.357467423Z"}}]}}'
    )
