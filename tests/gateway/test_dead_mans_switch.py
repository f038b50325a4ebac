"""The dead man's switch from end to end: what it announces is when it fires, to the nanosecond."""

import json
from typing import Any

import pytest

from builders import SECOND_NS, buy, place
from harness import NOW_NS, Client, Trader, Venue, subscribe
from krakenbox.gateway.keys import Permission
from krakenbox.protocol.timestamp import parse

REASON = "Cancel all orders after"
SECOND = "2026-01-01T01:00:00Z"
HOUR_NS = 3_600 * SECOND_NS


def at(venue: Venue, time_ns: int) -> Venue:
    """Let the clock jump; what is due is done."""
    venue.clock.step_to(time_ns)
    venue.sequencer.tick()
    venue.settle()
    return venue


def switch(trader: Trader, timeout: int) -> dict[str, Any]:
    """Set the switch; its answer."""
    (reply,) = trader.ask("cancel_all_orders_after", timeout=timeout)
    result: dict[str, Any] = json.loads(reply)["result"]
    return result


def armed(trader: Trader, timeout: int) -> int:
    """Arm the switch; when it says that it will fire."""
    return parse(switch(trader, timeout)["triggerTime"])


def listener(trader: Trader) -> Client:
    """Another connection that hears of alice's orders."""
    client = trader.venue.greeted("ws-auth")
    client.send(subscribe("executions", token=trader.token, snap_orders=False)).frames()
    return client


def rows(client: Client) -> list[dict[str, Any]]:
    return [row for told in client.messages() for row in told.get("data", ()) if "exec_type" in row]


# The first two are recorded, here on another day.
@pytest.mark.parametrize(
    ("time_in", "timeout", "current", "trigger"),
    [
        ("01T15:49:28.627900", 100, "01T15:49:29", "01T15:51:09"),
        ("01T19:22:19.975239", 5, "01T19:22:20", "01T19:22:25"),
        ("01T01:00:00.000000", 60, "01T01:00:00", "01T01:01:00"),
        ("01T01:00:00.000001", 60, "01T01:00:01", "01T01:01:01"),
        ("01T23:59:59.400000", 1, "02T00:00:00", "02T00:00:01"),
    ],
)
def test_it_is_announced_as_recorded(time_in: str, timeout: int, current: str, trigger: str) -> None:
    venue = Venue()
    venue.clock.step_to(parse(f"2026-01-{time_in}Z"))
    (reply,) = Trader(venue).ask("cancel_all_orders_after", 7, timeout=timeout)
    assert reply == (
        '{"method":"cancel_all_orders_after","req_id":7,"result":'
        f'{{"currentTime":"2026-01-{current}Z","triggerTime":"2026-01-{trigger}Z"}},'
        f'"success":true,"time_in":"2026-01-{time_in}Z","time_out":"2026-01-{time_in}Z"}}'
    )


@pytest.mark.parametrize("fraction_ns", [0, 1, 999, 400_000_000, 627_900_000, 999_999_999])
@pytest.mark.parametrize("timeout", [1, 5, 59, 86_399])
def test_it_fires_neither_early_nor_late(fraction_ns: int, timeout: int) -> None:
    venue = Venue()
    venue.clock.step_to(NOW_NS + fraction_ns)
    trader = Trader(venue)
    heard = listener(trader)
    ids = [trader.order_id(), trader.order_id(side="sell", limit_price=9)]
    due_ns = armed(trader, timeout)
    assert due_ns == NOW_NS + (SECOND_NS if fraction_ns else 0) + timeout * SECOND_NS
    assert venue.exchange.next_deadline() == due_ns
    rows(heard)

    at(venue, due_ns - 1)
    assert (rows(heard), len(venue.orders("alice"))) == ([], 2)

    at(venue, due_ns)
    ended = rows(heard)
    assert [(row["order_id"], row["exec_type"], row["reason"]) for row in ended] == [
        (order_id, "canceled", REASON) for order_id in ids
    ]
    assert {parse(row["timestamp"]) for row in ended} == {due_ns}
    assert (venue.orders("alice"), venue.exchange.next_deadline()) == ([], None)


def test_the_row_it_makes() -> None:
    trader = Trader()
    heard = listener(trader)
    order_id = trader.order_id(order_userref=3)
    due_ns = armed(trader, 60)
    heard.frames()
    at(trader.venue, due_ns)
    assert heard.frames() == [
        '{"channel":"executions","type":"update","data":[{"timestamp":"2026-01-01T01:01:00.000000Z",'
        '"order_status":"canceled","exec_type":"canceled","cum_qty":0.00000000,"cum_cost":0.00000,'
        f'"fee_usd_equiv":0.00000,"avg_price":0.0,"order_userref":3,"cancel_reason":"{REASON}",'
        f'"reason":"{REASON}","order_id":"{order_id}"}}],"sequence":3}}'
    ]


def test_it_is_put_off_by_every_request() -> None:
    trader = Trader()
    trader.add()
    for minute in range(4):
        at(trader.venue, NOW_NS + minute * 30 * SECOND_NS)
        assert armed(trader, 60) == NOW_NS + (minute * 30 + 60) * SECOND_NS
    at(trader.venue, NOW_NS + 150 * SECOND_NS - 1)
    assert len(trader.venue.orders("alice")) == 1
    at(trader.venue, NOW_NS + 150 * SECOND_NS)
    assert trader.venue.orders("alice") == []


