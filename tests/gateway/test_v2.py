"""Order entry over v2: refusals in order of precedence, and the replies to what the venue did."""

import json
from typing import Any

import pytest

from builders import buy, deposit, place, sell
from harness import Client, Venue, request, subscribe
from krakenbox.gateway import v2
from krakenbox.gateway.keys import Permission
from krakenbox.model.command import CancelAll, CancelOrder, PlaceOrder, SetSystemStatus
from krakenbox.model.instrument import SystemStatus
from krakenbox.protocol.v2.methods import METHODS, Coverage

TIMES = '"time_in":"2026-01-01T01:00:00.000000Z","time_out":"2026-01-01T01:00:00.000000Z"'
LIMIT = {"symbol": "BTC/USD", "side": "buy", "order_type": "limit", "order_qty": 1, "limit_price": 5}
MARKET = {"symbol": "BTC/USD", "side": "buy", "order_type": "market", "order_qty": 1}
READ_ONLY = frozenset((Permission.QUERY_FUNDS, Permission.QUERY_OPEN_TRADES))


class Trader:
    """Alice on a private connection of her own."""

    def __init__(self, venue: Venue | None = None, account: str = "alice") -> None:
        self.venue = venue or Venue()
        self.token = self.venue.token(account)
        self.client: Client = self.venue.greeted("ws-auth")

    def ask(self, method: str, req_id: int | None = None, **params: Any) -> list[str]:
        """Send a request with the token; the frames it brings."""
        return self.client.send(request(method, req_id, token=self.token, **params)).frames()

    def add(self, **changes: Any) -> dict[str, Any]:
        """Add a limit order; its one reply."""
        (reply,) = self.ask("add_order", **(LIMIT | changes))
        decoded: dict[str, Any] = json.loads(reply)
        return decoded

    def order_id(self, **changes: Any) -> str:
        """Add a limit order; its id."""
        order_id = self.add(**changes)["result"]["order_id"]
        assert isinstance(order_id, str)
        return order_id

    def error(self, **changes: Any) -> str:
        """Add a limit order; what is said against it."""
        error = self.add(**changes).get("error", "")
        assert isinstance(error, str)
        return error


# --- add_order


def test_an_order_is_acknowledged_with_its_id() -> None:
    trader = Trader()
    (ack,) = trader.ask("add_order", 7, **LIMIT)
    order_id = json.loads(ack)["result"]["order_id"]
    assert ack == (
        f'{{"method":"add_order","req_id":7,"result":{{"order_id":"{order_id}"}},"success":true,{TIMES}}}'
    )
    assert [order.order_id for order in trader.venue.orders("alice")] == [order_id]


@pytest.mark.parametrize(
    ("given", "echoed"),
    [
        ({}, ""),
        ({"cl_ord_id": 'my "first"'}, ',"cl_ord_id":"my \\"first\\""'),
        ({"order_userref": 0}, ',"order_userref":0'),
        ({"order_userref": -5}, ',"order_userref":-5'),
    ],
)
def test_the_ack_repeats_what_the_client_called_the_order(given: dict[str, Any], echoed: str) -> None:
    (ack,) = Trader().ask("add_order", **LIMIT, **given)
    assert ack.startswith('{"method":"add_order","result":{"order_id":"O')
    assert ack.endswith(f'"{echoed}}},"success":true,{TIMES}}}')


def test_validate_enters_nothing() -> None:
    trader = Trader()
    assert trader.ask("add_order", **LIMIT, validate=True, cl_ord_id="a") == [
        f'{{"method":"add_order","result":{{"cl_ord_id":"a"}},"success":true,{TIMES}}}'
    ]
    assert trader.ask("add_order", **LIMIT, validate=True) == [
        f'{{"method":"add_order","result":{{}},"success":true,{TIMES}}}'
    ]
    assert trader.error(validate=True, order_qty=9_000_000) == "EOrder:Insufficient funds"
    assert trader.venue.orders("alice") == []


def test_the_ack_comes_before_the_rows_it_causes() -> None:
    trader = Trader()
    trader.ask("subscribe", channel="executions", snap_orders=False)
    frames = [json.loads(frame) for frame in trader.ask("add_order", **LIMIT)]
    assert [frame.get("method") or frame["data"][0]["exec_type"] for frame in frames] == [
        "add_order",
        "pending_new",
        "new",
    ]


