"""Text of v1's public data: arrays whose last two elements are the channel's name and the pair.

Every decimal and every time is a string (recorded); counts and whole lots are integers. Docstrings show a
frame each. Values arrive as text at the precision of v1, which is that of costs, not that of prices.
"""

from collections.abc import Sequence

from msgspec import Struct

HEARTBEAT = '{"event":"heartbeat"}'
"""The whole frame; one client compares this very text."""

VERSION = "1.9.6"
"""Version of the recording that fixed the key order of `systemStatus` (2026-09)."""

# Offsets of channel ids within the sixteen of a pair, as recorded 2021 to 2023: all depths of a book share
# one. Of ohlc only that of one minute is known; the other intervals follow it and just fill the sixteen.
IDS_OF_PAIR = 16
_ID_OFFSETS = {"book": 0, "trade": 1, "ticker": 4, "spread": 5, "ohlc": 7}
_OHLC_OFFSETS = {
    minutes: 7 + place for place, minutes in enumerate((1, 5, 15, 30, 60, 240, 1440, 10080, 21600))
}


def system_status(status: str, connection_id: int | None = None) -> str:
    """The engine mode; with an id it greets, without one it tells of a change.

    {"event":"systemStatus","version":"1.9.6","status":"online","connectionID":14463420050456470503,
    "upcoming_maintenance":[],"emergency":[]}
    """
    greeted = "" if connection_id is None else f'"connectionID":{connection_id},'
    return (
        f'{{"event":"systemStatus","version":"{VERSION}","status":"{status}",{greeted}'
        '"upcoming_maintenance":[],"emergency":[]}'
    )


def channel_id(pair_number: int, channel: str, interval: int = 0) -> int:
    """The number of a channel of a pair, for the exchange's whole life; pairs are numbered from 1."""
    offset = _OHLC_OFFSETS[interval] if channel == "ohlc" else _ID_OFFSETS[channel]
    return pair_number * IDS_OF_PAIR + offset


def channel_name(channel: str, param: int = 0) -> str:
    """`ticker`, `book-10`, `ohlc-5`."""
    return f"{channel}-{param}" if param else channel


class Topic(Struct, frozen=True, gc=False):
    """What every message of one subscription begins and ends with."""

    channel_id: int
    name: str
    """With its depth or interval: `book-10`."""
    pair: str
    """`XBT/USD`."""


def data(topic: Topic, *payload: str) -> str:
    """[336,{...},"book-10","XBT/USD"]."""
    return f'[{topic.channel_id},{",".join(payload)},"{topic.name}","{topic.pair}"]'


class TickerText(Struct, frozen=True, kw_only=True, gc=False):
    """Best prices, last trade and two spans, today's and the past 24 hours; whole lots are integers."""

    ask: tuple[str, int, str]
    bid: tuple[str, int, str]
    last: tuple[str, str]
    volume: tuple[str, str]
    vwap: tuple[str, str]
    trades: tuple[int, int]
    low: tuple[str, str]
    high: tuple[str, str]
    open: tuple[str, str]


def ticker(topic: Topic, row: TickerText) -> str:
    """One pair's ticker.

    [340,{"a":["37080.20000",0,"0.49479977"],"b":["37080.10000",24,"24.49109974"],"c":["37080.10000","0.01268510"],
    "v":["537.03329406","1394.36071246"],"p":["37012.52371","37042.48940"],"t":[8495,21019],"l":["36727.30000",
    "36658.00000"],"h":["37185.60000","37289.70000"],"o":["37139.90000","37160.10000"]},"ticker","XBT/USD"]
    """
    ask, bid = row.ask, row.bid
    return data(
        topic,
        f'{{"a":["{ask[0]}",{ask[1]},"{ask[2]}"],"b":["{bid[0]}",{bid[1]},"{bid[2]}"],'
        f'"c":{_texts(row.last)},"v":{_texts(row.volume)},"p":{_texts(row.vwap)},'
        f'"t":[{row.trades[0]},{row.trades[1]}],"l":{_texts(row.low)},"h":{_texts(row.high)},'
        f'"o":{_texts(row.open)}}}',
    )


class CandleText(Struct, frozen=True, kw_only=True, gc=False):
    """One candle; `time` is that of its last trade, `end` that of its interval's end."""

    time: str
    end: str
    open: str
    high: str
    low: str
    close: str
    vwap: str
    volume: str
    count: int


def ohlc(topic: Topic, row: CandleText) -> str:
    """One candle.

    [343,["1699797181.803577","1699797240.000000","37080.20000","37080.20000","37080.20000","37080.20000",
    "37080.20000","0.01032369",2],"ohlc-1","XBT/USD"]
    """
    return data(
        topic,
        f'["{row.time}","{row.end}","{row.open}","{row.high}","{row.low}","{row.close}","{row.vwap}",'
        f'"{row.volume}",{row.count}]',
    )


def trade_row(price: str, volume: str, time: str, side: str, order_type: str) -> str:
    """One trade; side and type of its taker by their first letters.

    ["37080.10000","0.00015891","1699797222.188887","s","m",""]
    """
    return f'["{price}","{volume}","{time}","{side[0]}","{order_type[0]}",""]'


def trades(topic: Topic, rows: Sequence[str]) -> str:
    """Trades, oldest first.

    [337,[["37080.10000","0.00015891","1699797222.188887","s","m",""]],"trade","XBT/USD"]
    """
    return data(topic, f"[{','.join(rows)}]")


def spread(topic: Topic, bid: str, ask: str, time: str, volumes: tuple[str, str]) -> str:
    """The best prices, and the volumes at bid and ask.

    [341,["37080.10000","37080.20000","1699797184.943422","21.82608437","0.50775187"],"spread","XBT/USD"]
    """
    return data(topic, f'["{bid}","{ask}","{time}","{volumes[0]}","{volumes[1]}"]')


def level(price: str, volume: str, time: str) -> str:
    """One level, without its brackets: a republished one has something more between them."""
    return f'"{price}","{volume}","{time}"'


def listed(level: str) -> str:
    """["27120.00000","4.28732553","1693415327.935623"]; no volume removes it."""
    return f"[{level}]"


def republished(level: str) -> str:
    """["27116.80000","0.14741986","1693415325.036931","r"]: it re-enters the window and did not change."""
    return f'[{level},"r"]'


def book_snapshot(topic: Topic, asks: Sequence[str], bids: Sequence[str]) -> str:
    """Best level first on both sides; no checksum.

    [336,{"as":[["27120.00000","4.28732553","1693415327.935623"]],"bs":[]},"book-10","XBT/USD"]
    """
    return data(topic, f'{{"as":[{",".join(asks)}],"bs":[{",".join(bids)}]}}')


def book_update(topic: Topic, asks: Sequence[str], bids: Sequence[str], checksum: int) -> str:
    """What changed, in order; both sides make two objects, asks first, with the checksum in the last.

    [336,{"b":[["27119.90000","13.54109952","1693415330.621700"]],"c":"3572756970"},"book-10","XBT/USD"]
    """
    closing = f'"c":"{checksum}"'
    if not bids:
        return data(topic, f'{{"a":[{",".join(asks)}],{closing}}}')
    last = f'{{"b":[{",".join(bids)}],{closing}}}'
    return data(topic, f'{{"a":[{",".join(asks)}]}}', last) if asks else data(topic, last)


def _texts(pair: tuple[str, str]) -> str:
    return f'["{pair[0]}","{pair[1]}"]'
