"""Subscriptions over v2: one reply per symbol, the recorded refusals, what a connection may have at once."""

import json
from typing import Any

import pytest

from builders import buy, place, sell
from harness import Venue, ack, kind, kinds, refusal, subscribe, unsubscribe
from krakenbox.gateway import subscriptions

PUBLIC = ("ticker", "book", "trade", "ohlc")


# --- acks


@pytest.mark.parametrize(
    ("channel", "params", "subscribed", "unsubscribed"),
    [
        (
            "ticker",
            {"event_trigger": "bbo"},
            '"channel":"ticker","event_trigger":"bbo","snapshot":true,"symbol":"BTC/USD"',
            '"channel":"ticker","event_trigger":"bbo","symbol":"BTC/USD"',
        ),
        (
            "book",
            {"depth": 25},
            '"channel":"book","depth":25,"snapshot":true,"symbol":"BTC/USD"',
            '"channel":"book","depth":25,"symbol":"BTC/USD"',
        ),
        (
            "book",
            {},
            '"channel":"book","depth":10,"snapshot":true,"symbol":"BTC/USD"',
            '"channel":"book","depth":10,"symbol":"BTC/USD"',
        ),
        (
            "trade",
            {"snapshot": True},
            '"channel":"trade","snapshot":true,"symbol":"BTC/USD"',
            '"channel":"trade","symbol":"BTC/USD"',
        ),
        (
            "ohlc",
            {"interval": 5},
            '"channel":"ohlc","interval":5,"snapshot":true,"symbol":"BTC/USD",'
            '"warnings":["timestamp is deprecated, use interval_begin"]',
            '"channel":"ohlc","interval":5,"symbol":"BTC/USD"',
        ),
    ],
)
def test_an_ack_says_what_is_used(
    channel: str, params: dict[str, Any], subscribed: str, unsubscribed: str
) -> None:
    client = Venue().greeted()
    frames = client.send(subscribe(channel, "BTC/USD", req_id=5, **params)).frames()
    assert frames[0] == ack("subscribe", subscribed, 5)
    assert kind(json.loads(frames[1])).startswith(f"{channel} snapshot")
    assert len(frames) == 2
    assert client.send(unsubscribe(channel, "BTC/USD", req_id=0, **params)).frames() == [
        ack("unsubscribe", unsubscribed, 0)
    ]


@pytest.mark.parametrize("channel", PUBLIC)
def test_without_a_snapshot_there_is_only_the_ack(channel: str) -> None:
    client = Venue().greeted().send(subscribe(channel, "BTC/USD", snapshot=False))
    assert kinds(client) == ["ack BTC/USD"]


def test_symbols_are_answered_one_by_one_in_the_order_of_the_request() -> None:
    symbols = ("ETH/BTC", "XBT/USD", "BTC/USD", "BTCUSD", "btc/usd", "ETH/BTC", "*")
    assert kinds(Venue().greeted().send(subscribe("book", *symbols))) == [
        "ack ETH/BTC",
        "Currency pair not supported XBT/USD",
        "ack BTC/USD",
        "Currency pair not in ISO 4217-A3 format BTCUSD",
        "Currency pair not supported btc/usd",
        "Already subscribed",
        "Currency pair not in ISO 4217-A3 format *",
        "book snapshot ETH/BTC",
        "book snapshot BTC/USD",
    ]


def test_the_refusals_of_a_symbol_word_for_word() -> None:
    client = Venue().greeted()
    assert client.send(subscribe("book", "XBT/USD", "BTCUSD")).frames() == [
        refusal("Currency pair not supported XBT/USD", "XBT/USD"),
        refusal("Currency pair not in ISO 4217-A3 format BTCUSD", "BTCUSD"),
    ]
    assert client.send(subscribe("book", '"{}\\/')).messages()[0]["symbol"] == '"{}\\/'


# --- at most one per channel and symbol


@pytest.mark.parametrize("channel", PUBLIC)
def test_the_same_again_is_refused_without_a_symbol_and_the_stream_goes_on(channel: str) -> None:
    venue = Venue([place(sell, 5, at=100, by="mia")])
    client = venue.greeted().send(subscribe(channel, "BTC/USD"))
    client.frames()
    assert client.send(subscribe(channel, "BTC/USD")).frames() == [refusal("Already subscribed")]
    venue.submit(place(buy, 1, at=100, by="bob"))
    assert kinds(client) in ([f"{channel} update BTC/USD"], [f"{channel} update BTC/USD"] * 2)


@pytest.mark.parametrize(
    ("channel", "first", "other", "error"),
    [
        ("book", {"depth": 10}, {"depth": 25}, "Already subscribed"),
        ("ticker", {}, {"event_trigger": "bbo"}, "Already subscribed"),
        ("ohlc", {"interval": 1}, {"interval": 5}, "Already subscribed to one ohlc interval on this symbol"),
        ("ohlc", {"interval": 1}, {"interval": 1}, "Already subscribed"),
    ],
)
def test_a_second_kind_of_the_same_symbol_is_refused(
    channel: str, first: dict[str, Any], other: dict[str, Any], error: str
) -> None:
    client = Venue().greeted().send(subscribe(channel, "BTC/USD", **first))
    client.frames()
    assert client.send(subscribe(channel, "BTC/USD", **other)).frames() == [refusal(error)]
    client.send(unsubscribe(channel, "BTC/USD", **first)).send(subscribe(channel, "BTC/USD", **other))
    assert kinds(client)[:2] == ["ack BTC/USD", "ack BTC/USD"]


