"""Subscriptions over v2: one reply per symbol, the recorded refusals, what a connection may have at once."""

import json
from typing import Any

import pytest
from msgspec.structs import replace

from builders import BTC_USD, buy, place, sell
from harness import Client, Venue, subscribe, unsubscribe
from krakenbox.gateway import subscriptions
from krakenbox.gateway.keys import Permission
from krakenbox.model.command import AddInstrument

TIMES = '"time_in":"2026-01-01T01:00:00.000000Z","time_out":"2026-01-01T01:00:00.000000Z"'
PUBLIC = ("ticker", "book", "trade", "ohlc")


def ack(method: str, result: str, req_id: int | None = None) -> str:
    echo = "" if req_id is None else f'"req_id":{req_id},'
    return f'{{"method":"{method}",{echo}"result":{{{result}}},"success":true,{TIMES}}}'


def refusal(error: str, symbol: str = "") -> str:
    concerned = f'"symbol":"{symbol}",' if symbol else ""
    return f'{{"error":"{error}","method":"subscribe","success":false,{concerned}{TIMES}}}'


def kinds(client: Client) -> list[str]:
    """What each frame is: `ack BTC/USD`, an error, or `book snapshot ETH/BTC`."""
    return [kind(message) for message in client.messages()]


def kind(message: dict[str, Any]) -> str:
    if "error" in message:
        return str(message["error"])
    if "method" in message:
        return f"ack {message['result'].get('symbol', '')}".strip()
    data = message["data"]
    symbol = data[0].get("symbol", "") if isinstance(data, list) and data else ""
    return f"{message['channel']} {message['type']} {symbol}".strip()


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


# --- level3


def level3(venue: Venue, account: str = "alice") -> tuple[Client, str]:
    return venue.greeted("ws-l3"), venue.token(account)


def test_level3_echoes_a_depth_that_was_sent() -> None:
    client, token = level3(Venue())
    frames = client.send(subscribe("level3", "BTC/USD", token=token)).frames()
    assert frames[0] == ack("subscribe", '"channel":"level3","snapshot":true,"symbol":"BTC/USD"')
    assert json.loads(frames[1])["type"] == "snapshot"
    assert client.send(unsubscribe("level3", "BTC/USD", depth=10, token=token)).frames() == [
        ack("unsubscribe", '"channel":"level3","depth":10,"symbol":"BTC/USD"')
    ]


def test_level3_has_one_depth_per_symbol() -> None:
    client, token = level3(Venue())
    client.send(subscribe("level3", "BTC/USD", depth=100, token=token)).frames()
    for depth in (100, 10):
        assert client.send(subscribe("level3", "BTC/USD", depth=depth, token=token)).frames() == [
            refusal("Already subscribed")
        ]


@pytest.mark.parametrize(("account", "served"), [("alice", 5), ("bob", 2), ("carol", 2), ("mia", 5)])
def test_level3_subscriptions_are_counted_per_account_and_second(account: str, served: int) -> None:
    venue = Venue()
    symbols = ["BTC/USD", "ETH/BTC", "BTC/EUR", "EUR/USD", "DOGE/USD"]
    for _ in range(2):
        client, token = level3(venue, account)
        ask = subscribe("level3", *symbols, depth=1000, snapshot=False, token=token)
        expected = [f"ack {symbol}" for symbol in symbols[:served]]
        assert kinds(client.send(ask)) == expected + ["Exceeded msg rate"] * (5 - served)
        venue.pass_time(1_000_000_000)


def test_level3_counts_all_connections_of_an_account_together() -> None:
    venue = Venue()
    (first, token), (second, _) = level3(venue, "bob"), level3(venue, "bob")
    assert kinds(first.send(subscribe("level3", "BTC/USD", depth=1000, snapshot=False, token=token))) == [
        "ack BTC/USD"
    ]
    ask = subscribe("level3", "BTC/USD", "ETH/BTC", depth=1000, snapshot=False, token=token)
    assert kinds(second.send(ask)) == ["ack BTC/USD", "Exceeded msg rate"]


def test_a_connection_sees_200_symbols_of_level3() -> None:
    names = [f"T{number:03}/USD" for number in range(201)]
    listed = [AddInstrument(replace(BTC_USD, symbol=name)) for name in names]
    client, token = level3(Venue(listed), "mia")
    answers = kinds(client.send(subscribe("level3", *names, snapshot=False, token=token)))
    assert answers == [f"ack {name}" for name in names[:200]] + ["Exceeded symbol limit"]
    client.send(unsubscribe("level3", names[0], token=token)).send(
        subscribe("level3", names[200], snapshot=False, token=token)
    )
    assert kinds(client) == [f"ack {names[0]}", f"ack {names[200]}"]


# --- private channels


