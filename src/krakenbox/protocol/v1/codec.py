"""Requests of v1 in, replies out.

`decode_request` checks in this order, the first failure wins:

    JSON -> event known -> fields known -> reqid -> of a subscription: object -> its keys -> name -> pair
                                                    -> depth or interval
                                                 -> of all else: token and pair there -> types of fields

What it refuses is a value, with everything the reply repeats. Replies have their keys in alphabetical order
and nothing between them (recorded until 1.9.1).
"""

from decimal import Decimal
from typing import Any

from msgspec import json

from krakenbox.errors import ProtocolError
from krakenbox.model.reject import Reject
from krakenbox.protocol.literals import quote
from krakenbox.protocol.v1 import methods
from krakenbox.protocol.v1.methods import EVENTS, Entry, Kind, Refusal, Request, Subscription

MAX_REQID = 2**64 - 1
MAX_PAIRS = 2_000
"""Pairs one request may name: Kraken lists about 1,450."""

REQID = f"Reqid field must be a positive integer less than {MAX_REQID + 1}"
EVENT_MISSING = "Event(s) not found"
PAIR_ARRAY = "Pair field must be an array"
PAIR_MISSING = "Pair(s) not found"
PAIR_FOREIGN = "Pair field unsupported for this subscription type"
PAIR_FORMAT = "Currency pair not in ISO 4217-A3 format"
TOKEN_MISSING = "Token(s) not found"
SUBSCRIPTION_OBJECT = "Subscription field must be an object"
SUBSCRIPTION_FIELD = "Subscription object unsupported field"
SUBSCRIPTION_NAME = "Subscription name invalid"
DEPTH_INTEGER = "Subscription book depth must be an integer"
INTERVAL_INTEGER = "Subscription ohlc interval must be an integer"
INTERVAL_MISSING = "Subscription ohlc requires interval"

_SUBSCRIPTION_KEYS = frozenset(
    ("name", "depth", "interval", "token", "snapshot", "consolidate_taker", "ratecounter", "rebased")
)
_NAMES = frozenset((*methods.PUBLIC, *methods.PRIVATE, methods.EVERYTHING))
_ECHOED = ("depth", "interval", "name")
_ECHO_MAX = 100
"""Bytes of a subscription that a refusal repeats: what is longer is none."""
_BY_ENGINE = "EGeneral:"
"""Begins refusals that repeat no pair (recorded)."""
_FLAGS = {"true": True, "1": True, "false": False, "0": False, True: True, False: False}

Object = dict[str, Any]
_DECODER: json.Decoder[Object] = json.Decoder(Object, float_hook=Decimal)


def decode_request(frame: bytes | str) -> Request | Refusal:
    """The request in a text frame, or why there is none."""
    try:
        message = _DECODER.decode(frame)
    except (ValueError, ArithmeticError, RecursionError):
        return Refusal(text=Reject.MALFORMED)
    reqid = message.get("reqid")
    echo = reqid if type(reqid) is int and 0 <= reqid <= MAX_REQID else None
    event = message.get("event")
    entry = EVENTS.get(event) if isinstance(event, str) else None
    if entry is None or not isinstance(event, str):
        text = Reject.UNSUPPORTED_EVENT if isinstance(event, str) else EVENT_MISSING
        return Refusal(text=text, event="subscriptionStatus", reqid=echo)
    try:
        _check_fields(message, entry)
        if echo is None and "reqid" in message:
            raise ProtocolError(REQID)
        return _request(event, message, entry, echo)
    except ProtocolError as error:
        return Refusal(
            text=error.error,
            event=entry.reply,
            reqid=echo,
            reqid_wrong=error.error == REQID,
            pairs=() if error.error.startswith(_BY_ENGINE) else _pairs_of(message),
            echo=_echo(message.get("subscription")),
            sent=event,
        )


def encode(members: dict[str, str]) -> bytes:
    """A reply; values are JSON text, empty ones are left out."""
    return (
        "{" + ",".join(f'"{name}":{members[name]}' for name in sorted(members) if members[name]) + "}"
    ).encode()


def reply(event: str, reqid: int | None, **members: str) -> bytes:
    """The success of a request: {"event":"cancelOrderStatus","reqid":1234,"status":"ok"}."""
    return encode({"event": quote(event), "reqid": _integer(reqid), "status": '"ok"'} | members)


def refusal(refused: Refusal) -> list[bytes]:
    """What is said of a message that is no request: once, or once for every pair it names.

    {"errorMessage":"Subscription depth not supported","event":"subscriptionStatus","pair":"XBT/USD",
    "status":"error","subscription":{"depth":42,"name":"book"}}
    """
    reqid = "null" if refused.reqid_wrong else _integer(refused.reqid)
    members = {"errorMessage": quote(refused.text), "event": quote(refused.event), "reqid": reqid}
    if refused.event != "error":
        members |= {"status": '"error"', "subscription": refused.echo}
    if not refused.pairs:
        return [encode(members)]
    return [encode(members | {"pair": quote(pair)}) for pair in refused.pairs]


def pong(reqid: int | None) -> bytes:
    """{"event":"pong","reqid":42}."""
    return encode({"event": '"pong"', "reqid": _integer(reqid)})


def _integer(value: int | None) -> str:
    return "" if value is None else str(value)


