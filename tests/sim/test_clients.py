"""Clients: what they are told must fit what they asked for and what was published."""

import json
from typing import Any

import pytest
from msgspec.structs import replace

from krakenbox.gateway.desk import Host
from krakenbox.model.order import AccountId, OrderId
from krakenbox.protocol.framing import text_frame
from krakenbox.sim.chronicle import Chronicle
from krakenbox.sim.clients import Trader, payloads
from krakenbox.sim.faults import Feature, drawn
from krakenbox.sim.links import Link
from krakenbox.sim.stage import Prices
from krakenbox.sim.world import World

PLAN = replace(drawn(1, 10), features=frozenset(Feature), clients=1)
ANN = AccountId("ann")


def trader() -> Trader:
    """Ann on a connection that was greeted."""
    client = Trader(PLAN, ANN, Chronicle(), Prices(PLAN))
    client.connected(Link(), client.who, "token")
    client.receive(frame(channel="status", type="update", data=[]))
    return client


def frame(**message: Any) -> bytes:
    return text_frame(json.dumps(message).encode())


def reply(client: Trader, method: str, result: Any) -> bytes:
    client.ask(method, {}, 0)
    return frame(method=method, req_id=max(client.in_flight), success=True, result=result)


def test_frames_of_any_length_are_taken_apart() -> None:
    texts = [b"", b"a" * 125, b"b" * 126, b"c" * 70_000]
    assert list(payloads(b"".join(map(text_frame, texts)))) == texts


def test_a_client_sends_what_it_asks_and_remembers_it_until_it_is_answered() -> None:
    client = trader()
    client.ask("ping", {}, 0)
    assert [json.loads(text)["method"] for text in client.link.up.arrived(0)] == ["ping"]
    assert client.in_flight == {1: "ping"}
    client.receive(frame(method="pong", req_id=1, success=False, error="EGeneral:Invalid arguments"))
    assert (client.in_flight, client.answers, client.refusals) == ({}, 1, 1)


@pytest.mark.parametrize(
    ("method", "result", "why"),
    [
        ("add_order", {"order_id": "O1"}, "it is of None"),
        ("batch_add", [{"error": "no"}, {"order_id": "O1"}], "it is of None"),
        ("amend_order", {"amend_id": "T1", "order_id": "O1"}, "never happened"),
        ("cancel_order", {"order_id": "O1"}, "lives"),
    ],
)
def test_an_ack_of_what_was_never_published_is_found(method: str, result: Any, why: str) -> None:
    client = trader()
    with pytest.raises(AssertionError, match=why):
        client.receive(reply(client, method, result))


def test_a_row_that_was_never_published_is_found() -> None:
    client = trader()
    row = {"exec_type": "pending_new", "order_id": "O1"}
    with pytest.raises(AssertionError, match="which nobody entered"):
        client.receive(frame(channel="executions", type="update", data=[row], sequence=1))


def test_a_message_left_out_is_found() -> None:
    client = trader()
    with pytest.raises(AssertionError, match="expected executions 1"):
        client.receive(frame(channel="executions", type="update", data=[], sequence=2))


def test_an_ack_of_what_happened_is_believed() -> None:
    client = trader()
    client._chronicle.accepted[OrderId("O1")] = ANN
    client.receive(reply(client, "add_order", {"order_id": "O1"}))
    assert client.in_flight == {}


def test_a_client_whose_token_came_too_late_wants_another_connection() -> None:
    client = trader()
    client.ask("add_order", {}, 0)
    client.receive(frame(method="add_order", req_id=1, success=False, error="ESession:Invalid session"))
    assert client.weary


def test_watchers_keep_books_as_they_are() -> None:
    plan = replace(PLAN, faults=frozenset(), symbols=2, steps=60)
    world = World(plan)
    world.run()
    books = {client.host: (len(client.books), len(client.queues)) for client in world.clients}
    assert books == {Host.WS_AUTH: (0, 0), Host.WS: (2, 0), Host.WS_L3: (0, 2)}
