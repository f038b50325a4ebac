"""What `decode_request` refuses: exact texts in order of precedence, and never another exception."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from krakenbox.errors import ProtocolError
from krakenbox.protocol.v2 import codec
from krakenbox.protocol.v2.methods import METHODS, Ping, Request

ORDER = {
    "order_type": "limit",
    "side": "buy",
    "limit_price": 26500.4,
    "order_qty": 1.2,
    "symbol": "BTC/USD",
    "token": "T",
}


def request(method: str, params: object = None, **top: object) -> str:
    """Text of a request."""
    message = {"method": method} | ({} if params is None else {"params": params}) | top
    return json.dumps(message)


def subscribe(channel: object, **params: object) -> str:
    """Text of a subscription."""
    return request("subscribe", {"channel": channel} | params)


def order(**changes: object) -> str:
    """Text of an add_order that differs from a good one by this."""
    return request("add_order", ORDER | changes)


def without(*names: str) -> str:
    """Text of an add_order that lacks these."""
    return request("add_order", {name: value for name, value in ORDER.items() if name not in names})


def refused(text: str | bytes) -> ProtocolError:
    """What `decode_request` raises."""
    with pytest.raises(ProtocolError) as caught:
        codec.decode_request(text)
    return caught.value


MALFORMED = [
    b"",
    b" ",
    b"CloudFlare",
    b"null",
    b"true",
    b"7",
    b'"ping"',
    b"[]",
    b'["ping"]',
    b"{",
    b"{}}",
    b"{'method':'ping'}",
    b'{"method":"ping",}',
    b'{"method":"ping"} x',
    b'{"method":ping}',
    b'{"method":"ping","req_id":NaN}',
    b'{"method":"ping","req_id":Infinity}',
    b'{"method":"ping","req_id":01}',
    b'{"method":"ping","req_id":.5}',
    b'{"method":"ping","req_id":1e99999999999999999999}',
    b'{"method":"ping","req_id":' + b"9" * 5_000 + b"}",
    b'{"method":"\xff"}',
    b'{"\xc3(":1}',
    b'{"method":"\xed\xa0\x80"}',
    b'{"method":"\\ud800"}',
    b'{"method":"pi\nng"}',
    b'\xef\xbb\xbf{"method":"ping"}',
    b"\x00\x01\x02\xff",
    b"[" * 100_000,
    b'{"method":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
]


@pytest.mark.parametrize("text", MALFORMED, ids=lambda text: repr(text[:30]))
def test_what_is_no_request(text: bytes) -> None:
    error = refused(text)
    assert (error.error, error.method, error.req_id, error.symbol) == ("Malformed request", "error", None, "")


def test_a_str_frame_with_half_a_surrogate_is_malformed() -> None:
    assert refused('{"method":"\ud800"}').error == "Malformed request"


FIELD = "Unsupported field: '{}' for the given msg type: {}"
NUMBER = " field must be a number_float"
INTEGER = " field must be a number_integer"
INVALID = "EGeneral:Invalid arguments:"
BTC = ["BTC/USD"]

# The method as which the refusal goes out -> (request, text), in order of precedence: a row has the faults of
# rows below it too, as far as one request can.
REFUSALS: dict[str, list[tuple[str, str]]] = {
    "subscribe": [
        # The method, then the top level.
        ('{"event":"ping"}', "Method(s) not found"),
        ("{}", "Method(s) not found"),
        ('{"method":7,"x":1}', "Method field must be a string"),
        ('{"method":null}', "Method field must be a string"),
        ('{"method":"","x":1}', "Unsupported event"),
        ('{"method":"Ping","params":{}}', "Unsupported event"),
        ('{"method":"addOrder"}', "Unsupported event"),
        (request("subscribe", channel="book", req_id="x"), FIELD.format("channel", "subscribe")),
        (request("subscribe"), "Params(s) not found"),
        (request("subscribe", []), "Params field must be an object"),
        # The channel, then its fields, their types, the missing and the impossible.
        (request("subscribe", {"x": 1}), "Channel(s) not found"),
        (subscribe(7, x=1), "Channel field must be a string"),
        (subscribe("spread", x=1), "Unsupported event"),
        (subscribe("status"), "Unsupported event"),
        (subscribe("book", token="T", depth="10"), FIELD.format("token", "subscribe")),
        (subscribe("book", depth="10"), "Depth" + INTEGER),
        (subscribe("book", symbol=BTC, depth=10.0), "Depth" + INTEGER),
        (subscribe("book", symbol=BTC, depth=True), "Depth" + INTEGER),
        (subscribe("book", symbol=BTC, depth=None), "Depth" + INTEGER),
        (subscribe("ohlc", symbol=BTC, interval="1"), "Interval" + INTEGER),
        (subscribe("book", symbol=BTC, snapshot="true"), "Snapshot field must be a boolean"),
        (subscribe("book", symbol=BTC, snapshot=1), "Snapshot field must be a boolean"),
        (subscribe("ticker", symbol="BTC/USD"), "Symbol field must be an array"),
        (subscribe("ticker", symbol=None), "Symbol field must be an array"),
        (subscribe("ticker", symbol=["BTC/USD", 7]), "Symbol field must be a string"),
        (subscribe("ticker", symbol=[["BTC/USD"]]), "Symbol field must be a string"),
        (subscribe("balances", token=7), "Token field must be a string"),
        (subscribe("ticker", symbol=[], event_trigger="x"), "Symbol(s) not found"),
        (subscribe("book", depth=27), "Symbol(s) not found"),
        (subscribe("book", symbol=BTC, depth=27), "Subscription depth not supported"),
        (subscribe("book", symbol=BTC, depth=10**30), "Subscription depth not supported"),
        (subscribe("level3", symbol=BTC, depth=25), "Subscription depth not supported"),
        (subscribe("ohlc", symbol=BTC, interval=7), "Subscription ohlc interval not supported"),
        (subscribe("ticker", symbol=BTC, event_trigger="x"), "Subscription event_trigger not supported"),
        (subscribe("executions", users="me"), "Subscription users not supported"),
    ],
    "unsubscribe": [
        (request("unsubscribe", None, reqid=1), FIELD.format("reqid", "unsubscribe")),
        (request("unsubscribe", {"channel": "Book"}), "Unsupported event"),
        (request("unsubscribe", {"channel": "book", "pair": BTC}), FIELD.format("pair", "unsubscribe")),
    ],
    "ping": [
        (request("ping", {}), FIELD.format("params", "ping")),
        (request("ping", event="ping"), FIELD.format("event", "ping")),
    ],
    "add_order": [
        (request("add_order", ORDER, token="T"), FIELD.format("token", "add order")),
        (request("add_order"), "Params(s) not found"),
        (request("add_order", [ORDER]), "Params field must be an object"),
        # Fields known, types, token, the other fields, values.
        (request("add_order", {"limit_price": "1", "price": 1}), FIELD.format("price", "add order")),
        (request("add_order", {"limit_price": "26500.4"}), "Limit_price" + NUMBER),
        (order(order_qty="1.2"), "Order_qty" + NUMBER),
        (order(order_qty=None), "Order_qty" + NUMBER),
        (order(order_qty=True), "Order_qty" + NUMBER),
        (order(order_qty=[1]), "Order_qty" + NUMBER),
        (order(cash_order_qty="250"), "Cash_order_qty" + NUMBER),
        (order(side=1), "Side field must be a string"),
        (order(post_only="true"), "Post_only field must be a boolean"),
        (order(order_userref="1"), "Order_userref" + INTEGER),
        (order(order_userref=1.5), "Order_userref" + INTEGER),
        (order(triggers=[]), "Triggers field must be an object"),
        (order(triggers={"price": "1"}), "Price" + NUMBER),
        (order(triggers={"prize": 1}), FIELD.format("prize", "add order")),
        (request("add_order", {}), "Token(s) not found"),
        (without("token", "side", "symbol"), "Token(s) not found"),
        (without("order_type", "side"), "Order_type(s) not found"),
        (without("side", "symbol"), "Side(s) not found"),
        (request("add_order", {"token": "T", "order_type": "x", "side": "x"}), "Symbol(s) not found"),
        (order(triggers={}), "Price(s) not found"),
        (order(order_type="Limit"), INVALID + "order_type"),
        (order(side="BUY"), INVALID + "side"),
        (order(time_in_force="GTC"), INVALID + "time_in_force"),
        (order(expire_time="tomorrow"), INVALID + "expire_time"),
        (order(deadline="2026-06-30 09:30:59"), INVALID + "deadline"),
        (order(order_userref=2**31), INVALID + "order_userref"),
        (order(cl_ord_id=""), INVALID + "cl_ord_id"),
        (order(cl_ord_id="meme-20240509-00010"), INVALID + "cl_ord_id"),
        (order(order_qty="#").replace('"#"', "1e400"), INVALID + "order_qty"),
        (order(triggers={"price": 1, "price_type": "x"}), INVALID + "price_type"),
    ],
    "amend_order": [(request("amend_order", {"price": 1}), FIELD.format("price", "amend order"))],
    "edit_order": [(request("edit_order", {"order_id": "A"}), "Token(s) not found")],
    "cancel_order": [
        (request("cancel_order", {"order_id": "A"}), "Order_id field must be an array"),
        (request("cancel_order", {"order_id": [1]}), "Order_id field must be a string"),
        (request("cancel_order", {"order_id": []}), "Token(s) not found"),
    ],
    "cancel_all": [('{"method":"cancel_all","params":null}', "Params field must be an object")],
    "cancel_all_orders_after": [
        (request("cancel_all_orders_after", {}, x=1), FIELD.format("x", "cancel all orders after")),
        (request("cancel_all_orders_after", {"token": "T"}), "Timeout(s) not found"),
    ],
    "batch_add": [
        (request("batch_add", {"orders": ["A"]}), "Orders field must be an object"),
        (
            request("batch_add", {"token": "T", "symbol": "BTC/USD", "orders": [{"order_type": "limit"}]}),
            "Side(s) not found",
        ),
    ],
}


@pytest.mark.parametrize(
    ("method", "text", "error"),
    [(method, text, error) for method, rows in REFUSALS.items() for text, error in rows],
)
def test_refusals(method: str, text: str, error: str) -> None:
    found = refused(text)
    assert (found.error, found.method, found.symbol) == (error, method, "")


@pytest.mark.parametrize(
    ("text", "symbol"),
    [
        # Recorded: the refusal of a field in a subscription names its symbol.
        (request("subscribe", {"symbol": ["ETH/USDC"]}, channel="book"), "ETH/USDC"),
        (request("subscribe", channel="book", symbol=["ETH/USDC", "BTC/USD"]), "ETH/USDC"),
        (subscribe("book", symbol=["BTC/USD"], token="T"), "BTC/USD"),
        (subscribe("instrument", symbol=["BTC/USD"]), "BTC/USD"),
        (subscribe("executions", symbol=[7]), ""),
        (subscribe("executions", symbol="BTC/USD"), ""),
        # Recorded: that of a depth does not.
        (subscribe("book", symbol=["BTC/USD"], depth=27), ""),
    ],
)
def test_the_symbol_of_a_refusal(text: str, symbol: str) -> None:
    assert refused(text).symbol == symbol


@pytest.mark.parametrize(
    "text", ["-1", "18446744073709551616", "1.0", "1e3", '"1"', "true", "null", "[]", "{}"]
)
def test_a_req_id_that_is_none(text: str) -> None:
    for method in ("ping", "add_order"):
        error = refused(f'{{"method":"{method}","req_id":{text}}}')
        assert error.error == "Req_id field must be a positive integer less than 18446744073709551616"
        assert (error.method, error.req_id) == (method, None)


@pytest.mark.parametrize("req_id", [0, 1, 2**31, 2**53 + 1, 2**64 - 1])
def test_a_req_id_is_echoed_by_every_refusal(req_id: int) -> None:
    assert codec.decode_request(f'{{"method":"ping","req_id":{req_id}}}').req_id == req_id
    for text in ('{"req_id":#}', '{"method":"x","req_id":#}', '{"method":"ping","params":{},"req_id":#}'):
        assert refused(text.replace("#", str(req_id))).req_id == req_id


def test_of_a_key_that_occurs_twice_the_last_counts() -> None:
    assert codec.decode_request('{"method":"x","method":"ping"}') == Request("ping", Ping())


def test_an_unknown_name_is_quoted_as_it_came() -> None:
    error = refused('{"method":"ping","a{0}\\"\\u20ac":1}')
    assert error.error == FIELD.format('a{0}"€', "ping")
    assert reply(error)["error"] == error.error


TOKENS = st.sampled_from(
    [
        *METHODS,
        *codec.CHANNELS,
        *("method", "params", "req_id", "channel", "symbol", "token", "depth", "interval", "snapshot"),
        *("BTC/USD", "limit", "buy", "triggers", "orders", "conditional", "order_id", *ORDER),
    ]
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | TOKENS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TOKENS | st.text(), inner, max_size=4),
    max_leaves=12,
)
GOOD = [
    request("ping", req_id=1),
    subscribe("book", symbol=["BTC/USD"], depth=10),
    subscribe("executions", token="T", snap_orders=True),
    order(triggers={"price": 1.5}, conditional={"order_type": "limit", "limit_price": 1}),
    request("cancel_order", {"order_id": ["A"], "token": "T"}, req_id=2),
    request("batch_add", {"token": "T", "symbol": "BTC/USD", "orders": [ORDER, ORDER]}),
]


def reply(error: ProtocolError) -> Any:
    """The reply to a refused request."""
    return json.loads(codec.encode_error(error.method, error.error, error.req_id, 0, 1, error.symbol))


def answered(text: bytes | str) -> None:
    """Decode; whatever is refused is refused with a reply that is JSON."""
    try:
        method = codec.decode_request(text).method
    except ProtocolError as error:
        method = reply(error)["method"]
    assert method in {*METHODS, "error"}


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_any_bytes_are_answered(text: bytes | str) -> None:
    answered(text)


@given(VALUES)
def test_any_json_is_answered(value: object) -> None:
    answered(json.dumps(value))


@given(TOKENS, st.dictionaries(TOKENS, VALUES, max_size=5), VALUES)
def test_any_parameters_are_answered(method: str, params: dict[str, object], req_id: object) -> None:
    answered(request(method, params, req_id=req_id))
    answered(request("subscribe", params | {"channel": method}))
    answered(order(**params))


@given(st.sampled_from(GOOD), st.integers(0, 400), st.integers(0, 12), st.binary(max_size=8))
def test_a_good_request_with_a_wound_is_answered(text: str, at: int, length: int, graft: bytes) -> None:
    frame = text.encode()
    answered(frame[:at] + graft + frame[at + length :])
