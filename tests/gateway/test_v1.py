"""One connection of v1: greeting, ping, heartbeats, idle close, hosts, tokens, precedence, and anything."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import CONNECTION_ID, LIMIT, Client, Trader, Venue, request
from harness import subscribe as subscribe_v2
from krakenbox.gateway.desk import Api, Origin
from krakenbox.gateway.flight import MAX_IN_FLIGHT
from krakenbox.gateway.keys import Permission
from krakenbox.gateway.pulse import IDLE_CLOSE
from krakenbox.gateway.v1 import TRADING
from krakenbox.model.command import SetSystemStatus
from krakenbox.model.event import Outcome, Rejected
from krakenbox.model.instrument import SystemStatus
from krakenbox.model.order import AccountId
from krakenbox.model.reject import Reject
from krakenbox.protocol.v1.methods import EVENTS
from v1screens import ORDER, V1Trader, subscribe, unsubscribe

SECOND = 1_000_000_000
HEARTBEAT = '{"event":"heartbeat"}'
ELSEWHERE = "Private data and trading are unavailable on this endpoint. Try ws-auth.kraken.com"


def status(mode: str, connection_id: str = "") -> str:
    return (
        f'{{"event":"systemStatus","version":"1.9.6","status":"{mode}",{connection_id}'
        '"upcoming_maintenance":[],"emergency":[]}'
    )


GREETING = status("online", f'"connectionID":{CONNECTION_ID},')


def public(venue: Venue | None = None) -> Client:
    return (venue or Venue()).greeted("ws", Api.V1)


# --- connection


@pytest.mark.parametrize("host", ["ws", "ws-auth", "beta-ws", "beta-ws-auth"])
def test_the_first_frame_greets_on_every_host(host: str) -> None:
    client = Venue().connect(host, Api.V1)
    assert client.frames() == [GREETING]
    assert client.send({"event": "ping", "reqid": 42}).frames() == ['{"event":"pong","reqid":42}']
    assert client.send('{ "event" : "ping" }').frames() == ['{"event":"pong"}']


def test_a_change_of_the_engine_mode_reaches_everyone_in_the_words_of_their_api() -> None:
    venue = Venue()
    old, new = public(venue), venue.greeted("ws")
    venue.submit(SetSystemStatus(SystemStatus.POST_ONLY))
    assert old.frames() == [status("post_only")]
    assert '"channel":"status"' in new.frames()[0]
    old.hang_up()
    venue.submit(SetSystemStatus(SystemStatus.ONLINE))
    assert venue.connect("ws", Api.V1).frames() == [GREETING]


def test_heartbeats_need_a_subscription_and_pay_no_heed_to_traffic() -> None:
    venue = Venue()
    client = public(venue)
    client.send(subscribe("trade", "A/B")).frames()
    venue.pass_time(3 * SECOND)
    assert client.frames() == []
    client.send(subscribe("trade", "XBT/USD")).frames()
    venue.pass_time(3 * SECOND)
    assert client.frames() == [HEARTBEAT] * 3
    client.send(unsubscribe("trade", "XBT/USD")).frames()
    venue.pass_time(SECOND)
    assert client.frames() == [HEARTBEAT]


def test_a_private_subscription_beats_too() -> None:
    alice = V1Trader()
    alice.listen("openOrders")
    alice.venue.pass_time(2 * SECOND)
    assert alice.frames() == [HEARTBEAT] * 2


def test_who_neither_asks_nor_listens_for_a_minute_is_closed() -> None:
    venue = Venue()
    idle, asks, listens = public(venue), public(venue), public(venue)
    listens.send(subscribe("spread", "XBT/USD"))
    venue.pass_time(59 * SECOND)
    asks.send({"event": "ping"})
    venue.pass_time(SECOND)
    assert [each.session.closing for each in (idle, asks, listens)] == [IDLE_CLOSE, None, None]


# --- precedence: each request would also break every rule below its own


def test_the_first_rule_broken_is_the_one_that_is_told() -> None:
    alice = V1Trader()
    venue = alice.venue
    wrong = {"pair": "XBT/ABC", "volume": "0", "price": "1.23", "ordertype": "limit", "type": "buy"}
    reader = venue.token("bob")
    venue.add_key("bob", frozenset({Permission.QUERY_FUNDS}))
    steps: list[tuple[dict[str, Any], str]] = [
        ({"reqid": -1, "refid": "x"}, "Unsupported field: 'refid' for the given msg type: add order"),
        (
            {"reqid": -1, "refid": None},
            "Reqid field must be a positive integer less than 18446744073709551616",
        ),
        ({"reqid": 1, "pair": None}, "Pair(s) not found"),
        ({"pair": 7, "price": True}, "EGeneral:Invalid arguments:price"),
        ({"pair": "foobar", "price": "1.23"}, "Currency pair not in ISO 4217-A3 format foobar"),
        ({"pair": "XBT/ABC"}, "Currency pair not supported XBT/ABC"),
        ({"pair": "XBT/USD", "ordertype": "iceberg"}, "EGeneral:Invalid arguments:ordertype"),
        ({"ordertype": "limit"}, "EGeneral:Invalid arguments:volume"),
        ({"volume": "0.00000001", "deadline": "2026-01-01T00:00:00Z"}, "EService:Deadline elapsed"),
        ({"deadline": None, "token": "nonsense"}, "ESession:Invalid session"),
        ({"token": reader}, "EAccount:Invalid permissions"),
        ({"token": alice.token}, "EOrder:Tick size check failed"),
        ({"price": "1.2"}, "EOrder:Order minimum not met"),
    ]
    message = {"event": "addOrder", "token": "nonsense"} | wrong
    on_public = public(venue).send(message | {"reqid": 3})
    assert json.loads(on_public.frames()[0])["errorMessage"] == ELSEWHERE
    for change, text in steps:
        message = {name: value for name, value in (message | change).items() if value is not None}
        (reply,) = alice.client.send(message).frames()
        assert json.loads(reply)["errorMessage"] == text
        assert json.loads(reply)["event"] == "addOrderStatus"


@pytest.mark.parametrize("event", sorted(TRADING))
def test_nothing_is_traded_on_a_public_host(event: str) -> None:
    told = f'{{"errorMessage":"{ELSEWHERE}","event":"{event}Status","reqid":5,"status":"error"}}'
    assert public().send({"event": event, "token": "", "reqid": 5}).frames() == [told]
    assert public().send({"event": event, "x": "", "reqid": 5}).frames() == [told]


@pytest.mark.parametrize("event", sorted(TRADING))
def test_every_method_refuses_a_wrong_token_and_a_missing_permission(event: str) -> None:
    fields: dict[str, dict[str, Any]] = {
        "addOrder": ORDER,
        "editOrder": {"orderid": "O", "pair": "XBT/USD"},
        "amendOrder": {"txid": "O", "volume": "1"},
        "cancelOrder": {"txid": ["O"]},
        "cancelAllOrdersAfter": {"timeout": 0},
    }
    alice = V1Trader()
    reader = V1Trader(alice.venue, "bob")
    alice.venue.add_key("bob", frozenset({Permission.QUERY_FUNDS}))
    given = {"event": event, **fields.get(event, {})}
    texts = []
    for token in ("nonsense", reader.token):
        (text,) = reader.client.send(given | {"token": token}).frames()
        texts.append(json.loads(text)["errorMessage"])
    assert texts == ["ESession:Invalid session", "EAccount:Invalid permissions"]


def test_a_lost_command_is_answered() -> None:
    alice = V1Trader()
    message = {"event": "cancelAll", "token": alice.token, "reqid": 8}
    alice.client.session.receive(json.dumps(message).encode(), alice.venue.clock.now_ns())
    origin = Origin(alice.client.who, "cancelAll", 8, alice.venue.clock.now_ns())
    refused = Rejected(0, AccountId("alice"), Reject.UNAVAILABLE)
    alice.client.session.complete(Outcome(0, 0, [refused], origin), alice.venue.clock.now_ns())
    assert alice.frames() == [
        '{"errorMessage":"EService:Unavailable","event":"cancelAllStatus","reqid":8,"status":"error"}'
    ]


def test_too_many_commands_at_once() -> None:
    alice = V1Trader()
    for _ in range(2):
        txids = [str(number) for number in range(600)]
        alice.client.session.receive(
            json.dumps({"event": "cancelOrder", "token": alice.token, "txid": txids, "reqid": 42}).encode(),
            alice.venue.clock.now_ns(),
        )
    assert alice.frames() == ['{"errorMessage":"Exceeded msg rate","event":"error","reqid":42}']
    assert MAX_IN_FLIGHT < 1200
    alice.venue.settle()
    assert len(alice.frames()) == 600


# --- both APIs, one exchange


def test_an_order_placed_on_v1_is_seen_on_v2_at_once_and_the_other_way_round() -> None:
    venue = Venue()
    old, new = V1Trader(venue), Trader(venue)
    new.client.send(subscribe_v2("executions", token=new.token)).frames()
    txid = old.add(price="7")["txid"]
    told = new.client.messages()
    assert [row["order_id"] for message in told for row in message["data"]] == [txid, txid]
    old.listen("openOrders")
    new.client.send(request("add_order", token=new.token, **LIMIT))
    pending, _ = (json.loads(text)[0] for text in old.frames())
    (order_id,) = pending[0]
    told, *_ = old.ask("cancelOrder", txid=[order_id])
    assert '"status":"ok"' in told
    assert [order.order_id for order in venue.orders("alice")] == [txid]


_JSON = (
    st.none() | st.booleans() | st.integers(-3, 2**70) | st.text(max_size=6) | st.lists(st.text(max_size=6))
)
_FIELDS = sorted({name for entry in EVENTS.values() for name in entry.fields} - {"event", "token"})
_SOUND = st.sampled_from(
    ["XBT/USD", "buy", "limit", "stop-loss-limit", "1", "+1%", "-2", "#3", "GTD", "true", "post"]
)


@given(
    messages=st.lists(
        st.tuples(st.sampled_from(sorted(EVENTS)), st.dictionaries(st.sampled_from(_FIELDS), _SOUND | _JSON)),
        max_size=4,
    ),
    raw=st.binary(max_size=20),
    private=st.booleans(),
)
def test_whatever_a_peer_sends_is_answered_in_json(
    messages: list[tuple[str, dict[str, Any]]], raw: bytes, private: bool
) -> None:
    alice = V1Trader()
    client = alice.client if private else public(alice.venue)
    client.send(raw)
    assert client.frames() == ['{"errorMessage":"Malformed request","event":"error"}'] or raw.startswith(b"{")
    for event, fields in messages:
        client.send({"event": event, "token": alice.token} | fields)
        frames = client.frames()
        assert frames
        assert all(isinstance(json.loads(text), dict | list) for text in frames)
