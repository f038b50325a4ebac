"""REST as a function: envelopes, refusals in order, nonces that are journaled before the answer leaves."""

import json
from typing import Any

import pytest

from gateway.conftest import CONFIG, PATH, SECRET, T0
from krakenbox.feeds.hub import Hub
from krakenbox.gateway.keys import ApiKey, Keyring
from krakenbox.gateway.rest import METHODS, Request, Rest
from krakenbox.gateway.restmethod import Answer
from krakenbox.gateway.tokens import Tokens
from krakenbox.model.command import SetCancelTimer, UseNonce
from krakenbox.model.event import Outcome, SystemStatusChanged
from krakenbox.model.instrument import SystemStatus
from krakenbox.model.order import AccountId
from krakenbox.protocol.rest import sign

SECOND = 1_000_000_000


def public(rest: Rest, method: str, query: str = "", body: bytes = b"") -> Any:
    answer = rest.answer(Request(address="127.0.0.1", path=f"/0/public/{method}", query=query, body=body), T0)
    assert answer.commands == ()
    return json.loads(answer.body)


def private(
    rest: Rest, key: str, nonce: str, *, body: str | None = None, now_ns: int = T0, path: str = PATH
) -> Answer:
    """A signed call, for a token and as a form unless told otherwise."""
    raw = (f"nonce={nonce}" if body is None else body).encode()
    signed = sign(SECRET, path, nonce, raw)
    return rest.answer(
        Request(address="192.0.2.1", path=path, key_id=key, signature=signed, body=raw), now_ns
    )


def refusal(answer: Answer) -> str:
    told = json.loads(answer.body)
    assert list(told) == ["error"]
    (text,) = told["error"]
    return text


def test_time(rest: Rest) -> None:
    assert public(rest, "Time") == {
        "error": [],
        "result": {"unixtime": 1688669448, "rfc1123": "Thu, 06 Jul 23 18:50:48 +0000"},
    }


def test_system_status(rest: Rest, hub: Hub) -> None:
    assert public(rest, "SystemStatus")["result"] == {"status": "online", "timestamp": "2023-07-06T18:50:48Z"}
    hub.apply(Outcome(2, T0, [SystemStatusChanged(T0, SystemStatus.CANCEL_ONLY)]))
    assert public(rest, "SystemStatus")["result"]["status"] == "cancel_only"


def test_assets_and_pairs_by_query_and_by_body(rest: Rest) -> None:
    assert len(public(rest, "Assets")["result"]) == 12
    assert list(public(rest, "Assets", "asset=XBT,ZUSD")["result"]) == ["XXBT", "ZUSD"]
    assert len(public(rest, "AssetPairs")["result"]) == 15
    assert list(public(rest, "AssetPairs", "pair=BTC%2FUSD")["result"]) == ["BTC/USD"]
    assert list(public(rest, "AssetPairs", body=b"pair=XBTUSD")["result"]) == ["XXBTZUSD"]
    assert list(public(rest, "AssetPairs", body=b'{"pair":"XBTUSD"}')["result"]) == ["XXBTZUSD"]
    assert public(rest, "AssetPairs", "aclass_base=tokenized_asset") == {"error": [], "result": {}}
    assert public(rest, "AssetPairs", "pair=XBT/USD") == {"error": ["EQuery:Unknown asset pair"]}
    assert public(rest, "Assets", "asset=DOT") == {"error": ["EQuery:Unknown asset"]}


@pytest.mark.parametrize(
    "path", ["/0/public/Nothing", "/0/public/time", "/0/private/Nothing", "/0/", "/0/Time"]
)
def test_unknown_methods(rest: Rest, path: str) -> None:
    answer = rest.answer(Request(address="127.0.0.1", path=path), T0)
    assert answer == Answer(body=b'{"error":["EGeneral:Unknown method"]}')


