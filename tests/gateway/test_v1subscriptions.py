"""Subscriptions of v1: one reply a pair, before any data; several depths; `*`; ids; the private channels."""

import json
from typing import Any

import pytest

from harness import Client, Trader, Venue
from krakenbox.gateway.desk import Api
from krakenbox.gateway.keys import Permission
from krakenbox.protocol.v1.codec import MAX_PAIRS
from v1screens import V1Trader, subscribe, unsubscribe

PUBLIC = "Public channels not available in this endpoint"
PRIVATE = "Private data and trading are unavailable on this endpoint. Try ws-auth.kraken.com"


def public(venue: Venue | None = None) -> Client:
    return (venue or Venue()).greeted("ws", Api.V1)


def kinds(client: Client) -> list[str]:
    """What each frame is: `book-10 subscribed`, an error, or `book-10 XBT/USD`."""
    return [kind(json.loads(text)) for text in client.frames()]


def kind(message: Any) -> str:
    if isinstance(message, list):
        return f"{message[-2]} {message[-1]}"
    if message["status"] == "error":
        return str(message["errorMessage"])
    return f"{message['channelName']} {message['status']}"


def test_every_pair_has_its_reply_before_the_first_snapshot() -> None:
    client = public()
    client.send(subscribe("book", "XBT/USD", "foobar", "ETH/XBT", "XBT/ABC", "BTC/USD", reqid=3))
    assert kinds(client) == [
        "book-10 subscribed",
        "Currency pair not in ISO 4217-A3 format foobar",
        "book-10 subscribed",
        "Currency pair not supported XBT/ABC",
        "Currency pair not supported BTC/USD",
        "book-10 XBT/USD",
        "book-10 ETH/XBT",
    ]


def test_a_reply_repeats_what_was_asked() -> None:
    client = public()
    assert client.send(subscribe("ohlc", "XBT/USD", interval=5, reqid=0)).frames() == [
        '{"channelID":24,"channelName":"ohlc-5","event":"subscriptionStatus","pair":"XBT/USD","reqid":0,'
        '"status":"subscribed","subscription":{"interval":5,"name":"ohlc"}}'
    ]
    assert client.send(unsubscribe("ohlc", "XBT/USD", interval=5)).frames() == [
        '{"channelID":24,"channelName":"ohlc-5","event":"subscriptionStatus","pair":"XBT/USD",'
        '"status":"unsubscribed","subscription":{"interval":5,"name":"ohlc"}}'
    ]
    assert client.send(unsubscribe("ohlc", "XBT/USD", interval=5)).frames() == [
        '{"errorMessage":"Subscription Not Found","event":"subscriptionStatus","pair":"XBT/USD",'
        '"status":"error","subscription":{"interval":5,"name":"ohlc"}}'
    ]


def test_each_depth_is_a_subscription_of_its_own() -> None:
    venue = Venue()
    client = public(venue)
    client.send(subscribe("book", "XBT/USD")).send(subscribe("book", "XBT/USD", depth=25))
    client.send(subscribe("book", "XBT/USD", depth=10))
    assert kinds(client)[-1] == "Already subscribed"
    Trader(venue).add()
    assert kinds(client) == ["book-10 XBT/USD", "book-25 XBT/USD"]
    client.send(unsubscribe("book", "XBT/USD"))
    Trader(venue).add()
    assert kinds(client) == ["book-10 unsubscribed", "book-25 XBT/USD"]


def test_an_id_ends_all_that_carry_it() -> None:
    client = public()
    client.send(subscribe("book", "XBT/USD")).send(subscribe("book", "XBT/USD", depth=1000))
    client.send(subscribe("spread", "XBT/USD")).frames()
    client.send({"event": "unsubscribe", "channelID": 16, "reqid": 2})
    assert kinds(client) == ["book-10 unsubscribed", "book-1000 unsubscribed"]
    assert client.send({"event": "unsubscribe", "channelID": 16, "reqid": 2}).frames() == [
        '{"errorMessage":"Subscription Not Found","event":"subscriptionStatus","reqid":2,"status":"error"}'
    ]


