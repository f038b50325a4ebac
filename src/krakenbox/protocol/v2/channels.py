"""Text of the public channels' data frames: templates over numbers that are printed already.

Key order is the recorded one; docstrings show a frame each. Every decimal arrives as its text at full
precision (`model.fixed.to_text`), every time as its text (`protocol.timestamp`), every symbol as the plain
name of a listed instrument. `kind` is `snapshot` or `update`. Rows are made once and joined into as many
frames as they belong to.
"""

from collections.abc import Iterable

from msgspec import Struct

from krakenbox.model.fixed import rescale, to_text
from krakenbox.model.instrument import Asset, Instrument
from krakenbox.protocol.literals import boolean

HEARTBEAT = '{"channel":"heartbeat"}'
"""The whole frame."""

VERSION = "2.0.10"
"""Service version of the recordings that fixed our key orders (2026-08 to 2026-10)."""

_MILLI = 3
_PPM = 6
_PERCENT = 2


def status(system: str, connection_id: int) -> str:
    """The engine mode; the first frame of every connection.

    {"channel":"status","type":"update","data":[{"version":"2.0.10","system":"online","api_version":"v2",
    "connection_id":18125794168470749634,"upcoming_maintenance":[],"emergency":[]}]}
    """
    return (
        f'{{"channel":"status","type":"update","data":[{{"version":"{VERSION}","system":"{system}",'
        f'"api_version":"v2","connection_id":{connection_id},"upcoming_maintenance":[],"emergency":[]}}]}}'
    )


class TickerRow(Struct, frozen=True, kw_only=True, gc=False):
    """Best prices and the past day of one symbol; all text but the count of trades."""

    symbol: str
    bid: str
    bid_qty: str
    ask: str
    ask_qty: str
    last: str
    volume: str
    vwap: str
    low: str
    high: str
    change: str
    change_pct: str
    """Percentage points with two decimals."""
    trades: int
    timestamp: str
    volume_usd: str = ""
    """Two decimals; empty where the key is not sent."""


def ticker(kind: str, row: TickerRow) -> str:
    """One symbol's ticker.

    {"channel":"ticker","type":"update","data":[{"symbol":"BTC/USD","bid":83744.2,"bid_qty":0.56251979,
    "ask":83744.3,"ask_qty":0.00044780,"last":83744.3,"volume":3156.84782110,"vwap":84174.6,"low":83163.6,
    "high":85247.4,"change":-429.3,"change_pct":-0.51,"trades":135262,"timestamp":"2026-09-25T17:48:26.844359Z"}]}

    Recorded in 2026-01, and gone by 2026-09: "volume_usd":6968011.52 behind `change_pct`.
    """
    dollars = f'"volume_usd":{row.volume_usd},' if row.volume_usd else ""
    return (
        f'{{"channel":"ticker","type":"{kind}","data":[{{"symbol":"{row.symbol}","bid":{row.bid},'
        f'"bid_qty":{row.bid_qty},"ask":{row.ask},"ask_qty":{row.ask_qty},"last":{row.last},'
        f'"volume":{row.volume},"vwap":{row.vwap},"low":{row.low},"high":{row.high},"change":{row.change},'
        f'"change_pct":{row.change_pct},{dollars}"trades":{row.trades},"timestamp":"{row.timestamp}"}}]}}'
    )


def book_level(price: str, qty: str) -> str:
    """One level of `bids` or `asks`: {"price":0.031347,"qty":0.00000000}; no quantity removes it."""
    return f'{{"price":{price},"qty":{qty}}}'


def book(
    kind: str, symbol: str, bids: Iterable[str], asks: Iterable[str], checksum: int, timestamp: str
) -> str:
    """Levels of one symbol, joined from `book_level`; an empty side is there and empty.

    {"channel":"book","type":"update","data":[{"symbol":"ETH/BTC","bids":[{"price":0.031347,"qty":0.00000000},
    {"price":0.031329,"qty":19.07893401}],"asks":[],"checksum":2505869009,"timestamp":"2026-08-26T15:16:16.730423Z"}]}
    """
    return (
        f'{{"channel":"book","type":"{kind}","data":[{{"symbol":"{symbol}","bids":[{",".join(bids)}],'
        f'"asks":[{",".join(asks)}],"checksum":{checksum},"timestamp":"{timestamp}"}}]}}'
    )


