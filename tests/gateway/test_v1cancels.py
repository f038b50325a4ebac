"""`cancelOrder`, `cancelAll` and `cancelAllOrdersAfter` of v1."""

from typing import Any

import pytest

from v1screens import V1Trader

OK = '{"event":"cancelOrderStatus","status":"ok"}'
UNKNOWN = '{"errorMessage":"EOrder:Unknown order","event":"cancelOrderStatus","status":"error"}'
SECOND = 1_000_000_000


def test_every_order_named_has_a_reply_of_its_own_in_the_order_of_the_request() -> None:
    alice = V1Trader()
    first, second = alice.add()["txid"], alice.add()["txid"]
    alice.add(cl_ord_id="mine")
    told = alice.ask("cancelOrder", txid=[second, "OABCDE-ABCDE-ABCDEF", first], cl_ord_id=["mine"])
    assert told == [OK, UNKNOWN, OK, OK]
    assert alice.venue.orders("alice") == []


def test_a_userref_cancels_all_that_carry_it() -> None:
    alice = V1Trader()
    for userref in ("7", "8", "7"):
        alice.add(userref=userref)
    assert (
        alice.ask("cancelOrder", txid=["7"], reqid=1234)
        == ['{"event":"cancelOrderStatus","reqid":1234,"status":"ok"}'] * 2
    )
    assert [order.terms.userref for order in alice.venue.orders("alice")] == [8]
    assert alice.ask("cancelOrder", txid=[8]) == [OK]


@pytest.mark.parametrize("fields", [{}, {"txid": []}, {"txid": ["O"] * 1001}, {"txid": "O"}, {"txid": [{}]}])
def test_what_names_no_orders_is_refused(fields: dict[str, Any]) -> None:
    assert V1Trader().ask("cancelOrder", **fields) == [
        '{"errorMessage":"EGeneral:Invalid arguments:txid","event":"cancelOrderStatus","status":"error"}'
    ]


def test_cancel_all_counts() -> None:
    alice = V1Trader()
    alice.add()
    alice.add()
    assert alice.ask("cancelAll", reqid=0) == [
        '{"count":2,"event":"cancelAllStatus","reqid":0,"status":"ok"}'
    ]
    assert alice.ask("cancelAll") == ['{"count":0,"event":"cancelAllStatus","status":"ok"}']


def test_the_switch_tells_when_it_fires_and_that_it_is_off() -> None:
    alice = V1Trader()
    assert alice.ask("cancelAllOrdersAfter", timeout=60, reqid=1608543428050) == [
        '{"currentTime":"2026-01-01T01:00:00Z","event":"cancelAllOrdersAfterStatus","reqid":1608543428050,'
        '"status":"ok","triggerTime":"2026-01-01T01:01:00Z"}'
    ]
    assert alice.ask("cancelAllOrdersAfter", timeout="0") == [
        '{"currentTime":"2026-01-01T01:00:00Z","event":"cancelAllOrdersAfterStatus","status":"ok","triggerTime":"0"}'
    ]


def test_the_switch_cancels() -> None:
    alice = V1Trader()
    alice.add()
    alice.ask("cancelAllOrdersAfter", timeout=5)
    alice.venue.pass_time(6 * SECOND)
    assert alice.venue.orders("alice") == []


@pytest.mark.parametrize("timeout", [None, -1, 86_400, "x", "", 1.5])
def test_timeouts_that_are_none(timeout: Any) -> None:
    reply = V1Trader().reply("cancelAllOrdersAfter", timeout=timeout)
    assert reply["errorMessage"] == "EGeneral:Invalid arguments:timeout"
