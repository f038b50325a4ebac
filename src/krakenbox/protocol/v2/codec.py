"""Requests in, replies out.

`decode_request` checks in this order, the first failure wins (v2 decides by schema before it looks at tokens,
as the times of its recorded replies show):

    JSON -> method known -> fields known -> types -> token there -> other fields there -> values

A refusal is a ProtocolError with the text of the reply and what it names; `encode_error` renders it. Rules
that join several fields, symbols, hosts, tokens and permissions are the gateway's.

Replies have their keys in alphabetical order, nothing between them, and times in microseconds (recorded).
"""

from decimal import Decimal
from typing import Any, cast

from msgspec import json

from krakenbox.errors import ProtocolError
from krakenbox.model.reject import Reject
from krakenbox.protocol.literals import quote
from krakenbox.protocol.timestamp import micros
from krakenbox.protocol.v2 import schema
from krakenbox.protocol.v2.methods import (
    CHANNELS,
    METHODS,
    ChannelParams,
    Params,
    Ping,
    Request,
    Subscribe,
    Unsubscribe,
)

MAX_REQ_ID = 2**64 - 1
"""v1 says so in its refusal; v2 takes the same."""

_REQ_ID = f"Req_id field must be a positive integer less than {MAX_REQ_ID + 1}"
"""Recorded on v1, there with `Reqid`."""

_BARE = frozenset(("method", "req_id"))
_TOP = frozenset(("method", "params", "req_id"))
_CHOICES = {"depth": Reject.DEPTH_UNSUPPORTED.value, "interval": Reject.INTERVAL_UNSUPPORTED.value}


def decode_request(frame: bytes | str) -> Request:
    """The request in a text frame. Raises ProtocolError, and nothing else, for whatever is none."""
    try:
        message = _DECODER.decode(frame)
    except (ValueError, ArithmeticError, RecursionError):
        raise ProtocolError(Reject.MALFORMED) from None
    req_id = message.get("req_id")
    echo = req_id if type(req_id) is int and 0 <= req_id <= MAX_REQ_ID else None
    method = message.get("method")
    # Recorded: a request whose method is not to be read is answered as if it had been `subscribe`.
    named = method if type(method) is str and method in METHODS else "subscribe"
    try:
        params = _params(message, method, echo is not None or "req_id" not in message)
    except ProtocolError as error:
        raise ProtocolError(error.error, named, echo, error.symbol) from None
    return Request(named, params, echo)


def encode_ack(method: str, result: str, req_id: int | None, time_in_ns: int, time_out_ns: int) -> bytes:
    """A success; `result` is JSON text (`results`).

    {"method":"cancel_all","req_id":0,"result":{"count":0},"success":true,"time_in":"2024-05-19T11:42:13.815662Z",
    "time_out":"2024-05-19T11:42:13.824053Z"}
    """
    return (
        f'{{"method":"{method}",{_echo(req_id)}"result":{result},"success":true,'
        f'"time_in":"{micros(time_in_ns)}","time_out":"{micros(time_out_ns)}"}}'
    ).encode()


def encode_error(
    method: str, error: str, req_id: int | None, time_in_ns: int, time_out_ns: int, symbol: str = ""
) -> bytes:
    """A refusal; `symbol` only where it concerns one.

    {"error":"Currency pair not supported XBT/USD","method":"subscribe","success":false,"symbol":"XBT/USD",
    "time_in":"2026-10-06T17:39:49.588049Z","time_out":"2026-10-06T17:39:49.588083Z"}
    """
    # Recorded: what is wrong with an `unsubscribe` is answered under the name of `subscribe`.
    named = "subscribe" if method == "unsubscribe" else method
    concerned = f'"symbol":{quote(symbol)},' if symbol else ""
    return (
        f'{{"error":{quote(error)},"method":"{named}",{_echo(req_id)}"success":false,{concerned}'
        f'"time_in":"{micros(time_in_ns)}","time_out":"{micros(time_out_ns)}"}}'
    ).encode()