def test_every_field_reaches_the_venue() -> None:
    trader = Trader()
    fields = {
        "side": "sell",
        "order_qty": 0.00012345,
        "limit_price": 83744.3,
        "time_in_force": "gtd",
        "expire_time": "2026-01-02T00:00:00Z",
        "post_only": True,
        "order_userref": 9,
        "stp_type": "cancel_both",
        "fee_preference": "base",
        "deadline": "2026-01-01T01:00:30.5Z",
        "no_mpp": True,
        "sender_sub_id": "desk 5",
    }
    trader.order_id(**fields)
    command = trader.venue.last_command()
    assert isinstance(command, PlaceOrder)
    assert command.deadline_ns == trader.venue.clock.now_ns() + 30_500_000_000
    (order,) = trader.venue.orders("alice")
    t = order.terms
    assert (t.side, t.qty, t.limit_price) == ("sell", 12345, 837443)
    assert (t.time_in_force, t.expire_ns) == ("gtd", trader.venue.clock.now_ns() + 23 * 3_600_000_000_000)
    assert (t.post_only, t.userref, t.stp, t.fee_preference) == (True, 9, "cancel_both", "base")


def test_a_market_buy_by_cash() -> None:
    trader = Trader(Venue([place(sell, 1, at=100, by="bob")]))
    trader.ask("subscribe", channel="executions", snap_orders=False)
    order = {"symbol": "BTC/USD", "side": "buy", "order_type": "market", "cash_order_qty": 25}
    frames = trader.ask("add_order", **order)
    rows = [json.loads(frame)["data"][0] for frame in frames if '"data"' in frame]
    assert [row["exec_type"] for row in rows] == ["pending_new", "new", "trade", "filled"]
    assert rows[2]["last_qty"] == 0.25


# --- refusals in order: each row repairs what the row before was refused for

WORST: dict[str, Any] = {
    "method": "add_order",
    "req_id": 1,
    "params": {
        "nonsense": 1,
        "symbol": "XBT/USD",
        "side": "up",
        "order_type": "stop-loss",
        "order_qty": "1",
        "limit_price": 5.25,
        "triggers": {"price": 1},
        "conditional": {"order_type": "limit"},
        "time_in_force": "gtd",
        "post_only": True,
        "reduce_only": True,
        "margin": True,
        "cl_ord_id": "no/such-identifier-of-36-characters!",
        "order_userref": 5,
        "deadline": "2026-01-01T00:59:59Z",
    },
}
GONE = object()
REPAIRS: list[tuple[dict[str, Any], str]] = [
    ({}, "Unsupported field: 'nonsense' for the given msg type: add order"),
    ({"nonsense": GONE}, "Order_qty field must be a number_float"),
    ({"order_qty": GONE}, "Token(s) not found"),
    ({"token": "wrong"}, "EGeneral:Invalid arguments:side"),
    ({"side": "buy"}, "EGeneral:Invalid arguments:cl_ord_id"),
    ({"cl_ord_id": "a"}, "Currency pair not supported XBT/USD"),
    ({"symbol": "BTC/USD"}, "Order_qty(s) not found"),
    ({"order_qty": -1}, "EService:Deadline elapsed"),
    ({"deadline": "2026-01-01T01:00:00.1Z"}, "EGeneral:Invalid arguments:ordertype"),
    ({"order_type": "market"}, "EGeneral:Invalid arguments:triggers"),
    ({"triggers": GONE}, "EGeneral:Invalid arguments:conditional"),
    ({"conditional": GONE}, "EGeneral:Invalid arguments:limit_price"),
    ({"order_type": "limit"}, "EGeneral:Invalid arguments:order_qty"),
    ({"order_qty": 0.000000001}, "EGeneral:Invalid arguments:expire_time"),
    ({"time_in_force": "fok"}, "EGeneral:Invalid arguments:post_only"),
    ({"post_only": False}, "EGeneral:Invalid arguments:cl_ord_id"),
    ({"order_userref": GONE}, "EGeneral:Invalid arguments:deadline"),
    ({"deadline": "2026-01-01T01:01:00Z"}, "ESession:Invalid session"),
    ({"token": "of a key that only reads"}, "EGeneral:Permission denied"),
    ({"token": "of a key that trades"}, "EOrder:Cannot open position"),
    ({"margin": False}, "EOrder:Reduce only:No position exists"),
    ({"reduce_only": False}, "EGeneral:Invalid arguments:order_qty"),
    ({"order_qty": 0.00000001}, "EOrder:Tick size check failed"),
    ({"limit_price": 0}, "EOrder:Invalid price"),
    ({"limit_price": 5}, "EService:Market in cancel_only mode"),
    ({"mode": "online"}, "EGeneral:Invalid arguments:volume minimum not met"),
    ({"order_qty": 0.00005}, "EOrder:Cost minimum not met"),
    ({"order_qty": 10_000_000}, "EOrder:Insufficient funds"),
    ({"order_qty": 1}, ""),
]


