"""New orders by REST: answers, refusals of the engine, permissions; then the whole way over HTTP."""

import json
from urllib.parse import urlencode

import aiohttp
import pytest

from gateway.peer import run
from gateway.restcaller import BTC, LIMIT, Caller, Fields, of
from harness import NOW_NS, Trader
from krakenbox.gateway.keys import Permission
from krakenbox.model.command import PlaceOrder, PlaceOrders, SetSystemStatus, UseNonce
from krakenbox.model.instrument import SystemStatus
from krakenbox.model.order import PriceType, Trigger
from krakenbox.protocol.rest import sign
from live import Client, live, token

SECOND = 1_000_000_000

# --- AddOrder


@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.parametrize("pair", ["BTCUSD", "BTC/USD"])
def test_an_order_is_entered(pair: str, as_json: bool) -> None:
    caller = Caller()
    told = caller.call("AddOrder", LIMIT | {"pair": pair}, as_json)
    (order,) = caller.venue.orders("alice")
    assert told == {
        "error": [],
        "result": {"txid": [order.order_id], "descr": {"order": "buy 1.00000000 BTCUSD @ limit 5.0"}},
    }
    assert caller.resting() == ["buy 1 5"]


def test_a_plus_of_a_form_is_escaped() -> None:
    caller = Caller()
    assert urlencode({"price": "+5%"}) == "price=%2B5%25"
    told = caller.call("AddOrder", BTC | of("trailing-stop", price="+5%"), as_json=False)
    assert told["error"] == ["EOrder:Invalid price"], "nothing was traded yet, so nothing to trail"
    command = caller.venue.last_command()
    assert isinstance(command, PlaceOrder)
    assert command.terms.trigger == Trigger(5_000_000, PriceType.PCT)


def test_its_close_order_is_described() -> None:
    caller = Caller()
    told = caller.add(**LIMIT, close={"ordertype": "stop-loss-limit", "price": "4", "price2": "3"})
    (order,) = caller.venue.orders("alice")
    assert told["result"] == {
        "txid": [order.order_id],
        "descr": {
            "order": "buy 1.00000000 BTCUSD @ limit 5.0",
            "close": "close position @ stop loss 4.0 -> limit 3.0",
        },
    }


@pytest.mark.parametrize("validate", [True, "true", "True", "1"])
def test_what_is_only_validated_has_no_id(validate: object) -> None:
    caller = Caller()
    told = caller.add(**LIMIT, validate=validate)
    assert told == {"error": [], "result": {"descr": {"order": "buy 1.00000000 BTCUSD @ limit 5.0"}}}
    assert caller.resting() == []


def test_the_answer_is_of_the_order_not_of_what_its_fills_enter() -> None:
    caller = Caller()
    Trader(caller.venue, "bob").add(side="sell", limit_price=6)
    told = caller.add(**of("limit", "buy", price="6", close={"ordertype": "limit", "price": "7"}))
    (txid,) = told["result"]["txid"]
    (closing,) = caller.venue.orders("alice")
    assert closing.parent_id == txid
    assert caller.resting() == ["sell 1 7"]


def test_a_deadline_of_its_own() -> None:
    caller = Caller()
    caller.add(**LIMIT, deadline="2026-01-01T01:00:02Z")
    command = caller.venue.last_command()
    assert isinstance(command, PlaceOrder)
    assert command.deadline_ns == NOW_NS + 2 * SECOND


def test_orders_do_not_count_as_calls() -> None:
    caller = Caller()
    for _ in range(40):
        assert caller.add(**LIMIT)["error"] == []
    for _ in range(20):
        assert caller.call("GetWebSocketsToken", {})["error"] == []
    assert caller.call("GetWebSocketsToken", {})["error"] == ["EAPI:Rate limit exceeded"]
    assert caller.add(**LIMIT)["error"] == []


# --- AddOrderBatch


def test_a_batch_is_entered_in_its_order() -> None:
    caller = Caller()
    close = {"ordertype": "take-profit", "price": "7"}
    told = caller.batch(LIMIT, LIMIT | {"price": "4", "close": close})
    first, second = caller.venue.orders("alice")
    assert told == {
        "error": [],
        "result": {
            "orders": [
                {"txid": first.order_id, "descr": {"order": "buy 1.00000000 BTCUSD @ limit 5.0"}},
                {
                    "txid": second.order_id,
                    "descr": {"order": "buy 1.00000000 BTCUSD @ limit 4.0"},
                    "close": "close position @ take profit 7.0",
                },
            ]
        },
    }
    assert caller.resting() == ["buy 1 5", "buy 1 4"]


def test_a_batch_as_a_form() -> None:
    caller = Caller()
    orders = [LIMIT, LIMIT | {"price": "4", "close[ordertype]": "limit", "close[price]": "6"}]
    form = {
        f"orders[{index}][{name.replace('[', '][').rstrip(']')}]": value
        for index, order in enumerate(orders)
        for name, value in order.items()
    }
    assert "orders[1][close][price]" in form
    told = caller.call("AddOrderBatch", BTC | form, as_json=False)
    assert [row["descr"]["order"] for row in told["result"]["orders"]] == [
        "buy 1.00000000 BTCUSD @ limit 5.0",
        "buy 1.00000000 BTCUSD @ limit 4.0",
    ]
    assert told["result"]["orders"][1]["close"] == "close position @ limit 6.0"
    assert caller.resting() == ["buy 1 5", "buy 1 4"]


