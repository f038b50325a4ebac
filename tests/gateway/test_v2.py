"""Trading over v2: every method is served, keys may what they may, and answers are bounded and durable."""

import json
from typing import Any

import pytest

from builders import buy, deposit, place
from harness import LIMIT, Trader, Venue, subscribe
from krakenbox.gateway import v2
from krakenbox.gateway.keys import Permission
from krakenbox.protocol.v2.methods import METHODS

READ_ONLY = frozenset((Permission.QUERY_FUNDS, Permission.QUERY_OPEN_TRADES))
NOWHERE = "OAAAAA-BBBBB-CCCCCC"
ASKED: dict[str, dict[str, Any]] = {
    "add_order": LIMIT,
    "amend_order": {"order_id": NOWHERE, "order_qty": 1},
    "edit_order": {"order_id": NOWHERE, "symbol": "BTC/USD"},
    "cancel_order": {"order_id": [NOWHERE]},
    "cancel_all": {},
    "cancel_all_orders_after": {"timeout": 60},
    "batch_add": {
        "symbol": "BTC/USD",
        "orders": [{"order_type": "limit", "side": "buy", "order_qty": 1, "limit_price": 5}] * 2,
    },
    "batch_cancel": {"orders": [NOWHERE] * 2},
}
"""A good request for each method."""
ENTERING = {"add_order", "edit_order", "batch_add"}


# --- permissions


@pytest.mark.parametrize(
    ("permissions", "refused"),
    [
        ({Permission.MODIFY_TRADES}, set()),
        ({Permission.CLOSE_TRADES}, ENTERING),
        (READ_ONLY, set(ASKED)),
        (set(), set(ASKED)),
    ],
)
def test_what_a_key_may_do(permissions: set[Permission], refused: set[str]) -> None:
    venue = Venue()
    venue.add_key("alice", frozenset(permissions))
    trader = Trader(venue)
    answers = {method: json.loads(trader.ask(method, **params)[0]) for method, params in ASKED.items()}
    assert {
        method for method, answer in answers.items() if answer.get("error") == "EGeneral:Permission denied"
    } == refused


# --- the rest


def test_every_method_is_served() -> None:
    assert v2.TRADING.keys() == METHODS.keys() - {"ping", "subscribe", "unsubscribe"} == ASKED.keys()


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
