"""Engine modes of the venue and of a pair: announced, and enforced with their exact texts."""

from typing import Any

import aiohttp
import pytest

from builders import place, sell
from gateway.peer import run
from harness import LIMIT, Trader, Venue, request, subscribe
from krakenbox.model.command import SetPairStatus, SetSystemStatus
from krakenbox.model.instrument import PairStatus, SystemStatus
from live import Client, live, token

S, P = SystemStatus, PairStatus
UNAVAILABLE = "EService:Unavailable"
CANCEL_ONLY = "EService:Market in cancel_only mode"
POST_ONLY = "EService:Market in post_only mode"
LIMIT_ONLY = "EService:Market in limit_only mode"
NO_POSITION = "EOrder:Reduce only:No position exists"
IN = ""
ORDERS: dict[str, dict[str, Any]] = {
    "limit": LIMIT,
    "post-only": LIMIT | {"post_only": True},
    "market": {"symbol": "BTC/USD", "side": "buy", "order_type": "market", "order_qty": 1},
}


def said(trader: Trader, **params: Any) -> str:
    """What is said against an order; empty if it is let in."""
    told = trader.client.send(request("add_order", token=trader.token, **params)).messages()
    reply = next(message for message in told if "method" in message)
    error = reply.get("error", "")
    assert isinstance(error, str)
    return error


@pytest.mark.parametrize(
    ("command", "limit", "post", "market", "cancel"),
    [
        (SetSystemStatus(S.ONLINE), IN, IN, IN, IN),
        (SetSystemStatus(S.POST_ONLY), POST_ONLY, IN, POST_ONLY, IN),
        (SetSystemStatus(S.CANCEL_ONLY), CANCEL_ONLY, CANCEL_ONLY, CANCEL_ONLY, IN),
        (SetSystemStatus(S.MAINTENANCE), UNAVAILABLE, UNAVAILABLE, UNAVAILABLE, UNAVAILABLE),
        (SetPairStatus("BTC/USD", P.ONLINE), IN, IN, IN, IN),
        (SetPairStatus("BTC/USD", P.POST_ONLY), POST_ONLY, IN, POST_ONLY, IN),
        (SetPairStatus("BTC/USD", P.LIMIT_ONLY), IN, IN, LIMIT_ONLY, IN),
        (SetPairStatus("BTC/USD", P.CANCEL_ONLY), CANCEL_ONLY, CANCEL_ONLY, CANCEL_ONLY, IN),
        (SetPairStatus("BTC/USD", P.REDUCE_ONLY), NO_POSITION, NO_POSITION, NO_POSITION, IN),
        (SetPairStatus("BTC/USD", P.MAINTENANCE), UNAVAILABLE, UNAVAILABLE, UNAVAILABLE, IN),
        (SetPairStatus("BTC/USD", P.DELISTED), UNAVAILABLE, UNAVAILABLE, UNAVAILABLE, IN),
        (SetPairStatus("BTC/USD", P.WORK_IN_PROGRESS), UNAVAILABLE, UNAVAILABLE, UNAVAILABLE, IN),
        # Another pair's mode is its own.
        (SetPairStatus("BTC/EUR", P.MAINTENANCE), IN, IN, IN, IN),
    ],
    ids=str,
)
def test_a_mode_lets_in_what_it_may(
    command: SetSystemStatus | SetPairStatus, limit: str, post: str, market: str, cancel: str
) -> None:
    trader = Trader()
    order_id = trader.order_id()
    trader.venue.submit(command)
    trader.client.frames()
    assert {name: said(trader, **order) for name, order in ORDERS.items()} == {
        "limit": limit,
        "post-only": post,
        "market": market,
    }
    (reply,) = trader.client.send(request("cancel_order", token=trader.token, order_id=[order_id])).messages()
    assert reply.get("error", "") == cancel
    (reply,) = trader.client.send(request("cancel_all", token=trader.token)).messages()
    assert reply.get("error", "") == (UNAVAILABLE if cancel else "")


CHANGES: dict[str, tuple[str, dict[str, Any]]] = {
    "amend": ("amend_order", {"order_id": "first", "order_qty": 0.9}),
    "amend that takes": ("amend_order", {"order_id": "first", "limit_price": 20}),
    "edit": ("edit_order", {"order_id": "second", "symbol": "BTC/USD", "order_qty": 0.9}),
    "switch": ("cancel_all_orders_after", {"timeout": 60}),
    "batch_cancel": ("batch_cancel", {"orders": ["first", "second"]}),
}