def test_refusals_in_order_of_precedence() -> None:
    venue = Venue([SetSystemStatus(SystemStatus.CANCEL_ONLY)])
    client = venue.greeted("ws-auth")
    reads, trades = venue.token("alice"), venue.token("bob")
    venue.add_key("alice", READ_ONLY)
    tokens = {"of a key that only reads": reads, "of a key that trades": trades}
    params = dict(WORST["params"])
    for repair, error in REPAIRS:
        if "mode" in repair:
            venue.submit(SetSystemStatus(SystemStatus.ONLINE))
            client.frames()
        for name, value in repair.items():
            params.pop(name, None)
            if value is not GONE and name != "mode":
                params[name] = tokens.get(value, value) if name == "token" else value
        (reply,) = client.send(WORST | {"params": params}).frames()
        symbol = '"symbol":"XBT/USD",' if "XBT/USD" in error else ""
        if error:
            assert reply == (
                f'{{"error":"{error}","method":"add_order","req_id":1,"success":false,{symbol}{TIMES}}}'
            )
        else:
            assert '"result":{"order_id":' in reply


@pytest.mark.parametrize(
    ("numbers", "error"),
    [
        ('"order_qty":12345678901234567890,"limit_price":5', "EGeneral:Invalid arguments:order_qty"),
        ('"order_qty":1e400,"limit_price":5', "EGeneral:Invalid arguments:order_qty"),
        ('"order_qty":1e99999999999999999999,"limit_price":5', "Malformed request"),
        ('"order_qty":1e300,"limit_price":5', "EGeneral:Invalid arguments:order_qty"),
        ('"order_qty":1e-300,"limit_price":5', "EGeneral:Invalid arguments:order_qty"),
        ('"order_qty":NaN,"limit_price":5', "Malformed request"),
        ('"order_qty":0.123456789,"limit_price":5', "EGeneral:Invalid arguments:order_qty"),
        ('"order_qty":1,"limit_price":5.05', "EOrder:Tick size check failed"),
        ('"order_qty":1,"limit_price":12345678901234567890', "EOrder:Invalid price"),
        ('"order_qty":1,"limit_price":1e300', "EOrder:Invalid price"),
        ('"order_qty":1,"limit_price":-5', "EOrder:Invalid price"),
        ('"order_qty":"1","limit_price":5', "Order_qty field must be a number_float"),
        ('"order_qty":null,"limit_price":5', "Order_qty field must be a number_float"),
        ('"order_qty":1,"limit_price":"5"', "Limit_price field must be a number_float"),
        ('"order_qty":1.0e0,"limit_price":50e-1', ""),
        ('"order_qty":1.000000000000000000000,"limit_price":5', ""),
    ],
)
def test_numbers_that_cannot_be(numbers: str, error: str) -> None:
    trader = Trader()
    text = (
        f'{{"method":"add_order","params":{{"token":"{trader.token}","symbol":"BTC/USD","side":"buy",'
        f'"order_type":"limit",{numbers}}}}}'
    )
    (reply,) = trader.client.send(text).messages()
    assert reply.get("error", "") == error


def test_what_is_refused_here_never_reaches_the_journal() -> None:
    trader = Trader()
    before = trader.venue.sequencer.seq
    trader.error(order_qty=-1)
    trader.error(limit_price=5.05)
    trader.error(symbol="FOO")
    trader.error(margin=True)
    assert trader.venue.sequencer.seq == before


# --- cancel_order