def test_a_token_is_told_once_its_nonce_is_durable(rest: Rest, tokens: Tokens, keyring: Keyring) -> None:
    answer = private(rest, "ALICE", "7")
    told = json.loads(answer.body)
    assert told["error"] == []
    assert told["result"]["expires"] == 900
    assert len(told["result"]["token"]) == 43
    assert tokens.open(told["result"]["token"], T0) == keyring.get("ALICE")
    assert answer.commands == (UseNonce("ALICE", 7),)
    assert answer.log == ""


@pytest.mark.parametrize(
    "body", ['{"nonce": 1695828436}', '{"nonce":"1695828436"}', ' {"nonce":1695828436,"x":{}}']
)
def test_json_bodies(rest: Rest, body: str) -> None:
    answer = private(rest, "ALICE", "1695828436", body=body)
    assert json.loads(answer.body)["error"] == []
    assert answer.commands == (UseNonce("ALICE", 1695828436),)


@pytest.mark.parametrize(
    "body", ["", "{", "nonce=", "nonce=x", '{"nonce":1.5}', '{"nonce":null}', "[1]", "\0"]
)
def test_bodies_without_a_nonce(rest: Rest, body: str) -> None:
    answer = private(rest, "ALICE", "1", body=body)
    assert refusal(answer) == "EAPI:Invalid nonce"
    assert answer.commands == ()


@pytest.mark.parametrize("body", [b"\xff", b'{"nonce":"\xff"}', b'{"nonce":' + b"[" * 100_000], ids=len)
def test_bodies_that_are_none(rest: Rest, body: bytes) -> None:
    call = Request(address="192.0.2.1", path=PATH, key_id="ALICE", body=body)
    assert refusal(rest.answer(call, T0)) == "EAPI:Invalid nonce"
    assert public(rest, "Time", body=body)["error"] == []


def test_refusals_in_order_of_precedence(rest: Rest) -> None:
    """Each request is wrong in one thing less than the one before."""
    raw = b"nonce=5"
    bad = Request(address="192.0.2.1", path=PATH, key_id="NOBODY", signature="x", body=raw)
    assert refusal(rest.answer(bad, T0)) == "EAPI:Invalid key"
    assert refusal(rest.answer(Request(address="192.0.2.1", path=PATH), T0)) == "EAPI:Invalid key"
    bad = Request(address="192.0.2.1", path=PATH, key_id="READER", signature="x", body=raw)
    assert refusal(rest.answer(bad, T0)) == "EAPI:Invalid signature"
    denied = private(rest, "READER", "5")
    assert refusal(denied) == "EGeneral:Permission denied"
    # The signature held, so the nonce is used up.
    assert denied.commands == (UseNonce("READER", 5),)
    assert refusal(private(rest, "READER", "5")) == "EAPI:Invalid nonce"


def test_a_nonce_refusal_is_logged_with_both_nonces_and_a_hint(rest: Rest) -> None:
    private(rest, "ALICE", "1000")
    answer = private(rest, "ALICE", "999")
    assert refusal(answer) == "EAPI:Invalid nonce"
    assert answer.commands == ()
    assert "999" in answer.log
    assert "1000" in answer.log
    assert "a key of its own" in answer.log


def test_calls_are_counted_per_key(rest: Rest) -> None:
    nonces = iter(range(1, 100))
    for _ in range(20):
        assert json.loads(private(rest, "ALICE", str(next(nonces))).body)["error"] == []
    over = private(rest, "ALICE", str(next(nonces)))
    assert refusal(over) == "EAPI:Rate limit exceeded"
    assert over.commands == (UseNonce("ALICE", 21),)
    assert json.loads(private(rest, "CAROL", "1").body)["error"] == []
    later = private(rest, "ALICE", str(next(nonces)), now_ns=T0 + SECOND)
    assert json.loads(later.body)["error"] == []