@pytest.mark.parametrize(
    ("command", "amend", "taking", "edit", "cancel"),
    [
        (SetSystemStatus(S.ONLINE), IN, IN, IN, IN),
        (SetSystemStatus(S.POST_ONLY), IN, POST_ONLY, POST_ONLY, IN),
        (SetSystemStatus(S.CANCEL_ONLY), *[CANCEL_ONLY] * 3, IN),
        (SetSystemStatus(S.MAINTENANCE), *[UNAVAILABLE] * 4),
        (SetPairStatus("BTC/USD", P.POST_ONLY), IN, POST_ONLY, POST_ONLY, IN),
        (SetPairStatus("BTC/USD", P.LIMIT_ONLY), IN, IN, IN, IN),
        (SetPairStatus("BTC/USD", P.CANCEL_ONLY), *[CANCEL_ONLY] * 3, IN),
        (SetPairStatus("BTC/USD", P.REDUCE_ONLY), *[NO_POSITION] * 3, IN),
        (SetPairStatus("BTC/USD", P.MAINTENANCE), *[UNAVAILABLE] * 3, IN),
    ],
    ids=str,
)
def test_a_mode_lets_change_what_it_may(
    command: SetSystemStatus | SetPairStatus, amend: str, taking: str, edit: str, cancel: str
) -> None:
    trader = Trader(Venue([place(sell, 1, at=20, by="bob")]))
    ids = {"first": trader.order_id(), "second": trader.order_id()}
    trader.venue.submit(command)
    trader.client.frames()
    told = {}
    for name, (method, params) in CHANGES.items():
        named = {key: _resolved(value, ids) for key, value in params.items()}
        replies = trader.client.send(request(method, token=trader.token, **named)).messages()
        told[name] = next(reply for reply in replies if "method" in reply).get("error", "")
    # The dead man's switch is no order: it is set in every mode.
    assert told == dict(zip(CHANGES, (amend, taking, edit, IN, cancel), strict=True))


def _resolved(value: Any, ids: dict[str, str]) -> Any:
    return [ids[each] for each in value] if isinstance(value, list) else ids.get(value, value)


def test_in_a_batch_a_mode_refuses_each_order_by_itself() -> None:
    trader = Trader()
    trader.venue.submit(SetSystemStatus(S.POST_ONLY))
    trader.client.frames()
    order = {name: value for name, value in LIMIT.items() if name != "symbol"}
    orders = [order, order | {"post_only": True}]
    (reply,) = trader.client.send(
        request("batch_add", token=trader.token, symbol="BTC/USD", orders=orders)
    ).messages()
    assert [result.get("error", "") for result in reply["result"]] == [POST_ONLY, IN]


@pytest.mark.parametrize("status", [S.CANCEL_ONLY, S.POST_ONLY, S.MAINTENANCE, S.ONLINE])
def test_a_mode_of_the_venue_is_told_to_every_connection_and_in_its_greeting(status: S) -> None:
    venue = Venue()
    clients = [venue.greeted(host) for host in ("ws", "ws-auth", "ws-l3")]
    venue.submit(SetSystemStatus(status))
    told = [client.messages() for client in (*clients, venue.connect("ws"))]
    assert [[message["data"][0]["system"] for message in messages] for messages in told] == [[status]] * 4
    assert all(message["channel"] == "status" for messages in told for message in messages)


@pytest.mark.parametrize("status", P)
def test_a_mode_of_a_pair_is_told_on_the_instrument_channel(status: P) -> None:
    venue = Venue()
    client = venue.greeted().send(subscribe("instrument"))
    other = venue.greeted()
    client.frames()
    venue.submit(SetPairStatus("BTC/USD", status))
    (message,) = client.messages()
    assert (message["channel"], message["type"]) == ("instrument", "update")
    assert [(pair["symbol"], pair["status"]) for pair in message["data"]["pairs"]] == [("BTC/USD", status)]
    assert message["data"]["assets"] == []
    assert other.frames() == []
    *_, snapshot = venue.greeted().send(subscribe("instrument")).messages()
    pairs = {pair["symbol"]: pair["status"] for pair in snapshot["data"]["pairs"]}
    assert (pairs["BTC/USD"], pairs["BTC/EUR"]) == (status, "online")


def test_resting_orders_outlive_every_mode() -> None:
    trader = Trader()
    trader.order_id()
    for status in (*S, S.ONLINE):
        trader.venue.submit(SetSystemStatus(status))
    assert [order.terms.limit_price for order in trader.venue.orders("alice")] == [50]
    trader.client.frames()
    assert trader.error() == ""


def test_the_operator_sets_modes_and_everybody_hears_of_them() -> None:
    async def test() -> None:
        async with live() as exchange, aiohttp.ClientSession() as http:

            async def change(**body: str) -> tuple[int, dict[str, str]]:
                async with http.post(f"{exchange.http_url}/admin/status", json=body) as response:
                    return response.status, await response.json()

            watcher = await Client.connect(exchange.ws_url)
            watcher.send("subscribe", channel="instrument")
            await watcher.until(is_instrument)
            alice = await Client.connect(exchange.ws_auth_url)
            secret = await token(exchange, "alice")

            assert await change(system="cancel_only") == (200, {"system": "cancel_only"})
            assert (await watcher.receive())["data"][0]["system"] == "cancel_only"
            assert (await alice.receive())["data"][0]["system"] == "cancel_only"
            alice.send("add_order", token=secret, **LIMIT)
            assert (await alice.until("add_order"))[-1]["error"] == CANCEL_ONLY
            async with http.get(f"{exchange.http_url}/0/public/SystemStatus") as response:
                assert (await response.json())["result"]["status"] == "cancel_only"
            await change(system="online")

            told = {"symbol": "BTC/USD", "status": "limit_only"}
            assert await change(**told) == (200, told)
            (message,) = [m for m in await watcher.until(is_instrument) if is_instrument(m)]
            assert [(p["symbol"], p["status"]) for p in message["data"]["pairs"]] == [
                ("BTC/USD", "limit_only")
            ]
            alice.send("add_order", token=secret, **ORDERS["market"])
            assert (await alice.until("add_order"))[-1]["error"] == LIMIT_ONLY

    run(test())


def is_instrument(message: dict[str, Any]) -> bool:
    return message.get("channel") == "instrument"