def encode_session_refusal(channel: str, req_id: int | None, time_in_ns: int, time_out_ns: int) -> bytes:
    """A subscription to a private channel with a token that is wrong or missing.

    {"channel":"executions","error":"ESession:Invalid session","method":"subscribe","status":"error",
    "success":false,"time_in":"2026-09-25T17:58:09.493462Z","time_out":"2026-09-25T17:58:09.493897Z"}
    """
    return (
        f'{{"channel":"{channel}","error":"{Reject.SESSION_INVALID}","method":"subscribe",{_echo(req_id)}'
        f'"status":"error","success":false,"time_in":"{micros(time_in_ns)}","time_out":"{micros(time_out_ns)}"}}'
    ).encode()


def encode_pong(req_id: int | None, time_in_ns: int, time_out_ns: int) -> bytes:
    """The reply to a ping, the only one without `success`.

    {"method":"pong","req_id":1,"time_in":"2024-05-20T11:08:49.272922Z","time_out":"2024-05-20T11:08:49.272940Z"}
    """
    return (
        f'{{"method":"pong",{_echo(req_id)}'
        f'"time_in":"{micros(time_in_ns)}","time_out":"{micros(time_out_ns)}"}}'
    ).encode()


def encode_batch_canceled(count: int, req_id: int | None, time_in_ns: int, time_out_ns: int) -> bytes:
    """The reply to batch_cancel, with `orders_cancelled` as recorded in 2024 and `result` as documented."""
    return (
        f'{{"method":"batch_cancel","orders_cancelled":{count},{_echo(req_id)}"result":{{"count":{count}}},'
        f'"success":true,"time_in":"{micros(time_in_ns)}","time_out":"{micros(time_out_ns)}"}}'
    ).encode()


def _echo(req_id: int | None) -> str:
    return "" if req_id is None else f'"req_id":{req_id},'


# Of a key that occurs twice the last counts.
_DECODER: json.Decoder[dict[str, Any]] = json.Decoder(dict[str, Any], float_hook=Decimal)


def _params(message: schema.Object, method: object, req_id_valid: bool) -> Params:
    if "method" not in message:
        raise ProtocolError(Reject.METHOD_MISSING)
    if not isinstance(method, str):
        raise ProtocolError(schema.wrong_type("method", "string"))
    if method not in METHODS:
        raise ProtocolError(Reject.UNSUPPORTED_EVENT)
    known = _BARE if method == "ping" else _TOP
    if not message.keys() <= known:
        raise ProtocolError(schema.unknown(known, message, _msg_type(method)), symbol=_first_symbol(message))
    if not req_id_valid:
        raise ProtocolError(_REQ_ID)
    if method == "ping":
        return Ping()
    if "params" not in message:
        raise ProtocolError(schema.absent("params"))
    params = message["params"]
    if type(params) is not dict:
        raise ProtocolError(schema.wrong_type("params", "object"))
    if method in ("subscribe", "unsubscribe"):
        channel = _channel(params, method)
        return Subscribe(channel) if method == "subscribe" else Unsubscribe(channel)
    fields = schema.table(METHODS[method].params)
    schema.check(fields, params, _msg_type(method))
    return cast(Params, schema.build(fields, params, schema.invalid_argument))


def _channel(params: schema.Object, method: str) -> ChannelParams:
    if "channel" not in params:
        raise ProtocolError(schema.absent("channel"))
    name = params.pop("channel")
    if not isinstance(name, str):
        raise ProtocolError(schema.wrong_type("channel", "string"))
    if name not in CHANNELS:
        raise ProtocolError(Reject.UNSUPPORTED_EVENT)
    fields = schema.table(CHANNELS[name].params)
    if not params.keys() <= fields.fields.keys():
        refusal = schema.unknown(fields.fields.keys(), params, method)
        raise ProtocolError(refusal, symbol=_first_symbol(params))
    schema.check(fields, params, method)
    if params.get("symbol") == []:
        raise ProtocolError(schema.absent("symbol"))
    return cast(ChannelParams, schema.build(fields, params, _invalid_choice))


def _msg_type(method: str) -> str:
    # Recorded: `... for the given msg type: add order`.
    return method.replace("_", " ")


def _first_symbol(message: schema.Object) -> str:
    # Recorded: the refusal of a field in a subscription names its symbol.
    params = message.get("params")
    for values in (message, params if isinstance(params, dict) else {}):
        symbols = values.get("symbol")
        if isinstance(symbols, list) and symbols and isinstance(symbols[0], str):
            return symbols[0]
    return ""


def _invalid_choice(name: str) -> str:
    return _CHOICES.get(name) or f"Subscription {name} not supported"