def test_an_order_the_engine_refuses_has_its_error_in_its_place() -> None:
    caller = Caller()
    told = caller.batch(LIMIT, LIMIT | {"volume": "90000000"}, LIMIT | {"price": "4"})
    rows = told["result"]["orders"]
    assert told["error"] == []
    assert rows[1] == {"error": "EOrder:Insufficient funds"}
    assert [row.get("txid") for row in (rows[0], rows[2])] == [
        order.order_id for order in caller.venue.orders("alice")
    ]
    refused = caller.batch(*[LIMIT | {"volume": "90000000"}] * 2)
    assert refused["result"]["orders"] == [{"error": "EOrder:Insufficient funds"}] * 2


def test_a_batch_that_is_only_validated() -> None:
    caller = Caller()
    told = caller.batch(LIMIT, LIMIT, validate=True)
    descr = {"order": "buy 1.00000000 BTCUSD @ limit 5.0"}
    assert told["result"] == {"orders": [{"descr": descr}, {"descr": descr}]}
    command = caller.venue.last_command()
    assert isinstance(command, PlaceOrders)
    assert command.validate
    assert caller.resting() == []


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"orders": []}, "EGeneral:Invalid arguments:orders"),
        ({"orders": "[]"}, "EGeneral:Invalid arguments:orders"),
        ({"orders": [LIMIT]}, "EGeneral:Invalid arguments:orders"),
        ({"orders": [LIMIT] * 16}, "EGeneral:Invalid arguments:orders"),
        ({"orders": [LIMIT, {}]}, "EGeneral:Invalid arguments:orders"),
        ({"orders": [LIMIT, "x"]}, "EGeneral:Invalid arguments:orders"),
        ({"orders": [LIMIT, LIMIT], "pair": ""}, "EGeneral:Invalid arguments:pair"),
        ({"orders": [LIMIT, LIMIT], "pair": "X"}, "EQuery:Unknown asset pair"),
        ({"orders": [LIMIT, LIMIT | {"type": "x"}]}, "EGeneral:Invalid arguments:type"),
        ({"orders": [LIMIT, LIMIT | {"price": "5.55"}]}, "EOrder:Tick size check failed"),
        ({"orders": [LIMIT, LIMIT], "deadline": "x"}, "EGeneral:Invalid arguments:deadline"),
    ],
)
def test_a_batch_that_is_refused_as_a_whole(fields: Fields, error: str) -> None:
    caller = Caller()
    assert caller.call("AddOrderBatch", BTC | fields) == {"error": [error]}
    assert isinstance(caller.venue.last_command(), UseNonce)


@pytest.mark.parametrize("method", ["AddOrder", "AddOrderBatch"])
def test_a_mode_of_the_venue(method: str) -> None:
    caller = Caller()
    caller.venue.submit(SetSystemStatus(SystemStatus.CANCEL_ONLY))
    told = caller.call(method, BTC | LIMIT | {"orders": [LIMIT, LIMIT]})
    error = "EService:Market in cancel_only mode"
    assert told["error"] == [error] or told["result"] == {"orders": [{"error": error}] * 2}


def test_a_batch_the_counter_refuses() -> None:
    caller = Caller()
    while caller.batch(*[LIMIT] * 15)["error"] == []:
        assert len(caller.resting()) < 400
    assert caller.batch(*[LIMIT] * 15) == {"error": ["EOrder:Rate limit exceeded"]}


# --- permissions

P = Permission


@pytest.mark.parametrize(
    ("permissions", "adds", "batches"),
    [
        ((P.MODIFY_TRADES, P.CLOSE_TRADES), True, True),
        ((P.MODIFY_TRADES,), True, False),
        ((P.CLOSE_TRADES,), False, False),
        ((P.QUERY_FUNDS,), False, False),
    ],
)
def test_permissions(permissions: tuple[Permission, ...], adds: bool, batches: bool) -> None:
    caller = Caller(*permissions)
    denied = {"error": ["EGeneral:Permission denied"]}
    assert (caller.add(**LIMIT) != denied) is adds
    assert (caller.batch(LIMIT, LIMIT) != denied) is batches
    assert len(caller.resting()) == adds + 2 * batches


# --- over HTTP


def test_a_signed_batch_shows_on_the_private_stream() -> None:
    async def test() -> None:
        async with live() as exchange, aiohttp.ClientSession() as http:
            alice = await Client.connect(exchange.ws_auth_url)
            alice.send("subscribe", channel="executions", token=await token(exchange, "alice"))
            await alice.until(lambda message: message.get("channel") == "executions")
            access = exchange.accounts["alice"]
            orders = [LIMIT | {"price": "5000"}, LIMIT | {"price": "4000"}]
            path, nonce = "/0/private/AddOrderBatch", str(2**40)
            body = json.dumps({"nonce": nonce, "pair": "XBTUSD", "orders": orders})
            headers = {
                "API-Key": access.api_key,
                "API-Sign": sign(access.api_secret, path, nonce, body.encode()),
                "Content-Type": "application/json",
            }
            async with http.post(exchange.http_url + path, data=body, headers=headers) as response:
                assert response.status == 200
                told = await response.json()
            assert [row["descr"]["order"] for row in told["result"]["orders"]] == [
                "buy 1.00000000 XBTUSD @ limit 5000.0",
                "buy 1.00000000 XBTUSD @ limit 4000.0",
            ]
            shown = []
            while len(shown) < 2:
                message = await alice.receive()
                if message.get("channel") == "executions":
                    shown += [row["order_id"] for row in message["data"] if row["exec_type"] == "new"]
            assert shown == [row["txid"] for row in told["result"]["orders"]]
            async with http.post(exchange.http_url + path, data=body, headers=headers) as response:
                assert await response.json() == {"error": ["EAPI:Invalid nonce"]}

    run(test())