def test_calls_are_not_counted_without_limits(hub: Hub, keyring: Keyring, tokens: Tokens) -> None:
    rest = Rest(hub, keyring, tokens, CONFIG.fee_schedules, limited=False)
    errors = [json.loads(private(rest, "CAROL", str(nonce)).body)["error"] for nonce in range(1, 50)]
    assert errors == [[]] * 49


def test_a_key_may_be_there_before_its_account_is(rest: Rest, keyring: Keyring) -> None:
    keyring.add(ApiKey(key_id="DAVE", secret=SECRET, account="dave"))
    for nonce in range(15):
        assert json.loads(private(rest, "DAVE", str(nonce)).body)["error"] == []
    assert refusal(private(rest, "DAVE", "15")) == "EAPI:Rate limit exceeded"


SWITCH = "/0/private/CancelAllOrdersAfter"


@pytest.mark.parametrize(
    ("body", "trigger_ns", "trigger_time"),
    [
        ("nonce=1&timeout=60", T0 - T0 % SECOND + 61 * SECOND, "2023-07-06T18:51:49Z"),
        ('{"nonce":1,"timeout":60}', T0 - T0 % SECOND + 61 * SECOND, "2023-07-06T18:51:49Z"),
        ("nonce=1&timeout=0", 0, "0"),
    ],
)
def test_the_dead_mans_switch(rest: Rest, body: str, trigger_ns: int, trigger_time: str) -> None:
    answer = private(rest, "ALICE", "1", body=body, path=SWITCH)
    told = {"currentTime": "2023-07-06T18:50:49Z", "triggerTime": trigger_time}
    assert json.loads(answer.body) == {"error": [], "result": told}
    assert answer.commands == (UseNonce("ALICE", 1), SetCancelTimer(AccountId("alice"), trigger_ns))


@pytest.mark.parametrize(
    "timeout", ["", "&timeout=", "&timeout=-1", "&timeout=1.5", "&timeout=86400", "&timeout=1e3"]
)
def test_a_switch_takes_less_than_a_day(rest: Rest, timeout: str) -> None:
    answer = private(rest, "ALICE", "1", body=f"nonce=1{timeout}", path=SWITCH)
    assert refusal(answer) == "EGeneral:Invalid arguments:timeout"
    assert answer.commands == (UseNonce("ALICE", 1),)


def test_a_key_without_rights_sets_no_switch(rest: Rest) -> None:
    answer = private(rest, "READER", "1", body="nonce=1&timeout=60", path=SWITCH)
    assert refusal(answer) == "EGeneral:Permission denied"
    assert answer.commands == (UseNonce("READER", 1),)


def test_what_is_served() -> None:
    assert set(METHODS) == {
        "/0/public/Time",
        "/0/public/SystemStatus",
        "/0/public/Assets",
        "/0/public/AssetPairs",
        "/0/public/Ticker",
        "/0/public/OHLC",
        "/0/public/Depth",
        "/0/public/GroupedBook",
        "/0/public/Trades",
        "/0/public/Spread",
        "/0/public/PreTrade",
        "/0/private/GetWebSocketsToken",
        "/0/private/GetApiKeyInfo",
        "/0/private/Balance",
        "/0/private/BalanceEx",
        "/0/private/TradeBalance",
        "/0/private/TradeVolume",
        "/0/private/OpenPositions",
        "/0/private/OpenOrders",
        "/0/private/ClosedOrders",
        "/0/private/QueryOrders",
        "/0/private/OrderAmends",
        "/0/private/TradesHistory",
        "/0/private/QueryTrades",
        "/0/private/Ledgers",
        "/0/private/QueryLedgers",
        "/0/private/Level3",
        "/0/private/AddOrder",
        "/0/private/AddOrderBatch",
        "/0/private/AmendOrder",
        "/0/private/EditOrder",
        "/0/private/CancelOrder",
        "/0/private/CancelOrderBatch",
        "/0/private/CancelAll",
        "/0/private/CancelAllOrdersAfter",
    }
