"""JSON text of the `result` of each acknowledgement; keys of subscriptions are alphabetical, as recorded.

Ids of the venue and symbols of listed instruments are plain; what a client chose is quoted here.
"""

from collections.abc import Iterable

from msgspec import Struct, json

from krakenbox.protocol.literals import quote, strings
from krakenbox.protocol.v2.methods import (
    CHANNEL_NAMES,
    AddOrder,
    BalancesParams,
    BatchOrder,
    BookParams,
    ChannelParams,
    EditOrder,
    ExecutionsParams,
    HeartbeatParams,
    InstrumentParams,
    Level3Params,
    OhlcParams,
    TickerParams,
    TradeParams,
)


class Echo(Struct, frozen=True):
    """What the acks of a channel repeat of its parameters, in their order."""

    subscribed: tuple[str, ...] = ("snapshot",)
    unsubscribed: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    """Sent whatever was asked for."""


_ECHOES: dict[type[Struct], Echo] = {
    TickerParams: Echo(("event_trigger", "snapshot"), ("event_trigger",)),
    BookParams: Echo(("depth", "snapshot"), ("depth",)),
    Level3Params: Echo(("depth", "snapshot"), ("depth",)),
    TradeParams: Echo(),
    OhlcParams: Echo(
        ("interval", "snapshot"), ("interval",), ("timestamp is deprecated, use interval_begin",)
    ),
    InstrumentParams: Echo(warnings=("tick_size is deprecated, use price_increment",)),
    ExecutionsParams: Echo(
        ("snap_orders", "snap_trades", "snapshot"),
        warnings=(
            "cancel_reason is deprecated, use reason",
            "stop_price is deprecated, use triggers.price",
            "trigger is deprecated use triggers.reference",
            "triggered_price is deprecated use triggers.last_price",
        ),
    ),
    BalancesParams: Echo(),
    HeartbeatParams: Echo(()),
}

_DEPRECATED = {
    "no_mpp": "no_mpp is deprecated",
    "price": "price is deprecated, use limit_price",
    "stop_price": "stop_price is deprecated, use triggers.price",
    "trigger": "trigger is deprecated use triggers.reference",
}
"""Of an order; the reference speaks of warnings without showing one: the texts are those of executions."""
_CONDITIONAL_STOP_PRICE = "conditional.stop_price is deprecated, use conditional.trigger_price"


def subscribed(params: ChannelParams, symbol: str = "", max_rate_count: int = 0) -> str:
    """What a subscription uses, defaults included; one ack per symbol, one for channels without.

    {"channel":"book","depth":10,"snapshot":true,"symbol":"ALGO/USD"}
    """
    echo = _ECHOES[type(params)]
    counter: dict[str, object] = {"maxratecount": max_rate_count} if max_rate_count else {}
    return _echoed(params, counter, echo.subscribed, symbol, echo.warnings)


def unsubscribed(params: ChannelParams, symbol: str = "") -> str:
    """What a subscription was: {"channel":"book","depth":25,"symbol":"MINA/GBP"}."""
    return _echoed(params, {}, _ECHOES[type(params)].unsubscribed, symbol, ())


def warnings(order: AddOrder | BatchOrder | EditOrder) -> tuple[str, ...]:
    """One text for each deprecated field that a request used."""
    texts = [text for name, text in _DEPRECATED.items() if getattr(order, name, None) is not None]
    conditional = None if isinstance(order, EditOrder) else order.conditional
    if conditional is not None and conditional.stop_price is not None:
        texts.append(_CONDITIONAL_STOP_PRICE)
    return tuple(texts)


def order_added(
    order_id: str,
    cl_ord_id: str | None = None,
    order_userref: int | None = None,
    warnings: tuple[str, ...] = (),
) -> str:
    """An order got its id; an order that was only validated has none.

    {"order_id":"OPS23M-VS41G-DDE5Z2","cl_ord_id":"client-zero"}
    """
    return _object(
        (
            f'"order_id":"{order_id}"' if order_id else "",
            f'"cl_ord_id":{quote(cl_ord_id)}' if cl_ord_id is not None else "",
            f'"order_userref":{order_userref}' if order_userref is not None else "",
            f'"warnings":{strings(warnings)}' if warnings else "",
        )
    )


def order_refused(error: str, cl_ord_id: str | None = None, order_userref: int | None = None) -> str:
    """An order of a batch that the engine refused, in the place of its id, as REST does it."""
    return _object(
        (
            f'"error":{quote(error)}',
            f'"cl_ord_id":{quote(cl_ord_id)}' if cl_ord_id is not None else "",
            f'"order_userref":{order_userref}' if order_userref is not None else "",
        )
    )


def orders_added(rows: Iterable[str]) -> str:
    """The orders of a batch, in the order of the request: an array of `order_added` and `order_refused`."""
    return f"[{','.join(rows)}]"


def order_canceled(order_id: str = "", cl_ord_id: str = "") -> str:
    """The identifier the request named the order by: {"order_id":"1V7PZA-L5RIM-RX2G6B"}."""
    return f'{{"cl_ord_id":{quote(cl_ord_id)}}}' if cl_ord_id else f'{{"order_id":{quote(order_id)}}}'


def orders_canceled(count: int) -> str:
    """How many orders cancel_all canceled: {"count":0}."""
    return f'{{"count":{count}}}'


def order_amended(amend_id: str, order_id: str = "", cl_ord_id: str = "") -> str:
    """{"amend_id":"1M2JV8-OEJZD-G5GSBF","order_id":"BQS60L-EGW18-UPAK9U"}; the identifier of the request."""
    return _object(
        (
            f'"amend_id":"{amend_id}"',
            f'"order_id":{quote(order_id)}' if order_id else "",
            f'"cl_ord_id":{quote(cl_ord_id)}' if cl_ord_id else "",
        )
    )


def order_edited(order_id: str, original_order_id: str, warnings: tuple[str, ...] = ()) -> str:
    """{"order_id":"7FIK6B-S15X0-DPJJTH","original_order_id":"K1FF7H-A13AR-Q1S9Z6"}: new and old order.

    An edit that was only validated has no new order.
    """
    return _object(
        (
            f'"order_id":"{order_id}"' if order_id else "",
            f'"original_order_id":{quote(original_order_id)}',
            f'"warnings":{strings(warnings)}' if warnings else "",
        )
    )


def switch_set(current_time: str, trigger_time: str) -> str:
    """{"currentTime":"2023-09-21T15:49:29Z","triggerTime":"2023-09-21T15:51:09Z"}: the dead man's switch."""
    return f'{{"currentTime":"{current_time}","triggerTime":"{trigger_time}"}}'


def _echoed(
    params: ChannelParams,
    counter: dict[str, object],
    settings: tuple[str, ...],
    symbol: str,
    texts: tuple[str, ...],
) -> str:
    result: dict[str, object] = {"channel": CHANNEL_NAMES[type(params)], **counter}
    for name in settings:
        value = getattr(params, name)
        if value is not None:  # a level3 depth that was not sent
            result[name] = value
    if symbol:
        result["symbol"] = symbol
    if texts:
        result["warnings"] = texts
    return json.encode(result).decode()


def _object(members: Iterable[str]) -> str:
    return f"{{{','.join(filter(None, members))}}}"
