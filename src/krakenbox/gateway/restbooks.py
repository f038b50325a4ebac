"""Books by REST: `Depth`, `GroupedBook`, `PreTrade`, and `Level3`, which is a private method."""

from collections.abc import Iterable
from typing import Any

from krakenbox.errors import ProtocolError
from krakenbox.feeds.ladder import Ladder
from krakenbox.feeds.level3 import Queue
from krakenbox.feeds.market import Market
from krakenbox.gateway.listings import find_pair, pair_key
from krakenbox.gateway.restfigures import one_of, price_text, qty_text, tokenized, within
from krakenbox.gateway.restmethod import Answer, Call, Query, answered
from krakenbox.model.fixed import rescale, to_text
from krakenbox.model.instrument import Instrument
from krakenbox.model.order import Side
from krakenbox.model.reject import Reject
from krakenbox.protocol.timestamp import NS_PER_SECOND, micros

MAX_LEVELS = 500
UNSET_LEVELS = 100
"""Levels of `Depth`: at most, and unless told otherwise (Kraken, REST Depth)."""
LEVEL3_DEPTHS = (0, 10, 25, 100, 250, 1000)
"""Levels of `Level3`; 0 is all (Kraken, REST Level3)."""
GROUPED_DEPTHS = (10, 25, 100, 250, 1000)
GROUPINGS = (1, 5, 10, 25, 50, 100, 250, 500, 1000)
"""Ticks of one level (Kraken, REST GroupedBook)."""
PRE_TRADE_LEVELS = 10
_DEPTH_DECIMALS = 3
"""Decimals of a quantity of `Depth` (recorded)."""

Row = dict[str, Any]


def depth(query: Query) -> Answer:
    """The best levels: price, quantity, and the second of the level's last change."""
    name, market = _market(query, "pair")
    if tokenized(query.fields):
        raise ProtocolError(Reject.UNKNOWN_PAIR)
    count = within(query.fields, "count", MAX_LEVELS, UNSET_LEVELS)
    bids, asks = market.v1.depth.times(count)
    sides = {
        "asks": _levels(market.ladders.asks, asks, market.instrument),
        "bids": _levels(market.ladders.bids, bids, market.instrument),
    }
    return answered({pair_key(name, market.instrument): sides})


def _levels(ladder: Ladder, times: list[int], instrument: Instrument) -> list[list[str | int]]:
    return [
        [
            price_text(key * ladder.sign, instrument),
            _rounded(ladder.qtys[key], instrument),
            time_ns // NS_PER_SECOND,
        ]
        for key, time_ns in zip(ladder.keys, times, strict=False)
    ]


def _rounded(qty: int, instrument: Instrument) -> str:
    """To nearest, but not to 0: clients take a level of nothing for one that is gone."""
    return to_text(max(rescale(qty, instrument.qty_decimals, _DEPTH_DECIMALS), 1), _DEPTH_DECIMALS)


# --- GroupedBook


def grouped_book(query: Query) -> Answer:
    """Levels of several ticks: asks rounded up to their price, bids down."""
    name, market = _market(query, "pair")
    count = one_of(query.fields, "depth", GROUPED_DEPTHS, GROUPED_DEPTHS[0])
    ticks = one_of(query.fields, "grouping", GROUPINGS, 1)
    instrument = market.instrument
    step = ticks * instrument.price_increment
    return answered(
        {
            "pair": pair_key(name, instrument),
            "grouping": ticks,
            "bids": _groups(market.ladders.bids, step, count, instrument),
            "asks": _groups(market.ladders.asks, step, count, instrument),
        }
    )


def _groups(ladder: Ladder, step: int, count: int, instrument: Instrument) -> list[Row]:
    groups: dict[int, int] = {}
    for key in ladder.keys:
        # A key is its price, negated for bids: rounding it up is rounding a bid down.
        group = -(-key // step) * step
        if group not in groups and len(groups) == count:
            break
        groups[group] = groups.get(group, 0) + ladder.qtys[key]
    return [
        {"price": price_text(group * ladder.sign, instrument), "qty": qty_text(qty, instrument)}
        for group, qty in groups.items()
    ]


# --- PreTrade


def pre_trade(query: Query) -> Answer:
    """The ten best levels, in the words that European transparency rules have for them."""
    _, market = _market(query, "symbol")
    instrument = market.instrument
    bids, asks = market.level3.queues(PRE_TRADE_LEVELS)
    bid_times, ask_times = market.v1.depth.times(PRE_TRADE_LEVELS)
    return answered(
        {
            "symbol": instrument.symbol,
            "description": instrument.symbol,
            "base_asset": instrument.base,
            "base_notation": "NOML",
            "quote_asset": instrument.quote,
            "quote_notation": "MONE",
            "venue": "PGSL",
            "system": "CLOB",
            "bids": _published(Side.BUY, zip(bids, bid_times, strict=True), instrument),
            "asks": _published(Side.SELL, zip(asks, ask_times, strict=True), instrument),
        }
    )


def _published(side: Side, levels: Iterable[tuple[Queue, int]], instrument: Instrument) -> list[Row]:
    return [
        {
            "side": side.value.upper(),
            "price": price_text(queue[0].price, instrument),
            "qty": qty_text(sum(order.order_qty for order in queue), instrument),
            "count": len(queue),
            "publication_ts": micros(time_ns),
        }
        for queue, time_ns in levels
    ]


# --- Level3


def level3(call: Call) -> Answer:
    """The orders of the best levels, level by level in queue order."""
    name, market = _market(call, "pair")
    count = one_of(call.fields, "depth", LEVEL3_DEPTHS, UNSET_LEVELS)
    bids, asks = market.level3.queues(count or None)
    return answered(
        {
            "pair": pair_key(name, market.instrument),
            "bids": _orders(bids, market.instrument),
            "asks": _orders(asks, market.instrument),
        }
    )


def _orders(queues: Iterable[Queue], instrument: Instrument) -> list[Row]:
    return [
        {
            "price": price_text(order.price, instrument),
            "qty": qty_text(order.order_qty, instrument),
            "order_id": order.order_id,
            "timestamp": order.order_time_ns,
        }
        for queue in queues
        for order in queue
    ]


def _market(query: Query, field: str) -> tuple[str, Market]:
    """The pair that is asked for: by which name, and its views."""
    name = query.fields.get(field)
    if not name:
        raise ProtocolError(Reject.INVALID_ARGUMENTS)
    return name, query.hub.market(find_pair(query.hub.reference.table, name).symbol)
