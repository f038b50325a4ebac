"""Subscriptions that need a token: level3 and its bounds, executions, balances."""

import json
from typing import Any

import pytest
from msgspec.structs import replace

from builders import BTC_USD, buy, place, sell
from harness import LIMIT, TIMES, Client, Trader, Venue, ack, kinds, refusal, request, subscribe, unsubscribe
from krakenbox.gateway.keys import Permission
from krakenbox.model.command import AddInstrument

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
    acked, *frames = client.messages()
    # Recorded acks repeat what the venue uses.
    told = acked["result"]
    assert (told["snap_orders"], told["snap_trades"]) == (
        "new" in (snapshot or []),
        "trade" in (snapshot or []),
    )
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


def test_a_key_may_be_there_before_its_account_is() -> None:
    venue = Venue()
    venue.add_key("dave")
    client, token = venue.greeted("ws-auth"), venue.token("dave")
    client.send(subscribe("level3", "BTC/USD", token=token)).send(subscribe("executions", token=token))
    assert kinds(client) == ["ack BTC/USD", "level3 snapshot BTC/USD", "ack", "executions snapshot"]
    (reply,) = client.send(request("add_order", token=token, **LIMIT)).messages()
    assert reply["error"] == "EGeneral:Permission denied"


def test_rows_tell_the_trading_counter_to_whom_asked_for_it() -> None:
    trader = Trader(account="carol")
    (acked, _) = trader.client.send(subscribe("executions", token=trader.token, ratecounter=True)).messages()
    assert acked["result"]["maxratecount"] == 60
    other = trader.venue.greeted("ws-auth").send(subscribe("executions", token=trader.venue.token("carol")))
    other.frames()
    reply, *rows = map(json.loads, trader.ask("add_order", **LIMIT))
    rows += map(json.loads, trader.ask("cancel_order", order_id=[reply["result"]["order_id"]])[1:])
    # 1 for the order and 8 for its cancel, while time stands still.
    assert [row["data"][0]["ratecount"] for row in rows] == [1, 1, 9]
    assert ["ratecount" in frame for frame in other.frames()] == [False] * 3