def test_connections_do_not_mind_each_other() -> None:
    venue = Venue()
    for depth in (10, 10, 1000):
        assert kinds(venue.greeted().send(subscribe("book", "BTC/USD", depth=depth))) == [
            "ack BTC/USD",
            "book snapshot BTC/USD",
        ]


# --- unsubscribe


def test_what_is_not_subscribed_is_not_found_under_the_name_of_subscribe() -> None:
    client = Venue().greeted().send(subscribe("book", "BTC/USD", depth=25))
    client.frames()
    assert client.send(unsubscribe("book", "ETH/BTC", "XBT/USD", depth=25)).frames() == [
        refusal("Subscription Not Found", "ETH/BTC"),
        refusal("Subscription Not Found", "XBT/USD"),
    ]
    assert client.send(unsubscribe("trade", "BTC/USD")).frames() == [
        refusal("Subscription Not Found", "BTC/USD")
    ]
    # Without a depth it is the default one, 10.
    assert client.send(unsubscribe("book", "BTC/USD")).frames() == [
        refusal("Subscription Not Found", "BTC/USD")
    ]
    assert client.send(unsubscribe("instrument")).frames() == [refusal("Subscription Not Found")]


def test_after_unsubscribing_there_are_no_more_frames() -> None:
    venue = Venue()
    client = venue.greeted().send(subscribe("book", "BTC/USD", "ETH/BTC"))
    client.send(unsubscribe("book", "BTC/USD"))
    client.frames()
    venue.submit(place(buy, 1, at=100), place(buy, 1, at=1, symbol="ETH/BTC"))
    assert kinds(client) == ["book update ETH/BTC"]


def test_subscribing_again_brings_a_snapshot_of_the_last_change() -> None:
    venue = Venue()
    client = venue.greeted().send(subscribe("book", "BTC/USD"))
    venue.submit(place(buy, 1, at=100))
    update = client.messages()[-1]
    venue.clock.advance(5_000_000_000)
    client.send(unsubscribe("book", "BTC/USD")).send(subscribe("book", "BTC/USD"))
    snapshot = client.messages()[-1]
    assert (snapshot["type"], update["type"]) == ("snapshot", "update")
    for field in ("checksum", "timestamp"):
        assert snapshot["data"][0][field] == update["data"][0][field]


def test_frames_that_waited_go_before_the_ack() -> None:
    venue = Venue()
    client = venue.greeted().send(subscribe("book", "BTC/USD"))
    client.frames()
    for command in (place(buy, 1, at=100), place(buy, 1, at=101)):
        venue.sequencer.submit(command)
    while venue.sequencer.pending():
        venue.sequencer.drain()  # published, not flushed
    client.session.receive(json.dumps(subscribe("trade", "BTC/USD")).encode(), venue.clock.now_ns())
    assert kinds(client) == ["book update BTC/USD", "book update BTC/USD", "ack BTC/USD"]


# --- instrument and heartbeat


def test_instrument_has_one_ack_and_no_symbol() -> None:
    client = Venue().greeted()
    frames = client.send(subscribe("instrument", req_id=1)).frames()
    warnings = '"warnings":["tick_size is deprecated, use price_increment"]'
    assert frames[0] == ack("subscribe", f'"channel":"instrument","snapshot":true,{warnings}', 1)
    assert json.loads(frames[1])["data"]["pairs"][0]["symbol"] == "BTC/USD"
    assert client.send(subscribe("instrument")).frames() == [refusal("Already subscribed")]
    assert client.send(unsubscribe("instrument")).frames() == [ack("unsubscribe", '"channel":"instrument"')]
    assert client.send(subscribe("instrument", snapshot=False)).frames() == [
        ack("subscribe", f'"channel":"instrument","snapshot":false,{warnings}')
    ]


def test_a_heartbeat_subscription_is_agreed_to() -> None:
    client = Venue().greeted("ws-l3")
    for _ in range(2):
        assert client.send(subscribe("heartbeat")).frames() == [ack("subscribe", '"channel":"heartbeat"')]
    assert client.send(unsubscribe("heartbeat")).frames() == [ack("unsubscribe", '"channel":"heartbeat"')]


# --- values


@pytest.mark.parametrize(
    ("message", "error"),
    [
        (subscribe("book", "BTC/USD", depth=42), "Subscription depth not supported"),
        (subscribe("level3", "BTC/USD", depth=25), "Subscription depth not supported"),
        (subscribe("ohlc", "BTC/USD", interval=2), "Subscription ohlc interval not supported"),
        (subscribe("book"), "Symbol(s) not found"),
        (subscribe("book", symbol=[]), "Symbol(s) not found"),
        (subscribe("book", symbol="BTC/USD"), "Symbol field must be an array"),
        (subscribe("book", symbol=[1]), "Symbol field must be a string"),
        (subscribe("book", "BTC/USD", depth="10"), "Depth field must be a number_integer"),
        (subscribe("book", "BTC/USD", snapshot=1), "Snapshot field must be a boolean"),
        (
            subscribe("book", "BTC/USD", speed=1),
            "Unsupported field: 'speed' for the given msg type: subscribe",
        ),
    ],
)
def test_fields_that_cannot_be(message: dict[str, Any], error: str) -> None:
    assert kinds(Venue().greeted().send(message)) == [error]


def test_a_request_names_a_bounded_number_of_symbols() -> None:
    client = Venue().greeted()
    symbols = ["A/B"] * (subscriptions.MAX_SYMBOLS + 1)
    assert client.send(subscribe("book", *symbols)).frames() == [refusal("Exceeded msg rate")]
    assert client.send(unsubscribe("book", *symbols)).frames() == [refusal("Exceeded msg rate")]
    assert len(client.send(subscribe("book", *symbols[1:])).frames()) == subscriptions.MAX_SYMBOLS