@pytest.mark.parametrize("channel", ["executions", "balances", "level3"])
@pytest.mark.parametrize("token", [{}, {"token": ""}, {"token": "wrong"}])
@pytest.mark.parametrize("method", [subscribe, unsubscribe])
def test_a_missing_token_is_as_bad_as_a_wrong_one(channel: str, token: dict[str, str], method: Any) -> None:
    symbols = ["BTC/USD"] if channel == "level3" else []
    assert Venue().greeted("ws-auth").send(method(channel, *symbols, req_id=2, **token)).frames() == [
        f'{{"channel":"{channel}","error":"ESession:Invalid session","method":"subscribe","req_id":2,'
        f'"status":"error","success":false,{TIMES}}}'
    ]


@pytest.mark.parametrize(
    ("account", "told"),
    [
        ("alice", '"maxratecount":180,'),
        ("bob", '"maxratecount":125,'),
        ("carol", '"maxratecount":60,'),
        ("mia", ""),
    ],
)
def test_the_ack_of_executions_tells_the_threshold_of_the_tier(account: str, told: str) -> None:
    venue = Venue()
    client = venue.greeted("ws-auth").send(subscribe("executions", token=venue.token(account)))
    acked, snapshot = client.frames()
    assert acked.startswith(
        f'{{"method":"subscribe","result":{{"channel":"executions",{told}'
        '"snap_orders":true,"snap_trades":false,"snapshot":true,"warnings":["cancel_reason'
    )
    assert snapshot == '{"channel":"executions","type":"snapshot","data":[],"sequence":1}'


@pytest.mark.parametrize(
    ("options", "snapshot"),
    [
        ({}, ["new"]),
        ({"snap_trades": True}, ["new", "trade"]),
        ({"snap_orders": False, "snap_trades": True}, ["trade"]),
        ({"snap_orders": False}, None),
        ({"snapshot": False}, None),
        ({"snapshot": False, "snap_trades": True}, None),
        ({"snapshot_trades": True}, ["trade"]),
        ({"users": "all"}, None),
    ],
)
def test_what_is_in_the_snapshot_of_executions(options: dict[str, Any], snapshot: list[str] | None) -> None:
    venue = Venue([place(sell, 1, at=100, by="bob"), place(buy, 1, at=100), place(buy, 1, at=90)])
    client = venue.greeted("ws-auth").send(subscribe("executions", token=venue.token("alice"), **options))
    _, *frames = client.messages()
    assert [[row["exec_type"] for row in frame["data"]] for frame in frames] == (
        [] if snapshot is None else [snapshot]
    )


def test_private_channels_come_once_per_connection_and_count_apart() -> None:
    venue = Venue()
    client, token = venue.greeted("ws-auth"), venue.token("alice")
    for channel in ("executions", "balances"):
        client.send(subscribe(channel, token=token))
        assert client.messages()[-1]["sequence"] == 1
        assert client.send(subscribe(channel, token=token)).frames() == [refusal("Already subscribed")]
    venue.submit(place(sell, 1, at=100, by="bob"), place(buy, 1, at=100))
    private = [(message["channel"], message["sequence"]) for message in client.messages()]
    assert private == [("executions", n) for n in (2, 3, 4)] + [
        ("balances", 2),
        ("balances", 3),
        ("executions", 5),
    ]


@pytest.mark.parametrize("channel", ["executions", "balances"])
def test_private_channels_end(channel: str) -> None:
    venue = Venue()
    client, token = venue.greeted("ws-auth"), venue.token("alice")
    client.send(subscribe(channel, token=token)).frames()
    assert client.send(unsubscribe(channel, token=token)).frames() == [
        ack("unsubscribe", f'"channel":"{channel}"')
    ]
    assert client.send(unsubscribe(channel, token=token)).frames() == [refusal("Subscription Not Found")]
    venue.submit(place(sell, 1, at=100, by="bob"), place(buy, 1, at=100))
    assert client.frames() == []


@pytest.mark.parametrize(
    ("message", "needs"),
    [
        (subscribe("executions"), {Permission.QUERY_OPEN_TRADES}),
        (
            subscribe("executions", snap_trades=True),
            {Permission.QUERY_OPEN_TRADES, Permission.QUERY_CLOSED_TRADES},
        ),
        (subscribe("balances"), {Permission.QUERY_FUNDS}),
        (subscribe("level3", "BTC/USD"), set()),
    ],
)
def test_what_a_key_must_be_allowed(message: dict[str, Any], needs: set[Permission]) -> None:
    venue = Venue()
    client = venue.greeted("ws-auth")
    for lacking in needs:
        venue.add_key("bob", frozenset(Permission) - {lacking})
        message["params"]["token"] = venue.token("bob")
        assert client.send(message).frames() == [refusal("EGeneral:Permission denied")]
    venue.add_key("bob", frozenset(needs))
    message["params"]["token"] = venue.token("bob")
    assert kinds(client.send(message))[0].startswith("ack")


def test_a_connection_that_is_gone_leaves_nothing_behind() -> None:
    venue = Venue()
    client, token = venue.greeted("ws-auth"), venue.token("alice")
    client.send(subscribe("executions", token=token)).send(subscribe("level3", BTC_USD.symbol, token=token))
    client.hang_up()
    venue.submit(place(buy, 1, at=100))
    assert venue.hub.dirty() == []
    assert venue.hub.take_private() == []