def test_a_star_is_every_channel_of_the_host() -> None:
    client = public()
    client.send(subscribe("*", "XBT/USD", depth=25))
    every = ["ticker", "ohlc-1", "trade", "spread", "book-25"]
    assert kinds(client)[:5] == [f"{name} subscribed" for name in every]
    client.send(unsubscribe("*", "XBT/USD"))
    assert sorted(kinds(client)) == sorted(f"{name} unsubscribed" for name in every)
    client.send(unsubscribe("*", "XBT/USD"))
    assert kinds(client) == ["Subscription Not Found"]


def test_a_star_with_a_token_is_both_private_channels() -> None:
    alice = V1Trader()
    frames = alice.client.send(subscribe("*", token=alice.token)).frames()
    assert [json.loads(text).get("channelName") for text in frames[::2]] == ["ownTrades", "openOrders"]
    assert frames[1::2] == ['[[],"ownTrades",{"sequence":1}]', '[[],"openOrders",{"sequence":1}]']
    alice.client.send(unsubscribe("*", token=alice.token))
    assert kinds(alice.client) == ["ownTrades unsubscribed", "openOrders unsubscribed"]


def test_public_channels_are_not_on_a_private_host_nor_private_ones_on_a_public_host() -> None:
    alice = V1Trader()
    alice.client.send(subscribe("ticker", "XBT/USD", "ETH/XBT"))
    assert kinds(alice.client) == [PUBLIC, PUBLIC]
    client = public(alice.venue)
    client.send(subscribe("openOrders", token=alice.token)).send(unsubscribe("*", token=alice.token))
    assert kinds(client) == [PRIVATE, PRIVATE]


@pytest.mark.parametrize(
    ("name", "permission"),
    [("openOrders", Permission.QUERY_OPEN_TRADES), ("ownTrades", Permission.QUERY_CLOSED_TRADES)],
)
def test_private_channels_need_a_token_and_a_permission(name: str, permission: Permission) -> None:
    alice = V1Trader()
    alice.client.send(subscribe(name)).send(subscribe(name, token="x", reqid=4))
    told = '"event":"subscriptionStatus","reqid":4,"status":"error"'
    first, second = alice.frames()
    assert "ESession:Invalid session" in first
    assert (
        second == f'{{"errorMessage":"ESession:Invalid session",{told},"subscription":{{"name":"{name}"}}}}'
    )
    bob = V1Trader(alice.venue, "bob")
    alice.venue.add_key("bob", frozenset(Permission) - {permission})
    bob.client.send(subscribe(name, token=bob.token))
    assert kinds(bob.client) == ["EAccount:Invalid permissions"]
    alice.venue.add_key("bob", frozenset({permission}))


@pytest.mark.parametrize("name", ["openOrders", "ownTrades"])
def test_private_channels_are_subscribed_once(name: str) -> None:
    alice = V1Trader()
    for message, told in (
        (unsubscribe(name, token=alice.token), "Subscription Not Found"),
        (subscribe(name, token=alice.token), f"{name} subscribed"),
        (subscribe(name, token=alice.token), "Already subscribed"),
        (unsubscribe(name, token=alice.token), f"{name} unsubscribed"),
    ):
        alice.client.send(message)
        assert kind(json.loads(alice.frames()[0])) == told


def test_too_many_pairs_at_once() -> None:
    client = public().send(subscribe("trade", *["XBT/USD"] * (MAX_PAIRS + 1), reqid=42))
    assert client.frames() == ['{"errorMessage":"Exceeded msg rate","event":"error","reqid":42}']


def test_what_was_seen_before_is_sent_before_a_reply() -> None:
    venue = Venue()
    client = public(venue)
    client.send(subscribe("spread", "XBT/USD")).frames()
    Trader(venue).add()
    client.send(unsubscribe("spread", "XBT/USD"))
    assert kinds(client) == ["spread XBT/USD", "spread unsubscribed"]
    Trader(venue).add(limit_price=6)
    assert client.frames() == []
