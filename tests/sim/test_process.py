"""One life of the process: sessions over simulated links, and what happens once its disk fails."""

import errno
import json
from typing import Any

import pytest
from msgspec.structs import replace

from krakenbox.gateway.desk import Host
from krakenbox.gateway.session import HEARTBEAT_NS
from krakenbox.model.event import Outcome
from krakenbox.sim.clients import payloads
from krakenbox.sim.faults import drawn
from krakenbox.sim.links import Link
from krakenbox.sim.stage import NAMES
from krakenbox.sim.world import World

ANN = NAMES[0]


def opened() -> World:
    """A world whose exchange is open and whose clients have not come yet."""
    world = World(replace(drawn(5, 1), faults=frozenset(), features=frozenset()))
    world.run()
    return world


def told(link: Link) -> list[Any]:
    return [json.loads(text) for frames in link.down.arrived(10**18) for text in payloads(frames)]


def order(token: str) -> bytes:
    params = {"order_type": "limit", "side": "buy", "order_qty": 1, "limit_price": 5, "symbol": "BTC/USD"}
    return json.dumps({"method": "add_order", "req_id": 1, "params": params | {"token": token}}).encode()


def test_a_connection_is_greeted_served_and_told_the_time() -> None:
    world, link = opened(), Link()
    process = world.process
    who = process.open(link, Host.WS_AUTH)
    assert [message["channel"] for message in told(link)] == ["status"]
    process.receive(who, order(process.token(ANN)))
    assert told(link) == []
    process.drain()
    assert [message["success"] for message in told(link)] == [True]
    process.receive(who, b'{"method":"subscribe","params":{"channel":"heartbeat"}}')
    world.times.world_ns += HEARTBEAT_NS
    process.pass_time()
    assert [message.get("channel") for message in told(link)] == [None, "heartbeat"]


def test_a_process_whose_disk_failed_takes_nothing_in_and_closes_private_connections() -> None:
    world, private, public = opened(), Link(), Link()
    process = world.process
    who = process.open(private, Host.WS_AUTH)
    process.open(public, Host.WS)
    world.disk.fail_appends(OSError(errno.ENOSPC, "full"))
    process.receive(who, order(process.token(ANN)))
    process.drain()
    process.receive(who, order(process.token(ANN)))
    answers = [message for message in told(private) if "method" in message]
    assert {answer["error"] for answer in answers} == {"EService:Unavailable"}
    assert process.refused == 1
    assert process.private() == [who]
    process.drop(who)
    assert (private.is_open, public.is_open) == (False, True)
    with pytest.raises(AssertionError, match="published after a failure"):
        process.sequencer.publish([Outcome(10**6, 10**20, [])])