def test_it_is_brought_forward_too() -> None:
    trader = Trader()
    trader.add()
    armed(trader, 600)
    assert armed(trader, 1) == NOW_NS + SECOND_NS
    at(trader.venue, NOW_NS + SECOND_NS)
    assert trader.venue.orders("alice") == []


def test_it_is_disarmed_and_disarming_what_is_off_is_no_error() -> None:
    trader = Trader()
    trader.add()
    armed(trader, 60)
    for _ in range(2):
        assert switch(trader, 0) == {"currentTime": SECOND, "triggerTime": "0"}
    assert trader.venue.exchange.next_deadline() is None
    at(trader.venue, NOW_NS + HOUR_NS)
    assert len(trader.venue.orders("alice")) == 1


def test_having_fired_it_is_off() -> None:
    trader = Trader()
    trader.add()
    at(trader.venue, armed(trader, 60))
    trader.add()
    at(trader.venue, NOW_NS + HOUR_NS // 10)
    assert len(trader.venue.orders("alice")) == 1
    assert armed(trader, 60) == NOW_NS + HOUR_NS // 10 + 60 * SECOND_NS


def test_a_refused_request_neither_arms_nor_puts_off() -> None:
    trader = Trader()
    trader.add()
    due_ns = armed(trader, 60)
    for timeout in (-1, 86_400, "60", 1.5, None):
        trader.ask("cancel_all_orders_after", timeout=timeout)
    assert trader.venue.exchange.next_deadline() == due_ns


def test_it_fires_while_nobody_is_connected_and_whoever_comes_back_is_shown_what_is_left() -> None:
    trader = Trader()
    trader.add()
    due_ns = armed(trader, 60)
    trader.client.hang_up()
    at(trader.venue, due_ns)
    again = trader.venue.greeted("ws-auth")
    _, snapshot = again.send(subscribe("executions", token=trader.token)).messages()
    assert snapshot == {"channel": "executions", "type": "snapshot", "data": [], "sequence": 1}


def test_it_needs_neither_the_token_nor_the_key_that_armed_it() -> None:
    trader = Trader()
    trader.add()
    due_ns = armed(trader, 1_000)  # a token lives 900 s
    trader.venue.add_key("alice", frozenset())
    trader.client.hang_up()
    at(trader.venue, due_ns)
    assert trader.venue.orders("alice") == []


def test_it_is_the_accounts_whatever_the_connection() -> None:
    first = Trader()
    second = Trader(first.venue)
    bob = Trader(first.venue, "bob")
    for trader in (first, second, bob):
        trader.add()
    armed(first, 60)
    assert armed(bob, 61) == NOW_NS + 61 * SECOND_NS
    assert armed(second, 90) == NOW_NS + 90 * SECOND_NS
    second.client.hang_up()  # the connection that armed it last

    at(first.venue, NOW_NS + 60 * SECOND_NS)
    assert (len(first.venue.orders("alice")), len(first.venue.orders("bob"))) == (2, 1)
    at(first.venue, NOW_NS + 61 * SECOND_NS)
    assert (len(first.venue.orders("alice")), len(first.venue.orders("bob"))) == (2, 0)
    at(first.venue, NOW_NS + 90 * SECOND_NS)
    assert first.venue.orders("alice") == []


def test_what_comes_after_its_time_is_not_its() -> None:
    """The clock passes the time unnoticed, and the next request is an order: it comes after the switch."""
    trader = Trader()
    trader.add()
    due_ns = armed(trader, 60)
    heard = listener(trader)
    trader.venue.clock.step_to(due_ns + 250_000_000)
    order_id = trader.order_id()
    told = [(row["exec_type"], parse(row["timestamp"]) - due_ns) for row in rows(heard)]
    assert told == [("canceled", 0), ("pending_new", 250_000_000), ("new", 250_000_000)]
    assert [order.order_id for order in trader.venue.orders("alice")] == [order_id]


def test_it_takes_what_sleeps_and_what_has_not_begun() -> None:
    trader = Trader(Venue([place(buy, 1, at=5, by="bob")]))
    trader.ask(
        "add_order",
        symbol="BTC/USD",
        side="sell",
        order_type="stop-loss",
        order_qty=1,
        triggers={"price": 4},
    )
    trader.add(effective_time="2026-01-01T02:00:00Z")
    trader.add(time_in_force="gtd", expire_time="2026-01-01T02:00:00Z", cl_ord_id="mine")
    assert len(trader.venue.orders("alice")) == 3
    at(trader.venue, armed(trader, 60))
    account = trader.venue.exchange.venue.accounts[trader.venue.orders("bob")[0].account]
    assert (trader.venue.orders("alice"), len(account.orders)) == ([], 1)
    # Nothing is left to wait for, and the name is free again.
    assert trader.venue.exchange.next_deadline() is None
    assert trader.add(cl_ord_id="mine")["success"] is True


@pytest.mark.parametrize("permission", [Permission.MODIFY_TRADES, Permission.CLOSE_TRADES])
def test_either_right_arms_it(permission: Permission) -> None:
    venue = Venue()
    venue.add_key("alice", frozenset((permission,)))
    assert armed(Trader(venue), 60) == NOW_NS + 60 * SECOND_NS
