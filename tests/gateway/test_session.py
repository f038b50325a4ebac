"""One connection: greeting, ping, heartbeat, idle close, hosts, tokens, and whatever a peer may throw."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import CONNECTION_ID, TIMES, Client, Venue, request, subscribe, unsubscribe
from krakenbox.gateway.desk import Host
from krakenbox.gateway.session import IDLE_CLOSE
from krakenbox.model.command import SetSystemStatus
from krakenbox.model.instrument import SystemStatus
from krakenbox.protocol.v2.methods import CHANNELS, METHODS

SECOND = 1_000_000_000
HEARTBEAT = '{"channel":"heartbeat"}'
PRIVATE = "Private data and trading are unavailable on this endpoint. Try ws-auth.kraken.com"
PUBLIC = "Public market data subscriptions are unavailable on this endpoint. Try ws.kraken.com"


def status(mode: str) -> str:
    return (
        f'{{"channel":"status","type":"update","data":[{{"version":"2.0.10","system":"{mode}","api_version":"v2",'
        f'"connection_id":{CONNECTION_ID},"upcoming_maintenance":[],"emergency":[]}}]}}'
    )


def errors(client: Client) -> list[str]:
    return [message.get("error", "") for message in client.messages()]


# --- greeting and status


def test_the_first_frame_is_the_status() -> None:
    assert Venue().connect().frames() == [status("online")]


def test_a_change_of_the_engine_mode_reaches_everyone() -> None:
    venue = Venue()
    public, private = venue.greeted("ws"), venue.greeted("ws-auth")
    venue.submit(SetSystemStatus(SystemStatus.CANCEL_ONLY))
    assert public.frames() == private.frames() == [status("cancel_only")]
    assert venue.connect().frames() == [status("cancel_only")]


# --- ping


@pytest.mark.parametrize("host", list(Host))
def test_ping_is_answered_on_every_host(host: Host) -> None:
    client = Venue().greeted(host)
    assert client.send('{"method":"ping","req_id":0}').frames() == [f'{{"method":"pong","req_id":0,{TIMES}}}']
    assert client.send('{"method":"ping"}').frames() == [f'{{"method":"pong",{TIMES}}}']


def test_ping_takes_no_params() -> None:
    assert Venue().greeted().send('{"method":"ping","params":{},"req_id":0}').frames() == [
        '{"error":"Unsupported field: \'params\' for the given msg type: ping","method":"ping",'
        f'"req_id":0,"success":false,{TIMES}}}'
    ]


# --- heartbeat


def test_no_heartbeat_before_the_first_subscribe() -> None:
    venue = Venue()
    client = venue.greeted().send('{"method":"ping"}')
    client.frames()
    venue.pass_time(5 * SECOND)
    assert client.frames() == []


@pytest.mark.parametrize(
    "message",
    [
        subscribe("trade", "BTC/USD"),
        subscribe("trade", "XBT/USD"),
        subscribe("executions"),
        subscribe("nothing"),
        unsubscribe("trade", "BTC/USD"),
        subscribe("heartbeat"),
    ],
)
def test_one_heartbeat_a_second_from_the_first_subscribe_on(message: dict[str, Any]) -> None:
    venue = Venue()
    client = venue.greeted().send(message)
    client.frames()
    venue.pass_time(3 * SECOND)
    assert client.frames() == [HEARTBEAT] * 3


def test_heartbeats_keep_the_phase_of_the_connection() -> None:
    venue = Venue()
    client = venue.greeted()
    venue.clock.advance(700_000_000)
    client.send(subscribe("trade", "BTC/USD")).frames()
    beats = []
    for tenth in range(40):
        venue.clock.advance(100_000_000)
        client.session.on_time(venue.clock.now_ns())
        if client.frames():
            beats.append(tenth)
    # The connection is 0.7 s old at the start and 0.1 s more after step 0; a beat may come 0.1 s early.
    assert beats == [1, 11, 21, 31]


def test_a_late_clock_brings_one_heartbeat_not_many() -> None:
    venue = Venue()
    client = venue.greeted().send(subscribe("trade", "BTC/USD"))
    client.frames()
    venue.clock.advance(5 * SECOND + 300_000_000)
    client.session.on_time(venue.clock.now_ns())
    assert client.frames() == [HEARTBEAT]
    venue.clock.advance(700_000_000)
    client.session.on_time(venue.clock.now_ns())
    assert client.frames() == [HEARTBEAT]


def test_heartbeats_go_on_after_the_last_unsubscribe() -> None:
    venue = Venue()
    client = venue.greeted().send(subscribe("trade", "BTC/USD")).send(unsubscribe("trade", "BTC/USD"))
    client.frames()
    venue.pass_time(2 * SECOND)
    assert client.frames() == [HEARTBEAT] * 2


# --- idle


def test_an_idle_connection_is_closed_after_a_minute() -> None:
    venue = Venue()
    client = venue.greeted()
    venue.pass_time(59 * SECOND)
    assert client.session.closing is None
    venue.pass_time(SECOND)
    assert client.session.closing == IDLE_CLOSE == (1001, "idle")


@pytest.mark.parametrize("message", ['{"method":"ping"}', "no request at all"])
def test_any_message_keeps_a_connection(message: str) -> None:
    venue = Venue()
    client = venue.greeted()
    for _ in range(3):
        venue.pass_time(59 * SECOND)
        client.send(message)
    assert client.session.closing is None


@pytest.mark.parametrize("channel", ["trade", "instrument", "executions", "balances", "level3"])
def test_any_subscription_keeps_a_connection_until_it_ends(channel: str) -> None:
    venue = Venue()
    listed = ["BTC/USD"] if channel in ("trade", "level3") else []
    params = {} if channel in ("trade", "instrument") else {"token": venue.token("alice")}
    client = venue.greeted("ws-auth" if params else "ws")
    client.send(subscribe(channel, *listed, **params))
    venue.pass_time(300 * SECOND)
    assert client.session.closing is None
    client.send(unsubscribe(channel, *listed, **params))
    venue.pass_time(59 * SECOND)
    assert client.session.closing is None
    venue.pass_time(SECOND)
    assert client.session.closing == IDLE_CLOSE


# --- hosts

SYMBOL_CHANNELS = ("ticker", "book", "trade", "ohlc", "level3")
SERVED = {
    "ws": ("ticker", "book", "trade", "ohlc", "instrument"),
    "ws-auth": ("level3", "executions", "balances"),
    "ws-l3": ("level3",),
    "beta-ws": ("ticker", "book", "trade", "ohlc", "instrument"),
    "beta-ws-auth": ("level3", "executions", "balances"),
}


@pytest.mark.parametrize("channel", [name for name in CHANNELS if name != "heartbeat"])
@pytest.mark.parametrize("host", list(SERVED))
@pytest.mark.parametrize("method", [subscribe, unsubscribe])
def test_each_channel_is_served_where_it_belongs(host: str, channel: str, method: Any) -> None:
    venue = Venue()
    private = channel in ("level3", "executions", "balances")
    params = {"token": venue.token("alice")} if private else {}
    symbols = ["BTC/USD"] if channel in SYMBOL_CHANNELS else []
    answers = errors(venue.greeted(host).send(method(channel, *symbols, **params)))
    if channel in SERVED[host]:
        assert answers[0] == ("" if method is subscribe else "Subscription Not Found")
    else:
        assert answers == [PRIVATE if private else PUBLIC]


def test_the_refusal_of_a_host_word_for_word() -> None:
    assert Venue().greeted().send(subscribe("executions", req_id=3)).frames() == [
        f'{{"error":"{PRIVATE}","method":"subscribe","req_id":3,"success":false,{TIMES}}}'
    ]


@pytest.mark.parametrize("host", ["ws", "beta-ws", "ws-l3"])
@pytest.mark.parametrize("method", sorted(METHODS.keys() - {"ping", "subscribe", "unsubscribe"}))
def test_nobody_trades_on_a_public_host_whatever_the_arguments(host: str, method: str) -> None:
    client = Venue().greeted(host)
    for message in (request(method, 1), request(method, 1, token=7), {"method": method, "req_id": 1}):
        assert client.send(message).frames() == [
            f'{{"error":"{PRIVATE}","method":"{method}","req_id":1,"success":false,{TIMES}}}'
        ]


# --- what is no request


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ("", "Malformed request"),
        ("{", "Malformed request"),
        ("[]", "Malformed request"),
        ('"ping"', "Malformed request"),
        ("NaN", "Malformed request"),
        ('{"method":"ping"}}', "Malformed request"),
        (b'{"method":"ping\xff"}', "Malformed request"),
        ("[" * 100_000, "Malformed request"),
        ('{"a":' * 50_000, "Malformed request"),
        ('{"method":"' + "x" * 1_000_000 + '"}', "Unsupported event"),
        ("{}", "Method(s) not found"),
        ('{"event":"ping"}', "Method(s) not found"),
        ('{"method":"bing"}', "Unsupported event"),
        ('{"method":"subscribe"}', "Params(s) not found"),
        ('{"method":"subscribe","params":{}}', "Channel(s) not found"),
        ('{"method":"subscribe","params":{"channel":"spread"}}', "Unsupported event"),
        ('{"method":"subscribe","params":{"channel":"status"}}', "Unsupported event"),
    ],
)
def test_what_is_no_request_is_answered_and_the_connection_kept(message: str | bytes, error: str) -> None:
    client = Venue().greeted()
    assert errors(client.send(message)) == [error]
    assert client.session.closing is None
    assert client.send('{"method":"ping"}').messages()[0]["method"] == "pong"


# --- tokens


def test_a_token_lasts_as_long_as_the_connection_that_used_it() -> None:
    venue = Venue()
    token = venue.token("alice")
    early = venue.greeted("ws-auth").send(request("cancel_all", token=token))
    assert errors(early) == [""]
    venue.pass_time(901 * SECOND)
    late = venue.greeted("ws-auth")
    assert errors(early.send(request("cancel_all", token=token)))[-1] == ""
    assert errors(late.send(request("cancel_all", token=token))) == ["ESession:Invalid session"]


def test_a_connection_remembers_a_bounded_number_of_tokens() -> None:
    venue = Venue()
    client = venue.greeted("ws-auth")
    tokens = [venue.token("alice") for _ in range(17)]
    for token in tokens:
        client.send(request("cancel_all", token=token))
    venue.pass_time(901 * SECOND)
    client.frames()
    for token in tokens:
        client.send(request("cancel_all", token=token))
    assert errors(client) == ["ESession:Invalid session"] + [""] * 16


# --- the exchange fails


def test_when_the_journal_fails_requests_are_unavailable() -> None:
    venue = Venue()
    client = venue.greeted("ws-auth")
    venue.storage.fail_syncs(OSError("disk gone"))
    token = venue.token("alice")
    client.send(request("cancel_all", 1, token=token))
    assert client.frames() == []  # it may be lost or not: nobody is told either
    client.send(request("cancel_all", 2, token=token))
    assert client.frames() == [
        f'{{"error":"EService:Unavailable","method":"cancel_all","req_id":2,"success":false,{TIMES}}}'
    ]


# --- everything repeats


def test_the_same_messages_give_the_same_bytes_whatever_the_batch() -> None:
    def run(batch_limit: int) -> list[str]:
        venue = Venue(batch_limit=batch_limit)
        token = venue.token("alice")
        public, private = venue.greeted("ws"), venue.greeted("ws-auth")
        public.send(subscribe("book", "BTC/USD"))
        private.send(subscribe("executions", token=token))
        names = [f"order {number}" for number in range(9)]
        for name in names:
            terms = {
                "symbol": "BTC/USD",
                "side": "buy",
                "order_type": "limit",
                "order_qty": 1,
                "limit_price": 5,
            }
            private.send(request("add_order", token=token, cl_ord_id=name, **terms))
        private.send(request("cancel_order", token=token, cl_ord_id=names))
        return public.frames() + private.frames()

    assert run(1) == run(256)


# --- fuzz

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["BTC/USD", "XBT/USD", "", "buy", "limit", "gtd", "2026-01-01T01:00:30Z", "O" * 19]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)
FIELDS = sorted(
    {name for entry in (*METHODS.values(), *CHANNELS.values()) for name in entry.params.__struct_fields__}
)
PLAUSIBLE: dict[str, Any] = {
    "symbol": ["BTC/USD"],
    "channel": "book",
    "order_type": "limit",
    "side": "buy",
    "order_qty": 1,
    "limit_price": 5,
    "orders": [],
    "timeout": 5,
    "order_id": ["OAAAAA-BBBBB-CCCCCC"],
}


@st.composite
def requests(draw: st.DrawFn) -> str:
    """Nearly a request: a real method with its own fields, some of them with values of another kind."""
    method = draw(st.sampled_from(sorted(METHODS)))
    names = draw(st.lists(st.sampled_from([*FIELDS, "channel"]), max_size=6))
    params = {name: draw(VALUES) for name in names}
    if draw(st.booleans()):
        params |= {name: PLAUSIBLE[name] for name in PLAUSIBLE if name not in params and draw(st.booleans())}
        params["channel"] = draw(st.sampled_from(sorted(CHANNELS)))
        if method not in ("subscribe", "unsubscribe"):
            del params["channel"]
            params["symbol"] = draw(st.sampled_from(["BTC/USD", "ETH/BTC"]))
    message = {"method": method, "params": params}
    if draw(st.booleans()):
        message["req_id"] = draw(VALUES)
    text = json.dumps(message)
    return text.replace("NaN", "1e400") if draw(st.booleans()) else text


MESSAGES = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")),
    VALUES.map(lambda value: json.dumps(value).encode()),
    requests().map(str.encode),
)


@given(
    messages=st.lists(MESSAGES, min_size=1, max_size=8),
    host=st.sampled_from(list(Host)),
    with_token=st.booleans(),
)
def test_whatever_is_sent_each_message_is_answered(
    messages: list[bytes], host: Host, with_token: bool
) -> None:
    venue = Venue()
    token = venue.token("alice").encode()
    client = venue.greeted(host)
    params = b'"params": {"token": "%b", ' % token if with_token else b'"params": {'
    for message in messages:
        client.send(message.replace(b'"params": {', params, 1))
        answers = client.messages()
        assert answers, message
        assert all(type(answer) is dict for answer in answers)
    assert client.session.closing is None
    client.send('{"method":"ping"}')
    assert [answer["method"] for answer in client.messages() if "method" in answer] == ["pong"]