def _check_fields(message: Object, entry: Entry) -> None:
    for name in message:
        if name not in entry.fields:
            raise ProtocolError(Reject.UNSUPPORTED_FIELD.text(field=name, method=entry.words))


def _request(event: str, message: Object, entry: Entry, reqid: int | None) -> Request:
    if event in ("subscribe", "unsubscribe"):
        return Request(event=event, reqid=reqid, subscription=_subscription(message))
    if event == "ping":
        return Request(event=event, reqid=reqid)
    if message.get("token") is None:
        raise ProtocolError(TOKEN_MISSING)
    if event in ("addOrder", "editOrder") and message.get("pair") is None:
        raise ProtocolError(PAIR_MISSING)
    fields: dict[str, str] = {}
    listed: dict[str, tuple[str, ...]] = {}
    for name, value in message.items():
        kind = entry.fields[name]
        if kind is Kind.ARRAY:
            listed[name] = _array(name, value)
        elif kind is not Kind.ANY and value is not None:
            fields[name] = _text(name, value, kind)
    return Request(event=event, reqid=reqid, fields=fields, listed=listed)


def _text(name: str, value: Any, kind: Kind) -> str:
    if isinstance(value, bool):
        if kind is Kind.FLAG:
            return str(value).lower()
    elif isinstance(value, str) or (isinstance(value, int) and kind is Kind.DIGITS):
        return str(value)
    raise ProtocolError(Reject.INVALID_ARGUMENT.text(field=name))


def _array(name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ProtocolError(Reject.INVALID_ARGUMENT.text(field=name))
    return tuple(_text(name, each, Kind.DIGITS) for each in value)


# --- subscriptions


def _subscription(message: Object) -> Subscription:
    number = message.get("channelID")
    if number is not None and "subscription" not in message:
        if type(number) is not int:
            raise ProtocolError(Reject.SUBSCRIPTION_NOT_FOUND)
        return Subscription(channel_id=number)
    given = message.get("subscription")
    if not isinstance(given, dict):
        raise ProtocolError(SUBSCRIPTION_OBJECT)
    if not given.keys() <= _SUBSCRIPTION_KEYS:
        raise ProtocolError(SUBSCRIPTION_FIELD)
    name = given.get("name")
    if not isinstance(name, str) or name not in _NAMES:
        raise ProtocolError(SUBSCRIPTION_NAME)
    pairs = _pairs(message, name, has_token="token" in given)
    return Subscription(
        name=name,
        pairs=pairs,
        depth=_depth(given) if name in ("book", methods.EVERYTHING) else methods.DEFAULT_DEPTH,
        interval=_interval(given) if name in ("ohlc", methods.EVERYTHING) else methods.DEFAULT_INTERVAL,
        token=token if isinstance(token := given.get("token"), str) else "",
        snapshot=_flag(given, "snapshot", default=True),
        consolidate_taker=_flag(given, "consolidate_taker", default=True),
        ratecounter=_flag(given, "ratecounter", default=False),
        echo=_echo(given),
    )


def _pairs(message: Object, name: str, *, has_token: bool) -> tuple[str, ...]:
    """The pairs of a public channel; a `*` with a token is about the private ones."""
    pairs = message.get("pair")
    if name in methods.PRIVATE or (name == methods.EVERYTHING and has_token):
        if pairs is not None:
            raise ProtocolError(PAIR_FOREIGN)
        return ()
    if pairs is not None and not isinstance(pairs, list):
        raise ProtocolError(PAIR_ARRAY)
    if not pairs:
        raise ProtocolError(PAIR_MISSING)
    if not all(isinstance(pair, str) for pair in pairs):
        raise ProtocolError(PAIR_FORMAT)
    return tuple(pairs)


def _depth(given: Object) -> int:
    depth = given.get("depth", methods.DEFAULT_DEPTH)
    if type(depth) is not int:
        raise ProtocolError(DEPTH_INTEGER)
    if depth not in methods.DEPTHS:
        raise ProtocolError(Reject.DEPTH_UNSUPPORTED)
    return depth


def _interval(given: Object) -> int:
    interval = given.get("interval", methods.DEFAULT_INTERVAL)
    if interval is None:
        raise ProtocolError(INTERVAL_MISSING)
    if type(interval) is not int:
        raise ProtocolError(INTERVAL_INTEGER)
    if interval not in methods.INTERVALS:
        raise ProtocolError(Reject.INTERVAL_UNSUPPORTED)
    return interval


def _flag(given: Object, name: str, *, default: bool) -> bool:
    """Kraken's own example has a boolean as text."""
    value = given.get(name, default)
    value = value.lower() if isinstance(value, str) else value
    if not isinstance(value, str | bool) or value not in _FLAGS:
        raise ProtocolError(SUBSCRIPTION_FIELD)
    return _FLAGS[value]


def _echo(given: Any) -> str:
    """Name, depth and interval as they were sent; never the token."""
    if not isinstance(given, dict):
        return ""
    text = json.encode({name: given[name] for name in _ECHOED if name in given}).decode()
    return text if len(text) <= _ECHO_MAX and text != "{}" else ""


def _pairs_of(message: Object) -> tuple[str, ...]:
    """What a refusal names: the pair of an order, the pairs of a subscription."""
    pairs = message.get("pair")
    listed = pairs if isinstance(pairs, list) else [pairs]
    texts = tuple(pair for pair in listed[:MAX_PAIRS] if isinstance(pair, str))
    return texts if len(texts) == len(listed) else ()