def level3_order(order_id: str, limit_price: str, order_qty: str, timestamp: str) -> str:
    """One order, without its braces: a snapshot and the events around it share this text.

    "order_id":"OOIATY-6EIWY-ACVIUN","limit_price":0.5636,"order_qty":302.89736033,
    "timestamp":"2023-10-06T18:21:00.097010033Z"
    """
    return (
        f'"order_id":"{order_id}","limit_price":{limit_price},"order_qty":{order_qty},'
        f'"timestamp":"{timestamp}"'
    )


def level3_event(event: str, order: str) -> str:
    """One event, `add`, `modify` or `delete`, around the text of its order."""
    return f'{{"event":"{event}",{order}}}'


def level3_snapshot(
    symbol: str, bids: Iterable[str], asks: Iterable[str], checksum: int, timestamp: str
) -> str:
    """Orders of one symbol, joined from `level3_order`: best level first, inside a level in queue order.

    {"channel":"level3","type":"snapshot","data":[{"symbol":"MATIC/USD","checksum":281817320,
    "bids":[{"order_id":"O6ZQNQ-BXL4E-5WGINO","limit_price":0.5629,"order_qty":111.56125344,
    "timestamp":"2023-10-06T17:35:00.279389650Z"}],"asks":[],"timestamp":"2023-10-06T18:20:55.357467423Z"}]}
    """
    return (
        f'{{"channel":"level3","type":"snapshot","data":[{{"symbol":"{symbol}","checksum":{checksum},'
        f'"bids":[{_objects(bids)}],"asks":[{_objects(asks)}],"timestamp":"{timestamp}"}}]}}'
    )


def level3_update(
    symbol: str, bids: Iterable[str], asks: Iterable[str], checksum: int, timestamp: str
) -> str:
    """Events of one symbol, joined from `level3_event`, in the order they happened.

    {"channel":"level3","type":"update","data":[{"checksum":2841398499,
    "timestamp":"2023-10-06T18:21:00.097010033Z","symbol":"MATIC/USD","bids":[],"asks":[{"event":"delete",
    "order_id":"OOIATY-6EIWY-ACVIUN","limit_price":0.5636,"order_qty":302.89736033,
    "timestamp":"2023-10-06T18:21:00.097010033Z"}]}]}
    """
    return (
        f'{{"channel":"level3","type":"update","data":[{{"checksum":{checksum},"timestamp":"{timestamp}",'
        f'"symbol":"{symbol}","bids":[{",".join(bids)}],"asks":[{",".join(asks)}]}}]}}'
    )


class TradeRow(Struct, frozen=True, kw_only=True, gc=False):
    """One public trade."""

    symbol: str
    side: str
    """The taker's."""
    price: str
    qty: str
    ord_type: str
    """The taker's: `limit` or `market`."""
    trade_id: int
    timestamp: str


def trade_row(row: TradeRow) -> str:
    """One trade.

    {"symbol":"BTC/USD","side":"buy","price":83744.3,"qty":0.00044780,"ord_type":"limit","trade_id":109116693,
    "timestamp":"2026-09-25T17:48:26.844359Z"}
    """
    return (
        f'{{"symbol":"{row.symbol}","side":"{row.side}","price":{row.price},"qty":{row.qty},'
        f'"ord_type":"{row.ord_type}","trade_id":{row.trade_id},"timestamp":"{row.timestamp}"}}'
    )


def trades(kind: str, rows: Iterable[str]) -> str:
    """Trades of one symbol, oldest first: {"channel":"trade","type":"update","data":[...]}."""
    return f'{{"channel":"trade","type":"{kind}","data":[{",".join(rows)}]}}'


class OhlcRow(Struct, frozen=True, kw_only=True, gc=False):
    """One candle."""

    symbol: str
    open: str
    high: str
    low: str
    close: str
    trades: int
    volume: str
    vwap: str
    interval_begin: str
    """Nine fractional digits."""
    interval: int
    """Minutes."""
    timestamp: str
    """End of the interval (reference: start; every recording: end); six fractional digits."""