def test_a_cancel_repeats_the_kind_of_identifier_it_was_given() -> None:
    trader = Trader()
    order_id = trader.order_id()
    trader.add(cl_ord_id="a uuid")
    assert trader.ask("cancel_order", 0, order_id=[order_id]) == [
        f'{{"method":"cancel_order","req_id":0,"result":{{"order_id":"{order_id}"}},"success":true,{TIMES}}}'
    ]
    assert trader.ask("cancel_order", 0, cl_ord_id=["a uuid"]) == [
        f'{{"method":"cancel_order","req_id":0,"result":{{"cl_ord_id":"a uuid"}},"success":true,{TIMES}}}'
    ]
    assert trader.venue.orders("alice") == []


def test_each_listed_order_has_a_reply_and_a_command_of_its_own() -> None:
    trader = Trader()
    first, second = trader.order_id(), trader.order_id()
    before = trader.venue.sequencer.seq
    replies = [
        json.loads(frame)
        for frame in trader.ask("cancel_order", 4, order_id=[second, "OAAAAA-BBBBB-CCCCCC", first])
    ]
    assert [reply.get("error") or reply["result"]["order_id"] for reply in replies] == [
        second,
        "EOrder:Unknown order",
        first,
    ]
    assert {(reply["req_id"], reply["time_in"]) for reply in replies} == {(4, "2026-01-01T01:00:00.000000Z")}
    assert trader.venue.sequencer.seq == before + 3


def test_a_userref_cancels_every_order_that_carries_it() -> None:
    trader = Trader()
    ids = [trader.order_id(order_userref=3) for _ in range(2)]
    other = trader.order_id(order_userref=4)
    replies = [json.loads(frame) for frame in trader.ask("cancel_order", order_userref=[3, 3])]
    assert [reply.get("error") or reply["result"] for reply in replies] == [
        {"order_id": ids[0]},
        {"order_id": ids[1]},
        "EOrder:Unknown order",
    ]
    assert [order.order_id for order in trader.venue.orders("alice")] == [other]


def test_orders_that_expire_by_the_same_stamp_are_no_replies() -> None:
    trader = Trader()
    trader.add(time_in_force="gtd", expire_time="2026-01-01T01:00:01Z", cl_ord_id="gone")
    order_id = trader.order_id()
    trader.venue.clock.advance(2_000_000_000)
    (reply,) = trader.ask("cancel_order", order_id=[order_id])
    assert json.loads(reply)["result"] == {"order_id": order_id}
    assert trader.venue.orders("alice") == []


def test_nobody_cancels_the_orders_of_others() -> None:
    venue = Venue()
    alice, bob = Trader(venue), Trader(venue, "bob")
    order_id = alice.order_id(cl_ord_id="mine")
    for params in ({"order_id": [order_id]}, {"cl_ord_id": ["mine"]}, {"order_userref": [0]}):
        (reply,) = bob.ask("cancel_order", **params)
        assert json.loads(reply)["error"] == "EOrder:Unknown order"
    assert len(venue.orders("alice")) == 1


@pytest.mark.parametrize(
    ("params", "errors"),
    [
        ({}, ["Order_id(s) not found"]),
        ({"order_id": []}, ["Order_id(s) not found"]),
        ({"order_id": "O"}, ["Order_id field must be an array"]),
        ({"order_id": [1]}, ["Order_id field must be a string"]),
        ({"order_userref": ["1"]}, ["Order_userref field must be a number_integer"]),
        ({"order_id": [""]}, ["EOrder:Unknown order"]),
        ({"order_id": ["x" * 100_000]}, ["EOrder:Unknown order"]),
        ({"cl_ord_id": ["", "y" * 37]}, ["EOrder:Unknown order"] * 2),
        ({"order_userref": [2**31, -(2**63), 10**30]}, ["EOrder:Unknown order"] * 3),
        ({"order_id": ["x"] * 1_001}, ["EGeneral:Invalid arguments:order_id"]),
    ],
)
def test_cancels_that_name_nothing(params: dict[str, Any], errors: list[str]) -> None:
    assert [json.loads(frame)["error"] for frame in Trader().ask("cancel_order", **params)] == errors


def test_identifiers_too_long_to_exist_do_not_enter_the_journal() -> None:
    trader = Trader()
    trader.ask("cancel_order", order_id=["x" * 100_000])
    command = trader.venue.last_command()
    assert isinstance(command, CancelOrder)
    assert command.ref.order_id == ""


