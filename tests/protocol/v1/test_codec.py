"""Requests of v1: what they decode to, and every refusal in its order."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from krakenbox.protocol.v1 import codec
from krakenbox.protocol.v1.codec import MAX_PAIRS, MAX_REQID, decode_request
from krakenbox.protocol.v1.methods import EVENTS, Refusal, Request, Subscription

TOKEN = "WW91ciBhdXRoZW50aWNhdGlvbiB0b2tlbiBnb2VzIGhlcmUu"


def decoded(message: Any) -> Request:
    request = decode_request(json.dumps(message))
    assert isinstance(request, Request), request
    return request


def refused(message: Any) -> Refusal:
    refusal = decode_request(message if isinstance(message, str | bytes) else json.dumps(message))
    assert isinstance(refusal, Refusal), refusal
    return refusal


def replies(message: Any) -> list[str]:
    return [text.decode() for text in codec.refusal(refused(message))]


def wanted(message: Any) -> Subscription:
    subscription = decoded(message).subscription
    assert subscription is not None
    return subscription


# --- what decodes


def test_a_ping_with_and_without_an_id() -> None:
    assert decoded({"event": "ping", "reqid": 42}) == Request(event="ping", reqid=42)
    assert decoded({"event": "ping"}) == Request(event="ping")
    assert codec.pong(1693415329704) == b'{"event":"pong","reqid":1693415329704}'
    assert codec.pong(None) == b'{"event":"pong"}'


def test_a_subscription_has_the_defaults_of_v1() -> None:
    book = wanted({"event": "subscribe", "pair": ["XBT/USD"], "subscription": {"name": "book"}})
    assert (book.name, book.pairs, book.depth) == ("book", ("XBT/USD",), 10)
    ohlc = wanted(
        {"event": "subscribe", "pair": ["XBT/EUR"], "subscription": {"interval": 5, "name": "ohlc"}}
    )
    assert (ohlc.interval, ohlc.depth) == (5, 10)
    trades = wanted({"event": "subscribe", "subscription": {"name": "ownTrades", "token": TOKEN}})
    assert (trades.token, trades.snapshot, trades.consolidate_taker, trades.pairs) == (TOKEN, True, True, ())


@pytest.mark.parametrize(("given", "read"), [(True, True), ("true", True), ("False", False), (False, False)])
def test_flags_come_as_booleans_and_as_text(given: Any, read: bool) -> None:
    subscription = {"name": "openOrders", "token": TOKEN, "ratecounter": given}
    assert wanted({"event": "subscribe", "subscription": subscription}).ratecounter is read


def test_settings_of_other_channels_are_of_no_account() -> None:
    subscription = {"name": "ticker", "depth": 42, "interval": "x", "token": 7}
    assert wanted({"event": "subscribe", "pair": ["A/B"], "subscription": subscription}).name == "ticker"


def test_unsubscribing_by_id_needs_nothing_else() -> None:
    assert wanted({"event": "unsubscribe", "channelID": 10001}) == Subscription(channel_id=10001)


def test_fields_of_an_order_are_text() -> None:
    request = decoded(
        {"event": "addOrder", "token": TOKEN, "pair": "XBT/USD", "userref": 7, "margin": True, "volume": "1",
         "close[price]": "38", "price2": None}
    )  # fmt: skip
    assert request.fields == {
        "token": TOKEN, "pair": "XBT/USD", "userref": "7", "margin": "true", "volume": "1",
        "close[price]": "38",
    }  # fmt: skip


def test_lists_of_a_cancel_hold_ids_and_userrefs() -> None:
    request = decoded({"event": "cancelOrder", "token": TOKEN, "txid": ["OGTT3Y-C6I3P-XRI6HX", 12]})
    assert request.listed == {"txid": ("OGTT3Y-C6I3P-XRI6HX", "12")}


# --- what does not: the table is in order of precedence; each message would break every later rule too

PAIR: dict[str, Any] = {"pair": ["XBT/USD"]}


def sub(pair: Any = None, **subscription: Any) -> dict[str, Any]:
    message: dict[str, Any] = {"event": "subscribe", "subscription": subscription}
    return message | ({"pair": pair} if pair is not None else {})


def order(**fields: Any) -> dict[str, Any]:
    return {"event": "addOrder", "token": "", "pair": "A/B"} | fields


def unknown(field: str, words: str) -> str:
    return f"Unsupported field: '{field}' for the given msg type: {words}"


def invalid(field: str) -> str:
    return f"EGeneral:Invalid arguments:{field}"


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("{", "Malformed request"),
        ("[]", "Malformed request"),
        (b"\xff", "Malformed request"),
        ("[" * 100_000, "Malformed request"),
        ({"reqid": -1, "x": 1}, "Event(s) not found"),
        ({"event": 7, "reqid": -1}, "Event(s) not found"),
        ({"event": "add_order", "reqid": -1, "x": 1}, "Unsupported event"),
        ({"event": "subscribe", "depth": 10, "reqid": -1}, unknown("depth", "subscribe")),
        ({"event": "unsubscribe", "x": 10}, unknown("x", "unsubscribe")),
        ({"event": "ping", "token": ""}, unknown("token", "ping")),
        ({"event": "addOrder", "refid": "", "reqid": -1}, unknown("refid", "add order")),
        ({"event": "subscribe", "reqid": -1}, codec.REQID),
        ({"event": "subscribe", "reqid": "1"}, codec.REQID),
        ({"event": "subscribe", "reqid": 1.5}, codec.REQID),
        ({"event": "subscribe", "reqid": MAX_REQID + 1}, codec.REQID),
        ({"event": "subscribe"}, "Subscription field must be an object"),
        ({"event": "subscribe", "subscription": "book"}, "Subscription field must be an object"),
        (sub(levels=10, name="x"), "Subscription object unsupported field"),
        (sub(pair="XBT/USD"), "Subscription name invalid"),
        (sub(pair="XBT/USD", name="executions"), "Subscription name invalid"),
        (sub(**PAIR, name="openOrders", ratecounter=7), codec.PAIR_FOREIGN),
        (sub(pair="XBT/USD", name="book", depth="x"), "Pair field must be an array"),
        (sub(name="book", depth="x"), "Pair(s) not found"),
        (sub(pair=[], name="book", depth="x"), "Pair(s) not found"),
        (sub(pair=[7], name="book", depth="x"), "Currency pair not in ISO 4217-A3 format"),
        (sub(**PAIR, name="book", depth="10"), "Subscription book depth must be an integer"),
        (sub(**PAIR, name="book", depth=10.5), "Subscription book depth must be an integer"),
        (sub(**PAIR, name="book", depth=42), "Subscription depth not supported"),
        (sub(**PAIR, name="*", depth=42, interval="1"), "Subscription depth not supported"),
        (sub(**PAIR, name="ohlc", interval=None), "Subscription ohlc requires interval"),
        (sub(**PAIR, name="ohlc", interval="1"), "Subscription ohlc interval must be an integer"),
        (sub(**PAIR, name="ohlc", interval=2), "Subscription ohlc interval not supported"),
        (sub(name="openOrders", ratecounter=7), "Subscription object unsupported field"),
        ({"event": "unsubscribe", "channelID": "7"}, "Subscription Not Found"),
        ({"event": "addOrder", "volume": 1}, "Token(s) not found"),
        ({"event": "addOrder", "token": "", "volume": 1}, "Pair(s) not found"),
        ({"event": "editOrder", "token": "", "volume": 1}, "Pair(s) not found"),
        (order(pair=7, volume=1), invalid("pair")),
        (order(pair="A/B", volume=1), invalid("volume")),
        (order(userref=1.5), invalid("userref")),
        (order(price=True), invalid("price")),
        ({"event": "cancelOrder", "token": "", "txid": "OGTT3Y-C6I3P-XRI6HX"}, invalid("txid")),
        ({"event": "cancelOrder", "token": "", "txid": [None]}, invalid("txid")),
        ({"event": "cancelAllOrdersAfter", "token": "", "timeout": 0.5}, invalid("timeout")),
    ],
)  # fmt: skip
def test_refusals(message: Any, text: str) -> None:
    assert refused(message).text == text


@pytest.mark.parametrize(
    ("message", "told"),
    [
        # Documented and recorded envelopes.
        ("{", ['{"errorMessage":"Malformed request","event":"error"}']),
        (
            {"event": "nothing"},
            ['{"errorMessage":"Unsupported event","event":"subscriptionStatus","status":"error"}'],
        ),
        ({}, ['{"errorMessage":"Event(s) not found","event":"subscriptionStatus","status":"error"}']),
        (
            sub(**PAIR, name="book", depth=42),
            [
                '{"errorMessage":"Subscription depth not supported","event":"subscriptionStatus",'
                '"pair":"XBT/USD","status":"error","subscription":{"depth":42,"name":"book"}}'
            ],
        ),
        (
            sub(pair=["XBT/USD", "ETH/USD"], name="book", depth=42, token="x") | {"reqid": 0},
            [
                '{"errorMessage":"Subscription depth not supported","event":"subscriptionStatus",'
                f'"pair":"{pair}","reqid":0,"status":"error","subscription":{{"depth":42,"name":"book"}}}}'
                for pair in ("XBT/USD", "ETH/USD")
            ],
        ),
        (
            {"event": "addOrder", "pair": "USDC/USD", "reqid": -3},
            [
                f'{{"errorMessage":"{codec.REQID}","event":"addOrderStatus","pair":"USDC/USD","reqid":null,'
                '"status":"error"}'
            ],
        ),
        (
            {"event": "addOrder", "pair": "USDT/USD", "refid": "x"},
            [
                "{\"errorMessage\":\"Unsupported field: 'refid' for the given msg type: add order\","
                '"event":"addOrderStatus","pair":"USDT/USD","status":"error"}'
            ],
        ),
        # What the engine would say repeats no pair (recorded).
        (
            {"event": "addOrder", "pair": "USDT/USD", "token": "", "price": 1},
            ['{"errorMessage":"EGeneral:Invalid arguments:price","event":"addOrderStatus","status":"error"}'],
        ),
        (
            {"event": "ping", "x": 1, "reqid": 4},
            [f'{{"errorMessage":"{unknown("x", "ping")}","event":"error","reqid":4}}'],
        ),
    ],
)  # fmt: skip
def test_envelopes(message: Any, told: list[str]) -> None:
    assert replies(message) == told


def test_a_long_list_of_pairs_is_refused_once() -> None:
    message = {"event": "subscribe", "pair": ["A/B"] * (MAX_PAIRS + 1), "subscription": {"name": "x"}}
    assert len(replies(message)) == 1


def test_a_large_subscription_is_not_repeated() -> None:
    assert refused(sub(**PAIR, name="x" * 200)).echo == ""
    assert refused(sub(**PAIR, name="x")).echo == '{"name":"x"}'


# --- replies


def test_a_reply_has_its_keys_in_alphabetical_order() -> None:
    # Recorded 2022-12.
    told = codec.reply(
        "addOrderStatus", 5, txid='"OCI7RW-HMJJ2-WMMJBE"', descr='"buy 10.00000000 USDTUSD @ limit 0.9980"'
    )
    assert told == (
        b'{"descr":"buy 10.00000000 USDTUSD @ limit 0.9980","event":"addOrderStatus","reqid":5,"status":"ok",'
        b'"txid":"OCI7RW-HMJJ2-WMMJBE"}'
    )
    assert codec.reply("cancelOrderStatus", None) == b'{"event":"cancelOrderStatus","status":"ok"}'


# --- anything at all

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_NAMES = sorted({name for entry in EVENTS.values() for name in entry.fields} - {"event"})
_SUBSCRIPTIONS = st.dictionaries(
    st.sampled_from(sorted(codec._SUBSCRIPTION_KEYS)), _JSON | st.sampled_from(["book", "ohlc", "*"])
)
_MESSAGES = st.builds(
    lambda event, fields: {"event": event} | fields,
    st.sampled_from([*EVENTS, "x"]) | _JSON,
    st.dictionaries(st.sampled_from(_NAMES), _JSON | _SUBSCRIPTIONS, max_size=5),
)


@given(message=_MESSAGES | _JSON)
def test_whatever_is_sent_is_a_request_or_refused_in_json(message: Any) -> None:
    request = decode_request(json.dumps(message))
    if isinstance(request, Refusal):
        for text in codec.refusal(request):
            assert json.loads(text)["errorMessage"] == request.text


@given(frame=st.binary(max_size=40))
def test_bytes_are_no_exception(frame: bytes) -> None:
    assert isinstance(decode_request(frame), Request | Refusal)