def ohlc_row(row: OhlcRow) -> str:
    """One candle.

    {"symbol":"BTC/USD","open":83729.5,"high":83745.2,"low":83729.4,"close":83744.3,"trades":33,"volume":0.21155628,
    "vwap":83736.4,"interval_begin":"2026-09-25T17:48:00.000000000Z","interval":1,
    "timestamp":"2026-09-25T17:49:00.000000Z"}
    """
    return (
        f'{{"symbol":"{row.symbol}","open":{row.open},"high":{row.high},"low":{row.low},"close":{row.close},'
        f'"trades":{row.trades},"volume":{row.volume},"vwap":{row.vwap},'
        f'"interval_begin":"{row.interval_begin}","interval":{row.interval},"timestamp":"{row.timestamp}"}}'
    )


def ohlc(kind: str, rows: Iterable[str], timestamp: str) -> str:
    """Candles of one symbol, oldest first; `timestamp` is the message's, with nine fractional digits.

    {"channel":"ohlc","type":"update","timestamp":"2026-09-25T17:48:26.844359566Z","data":[...]}
    """
    return f'{{"channel":"ohlc","type":"{kind}","timestamp":"{timestamp}","data":[{",".join(rows)}]}}'


def asset_row(asset: Asset) -> str:
    """One asset; `margin_rate` only where it can be borrowed.

    {"id":"USD","status":"enabled","precision":4,"precision_display":2,"borrowable":true,"collateral_value":1.000,
    "class":"currency","margin_rate":0.050000}
    """
    row = (
        f'{{"id":"{asset.asset}","status":"{asset.status}","precision":{asset.decimals},'
        f'"precision_display":{asset.display_decimals},"borrowable":{boolean(asset.borrowable)},'
        f'"collateral_value":{to_text(asset.collateral_milli, _MILLI)},"class":"{asset.asset_class}"'
    )
    if asset.borrowable:
        row += f',"margin_rate":{to_text(asset.margin_rate_ppm, _PPM)}'
    return row + "}"


def pair_row(instrument: Instrument, quote: Asset) -> str:
    """One instrument; margin fields only where it is marginable. `quote` is its quote asset.

    {"symbol":"EUR/USD","base":"EUR","quote":"USD","status":"online","qty_precision":8,"qty_increment":0.00000001,
    "price_precision":5,"cost_precision":5,"marginable":false,"has_index":true,"ws_display_price_precision":5,
    "cost_min":0.50,"tick_size":0.00001,"price_increment":0.00001,"qty_min":0.50000000}
    """
    i = instrument
    increment = to_text(i.price_increment, i.price_decimals)
    # Recorded: 0.50 in USD, 0.5000 in USDT, 0.00002 in BTC, the decimals these assets are displayed with.
    cost_min = to_text(rescale(i.cost_min, i.cost_decimals, quote.display_decimals), quote.display_decimals)
    return (
        f'{{"symbol":"{i.symbol}","base":"{i.base}","quote":"{i.quote}","status":"{i.status}",'
        f'"qty_precision":{i.qty_decimals},"qty_increment":{to_text(i.qty_increment, i.qty_decimals)},'
        f'"price_precision":{i.price_decimals},"cost_precision":{i.cost_decimals},'
        f'"marginable":{boolean(i.marginable)},"has_index":{boolean(i.has_index)},'
        f'"ws_display_price_precision":{i.price_decimals},"cost_min":{cost_min},{_margin(i)}'
        f'"tick_size":{increment},"price_increment":{increment},'
        f'"qty_min":{to_text(i.qty_min, i.qty_decimals)}}}'
    )


def instrument(kind: str, assets: Iterable[str], pairs: Iterable[str]) -> str:
    """Assets and instruments; `data` is an object, and an update lists only what changed.

    {"channel":"instrument","type":"update","data":{"assets":[],"pairs":[...]}}
    """
    return (
        f'{{"channel":"instrument","type":"{kind}","data":{{"assets":[{",".join(assets)}],'
        f'"pairs":[{",".join(pairs)}]}}}}'
    )


def _margin(i: Instrument) -> str:
    if not i.marginable:
        return ""
    return (
        f'"margin_initial":{to_text(rescale(i.margin_initial_ppm, _PPM, _PERCENT), _PERCENT)},'
        f'"position_limit_long":{i.position_limit_long},"position_limit_short":{i.position_limit_short},'
    )


def _objects(bodies: Iterable[str]) -> str:
    joined = "},{".join(bodies)
    return f"{{{joined}}}" if joined else ""