# --- cancel_all


def test_cancel_all_counts() -> None:
    trader = Trader()
    assert trader.ask("cancel_all", 0) == [
        f'{{"method":"cancel_all","req_id":0,"result":{{"count":0}},"success":true,{TIMES}}}'
    ]
    trader.add()
    trader.add(side="sell", limit_price=9)
    assert '"result":{"count":2}' in trader.ask("cancel_all")[0]
    assert trader.venue.last_command() == CancelAll("alice")
    assert trader.venue.orders("alice") == []


# --- permissions


@pytest.mark.parametrize(
    ("permissions", "refused"),
    [
        ({Permission.MODIFY_TRADES}, set()),
        ({Permission.CLOSE_TRADES}, {"add_order"}),
        (READ_ONLY, {"add_order", "cancel_order", "cancel_all"}),
        (set(), {"add_order", "cancel_order", "cancel_all"}),
    ],
)
def test_what_a_key_may_do(permissions: set[Permission], refused: set[str]) -> None:
    venue = Venue()
    venue.add_key("alice", frozenset(permissions))
    trader = Trader(venue)
    asked = {"add_order": LIMIT, "cancel_order": {"order_id": ["x"]}, "cancel_all": {}}
    answers = {method: json.loads(trader.ask(method, **params)[0]) for method, params in asked.items()}
    assert {
        method for method, answer in answers.items() if answer.get("error") == "EGeneral:Permission denied"
    } == refused


# --- the rest


def test_every_method_marked_done_is_served_and_no_other() -> None:
    trading = METHODS.keys() - {"ping", "subscribe", "unsubscribe"}
    assert v2.TRADING.keys() == {name for name in trading if METHODS[name].coverage is Coverage.DONE}


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("amend_order", {"order_id": "OAAAAA-BBBBB-CCCCCC", "order_qty": 1}),
        ("edit_order", {"order_id": "OAAAAA-BBBBB-CCCCCC", "symbol": "BTC/USD"}),
        ("cancel_all_orders_after", {"timeout": 60}),
        ("batch_add", {"symbol": "BTC/USD", "orders": []}),
        ("batch_cancel", {"orders": ["OAAAAA-BBBBB-CCCCCC"]}),
    ],
)
def test_methods_not_served_yet_say_so(method: str, params: dict[str, Any]) -> None:
    if METHODS[method].coverage is Coverage.DONE:
        pytest.skip("served by now")
    assert Trader().ask(method, 1, **params) == [
        f'{{"error":"Unsupported event","method":"{method}","req_id":1,"success":false,{TIMES}}}'
    ]


def test_commands_without_an_answer_are_bounded() -> None:
    venue = Venue()
    venue.storage.defer_syncs = True
    trader = Trader(venue)
    assert trader.ask("cancel_order", order_id=["x"] * 1_000) == []
    assert trader.ask("cancel_order", order_id=["x"] * 24) == []
    (refused,) = trader.ask("cancel_all", 9)
    assert json.loads(refused)["error"] == "Exceeded msg rate"
    venue.storage.finish_sync()
    venue.storage.finish_sync()
    assert len(trader.client.frames()) == 1_024
    assert trader.ask("cancel_all", 9) == []
    venue.storage.finish_sync()
    assert '"count":0' in trader.client.frames()[0]


def test_nothing_is_answered_before_it_is_durable() -> None:
    venue = Venue()
    trader = Trader(venue)
    watcher = venue.greeted().send(subscribe("book", "BTC/USD"))
    watcher.frames()
    venue.storage.defer_syncs = True
    assert trader.ask("add_order", **LIMIT) == []
    assert watcher.frames() == []
    venue.storage.finish_sync()
    venue.settle()
    assert [frame[:21] for frame in trader.client.frames()] == ['{"method":"add_order"']
    assert [frame[:17] for frame in watcher.frames()] == ['{"channel":"book"']


def test_an_account_without_money_hears_so() -> None:
    venue = Venue([place(buy, 1, at=100, by="bob"), deposit("carol", "BTC", 1)])
    carol = Trader(venue, "carol")
    assert carol.error(side="sell", order_qty=1_001, limit_price=100) == ""
    assert carol.error(side="sell", order_qty=1, limit_price=100) == "EOrder:Insufficient funds"
