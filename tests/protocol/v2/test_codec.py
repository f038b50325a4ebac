"""Requests in, replies out: every refusal by its exact text, every reply byte for byte."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from krakenbox.errors import ProtocolError
from krakenbox.model.order import OrderType, Side
from krakenbox.protocol import timestamp
from krakenbox.protocol.v2 import codec, results
from krakenbox.protocol.v2.methods import (
    AddOrder,
    BookParams,
    CancelAll,
    CancelOrder,
    ExecutionsParams,
    HeartbeatParams,
    Ping,
    Request,
    Subscribe,
    TradeParams,
    Unsubscribe,
)
from wire.corpus import FRAMES, frame

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


def refused(text: str | bytes) -> ProtocolError:
    """What `decode_request` raises."""
    with pytest.raises(ProtocolError) as caught:
        codec.decode_request(text)
    return caught.value


def test_ping() -> None:
    assert codec.decode_request('{"method":"ping"}') == Request("ping", Ping())
    assert codec.decode_request(b' {"req_id": 0, "method": "ping"} \n') == Request("ping", Ping(), 0)


def test_a_subscription_has_the_defaults_of_the_reference() -> None:
    text = subscribe("book", symbol=["BTC/USD", "ETH/USD"])
    book = BookParams(symbol=["BTC/USD", "ETH/USD"], depth=10, snapshot=True)
    assert codec.decode_request(text) == Request("subscribe", Subscribe(book))
    trade = codec.decode_request(subscribe("trade", symbol=["BTC/USD"]))
    assert trade.params == Subscribe(TradeParams(symbol=["BTC/USD"], snapshot=False))
    assert codec.decode_request(subscribe("heartbeat")).params == Subscribe(HeartbeatParams())


def test_unsubscribe_takes_what_subscribe_takes() -> None:
    # The trade page unsubscribes with a `snapshot`.
    text = request("unsubscribe", {"channel": "trade", "symbol": ["MATIC/USD"], "snapshot": True}, req_id=5)
    assert codec.decode_request(text) == Request(
        "unsubscribe", Unsubscribe(TradeParams(symbol=["MATIC/USD"], snapshot=True)), 5
    )


def test_a_private_subscription_without_token_is_the_gateways_to_refuse() -> None:
    assert codec.decode_request(subscribe("executions")).params == Subscribe(ExecutionsParams(token=""))


def test_the_documented_order() -> None:
    text = (
        '{"method":"add_order","params":{"order_type":"limit","side":"buy","limit_price":26500.4,'
        '"order_userref":100054,"order_qty":1.2,"symbol":"BTC/USD",'
        '"token":"G38a1tGFzqGiUCmnegBcm8d4nfP3tytiNQz6tkCBYXY"},"req_id":123456789}'
    )
    assert codec.decode_request(text) == Request(
        "add_order",
        AddOrder(
            order_type=OrderType.LIMIT,
            side=Side.BUY,
            limit_price=Decimal("26500.4"),
            order_userref=100054,
            order_qty=Decimal("1.2"),
            symbol="BTC/USD",
            token="G38a1tGFzqGiUCmnegBcm8d4nfP3tytiNQz6tkCBYXY",
        ),
        123456789,
    )


@pytest.mark.parametrize(
    "text",
    [
        "26500.40",
        "0.10000000000000000000000001",
        "12345678901234567890.12345678",
        "1e-8",
        "1E+3",
        "0.00",
        "7",
        "-0.5",
    ],
)
def test_a_number_keeps_its_own_text(text: str) -> None:
    frame = order(limit_price="#").replace('"#"', text)
    params = codec.decode_request(frame).params
    assert isinstance(params, AddOrder)
    assert str(params.limit_price) == str(Decimal(text))


def test_every_order_type_with_its_parameters() -> None:
    sheet = [
        {"order_type": "market", "order_qty": 0.01},
        {"order_type": "market", "cash_order_qty": 250.0},
        {
            "order_type": "limit",
            "post_only": True,
            "time_in_force": "gtd",
            "expire_time": "2026-07-01T00:00:00Z",
        },
        {"order_type": "limit", "time_in_force": "ioc", "deadline": "2026-06-30T09:30:59.123Z"},
        {"order_type": "limit", "time_in_force": "fok", "stp_type": "cancel_both", "fee_preference": "base"},
        {"order_type": "iceberg", "display_qty": 1.0},
        {
            "order_type": "stop-loss",
            "triggers": {"reference": "last", "price": 58000.0, "price_type": "static"},
        },
        {"order_type": "stop-loss-limit", "triggers": {"reference": "index", "price": 58000}},
        {"order_type": "take-profit", "triggers": {"price": 5.0, "price_type": "pct"}},
        {"order_type": "trailing-stop-limit", "limit_price_type": "quote", "triggers": {"price": 5.0}},
        {"order_type": "settle-position", "margin": True, "reduce_only": True},
        {"conditional": {"order_type": "stop-loss-limit", "trigger_price": 28410, "limit_price": 28400}},
        {
            "effective_time": "2026-07-01T00:00:00Z",
            "sender_sub_id": "desk-1",
            "no_mpp": True,
            "stop_price": 1,
        },
        {"trigger": "index", "validate": True, "cl_ord_id": "6d1b345e-2821-40e2-ad83-4ecb18a06876"},
    ]
    for changes in sheet:
        params = codec.decode_request(order(**changes)).params
        assert isinstance(params, AddOrder), changes
    timed = codec.decode_request(order(**sheet[3])).params
    assert isinstance(timed, AddOrder)
    assert timed.deadline == timestamp.parse("2026-06-30T09:30:59.123Z")


def test_cancels() -> None:
    text = request("cancel_order", {"order_id": ["A", "B"], "order_userref": [7], "token": "T"})
    assert codec.decode_request(text).params == CancelOrder(token="T", order_id=["A", "B"], order_userref=[7])
    assert codec.decode_request(request("cancel_all", {"token": "T"})).params == CancelAll(token="T")


# Replies.


def stamps(name: str) -> tuple[int, int]:
    """time_in and time_out of a recorded reply."""
    reply = json.loads(frame(name))
    return timestamp.parse(reply["time_in"]), timestamp.parse(reply["time_out"])


@pytest.mark.parametrize(
    "name", [name for name in FRAMES if name.startswith("error_") and name != "error_session"]
)
def test_recorded_refusals(name: str) -> None:
    reply = json.loads(frame(name))
    told = reply["method"], reply["error"], reply.get("req_id")
    assert codec.encode_error(*told, *stamps(name), reply.get("symbol", "")) == frame(name)


def test_session_refusal() -> None:
    assert codec.encode_session_refusal("executions", None, *stamps("error_session")) == frame(
        "error_session"
    )
    assert b'"method":"subscribe","req_id":7,"status"' in codec.encode_session_refusal("balances", 7, 0, 0)


def test_pong() -> None:
    assert codec.encode_pong(1, *stamps("pong")) == frame("pong")
    assert codec.encode_pong(None, 0, 999) == (
        b'{"method":"pong","time_in":"1970-01-01T00:00:00.000000Z","time_out":"1970-01-01T00:00:00.000000Z"}'
    )


@pytest.mark.parametrize(
    ("name", "result"),
    [
        ("ack_add_order", results.order_added("OPS23M-VS41G-DDE5Z2", "client-zero")),
        ("ack_cancel_order", results.order_canceled("1V7PZA-L5RIM-RX2G6B")),
        ("ack_cancel_order_by_client_id", results.order_canceled(cl_ord_id="a-uuid")),
        ("ack_cancel_all", results.orders_canceled(0)),
        ("ack_amend_order", results.order_amended("1M2JV8-OEJZD-G5GSBF", "BQS60L-EGW18-UPAK9U")),
        ("ack_edit_order", results.order_edited("7FIK6B-S15X0-DPJJTH", "K1FF7H-A13AR-Q1S9Z6")),
        ("ack_cancel_all_orders_after", results.switch_set("2023-09-21T15:49:29Z", "2023-09-21T15:51:09Z")),
        (
            "ack_batch_add",
            results.orders_added(map(results.order_added, ("JQDNTT-MZEIZ-OZKUDD", "X67GEK-3VQWM-HPNQ89"))),
        ),
    ],
)
def test_recorded_acks(name: str, result: str) -> None:
    reply = json.loads(frame(name))
    assert codec.encode_ack(reply["method"], result, reply["req_id"], *stamps(name)) == frame(name)


def test_batch_cancel_pleases_both_kinds_of_client() -> None:
    reply = codec.encode_batch_canceled(2, 0, 0, 0)
    assert json.loads(reply)["orders_cancelled"] == json.loads(reply)["result"]["count"] == 2
    assert list(json.loads(reply)) == sorted(json.loads(reply))


def test_what_is_wrong_with_an_unsubscribe_is_said_of_subscribe() -> None:
    # Shape recorded by python-kraken-sdk's tests against the venue.
    reply = codec.encode_error("unsubscribe", "Subscription Not Found", 123456789, 0, 0, "BTC/USD")
    assert reply == (
        b'{"error":"Subscription Not Found","method":"subscribe","req_id":123456789,"success":false,'
        b'"symbol":"BTC/USD","time_in":"1970-01-01T00:00:00.000000Z","time_out":"1970-01-01T00:00:00.000000Z"}'
    )


def test_malformed_is_answered_by_the_method_error() -> None:
    error = refused("{")
    assert codec.encode_error(error.method, error.error, error.req_id, 0, 0).startswith(
        b'{"error":"Malformed request","method":"error","success":false,'
    )


@given(st.text(), st.text(min_size=1), st.none() | st.integers(0, 2**64 - 1))
def test_a_refusal_survives_any_text(error: str, symbol: str, req_id: int | None) -> None:
    reply = json.loads(codec.encode_error("subscribe", error, req_id, 0, 0, symbol))
    assert (reply["error"], reply["symbol"], reply.get("req_id")) == (error, symbol, req_id)
    assert list(reply) == sorted(reply)
