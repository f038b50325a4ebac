"""Trading limits as a client meets them: the guide's examples and table, told by `ratecount`.

Kraken, guide "spot rate limits". Alice is pro: 180 and 3.75 a second; bob intermediate: 125 and 2.34; carol a
starter: 60 and 1.
"""

import json
from typing import Any

import pytest

from builders import SECOND_NS
from harness import LIMIT, NOW_NS, Trader, Venue, subscribe
from krakenbox.model.command import SetLimits

BTC = {"symbol": "BTC/USD"}
ORDER = {name: value for name, value in LIMIT.items() if name != "symbol"}
RATE_LIMIT = "EOrder:Rate limit exceeded"


class Counted(Trader):
    """A trader who asked for the counter, on a connection that only listens."""

    def __init__(self, account: str, venue: Venue | None = None) -> None:
        super().__init__(venue, account)
        self._listener = self.venue.greeted("ws-auth")
        ask = subscribe("executions", token=self.token, snap_orders=False, ratecounter=True)
        self._listener.send(ask).frames()

    def after(self, seconds: float) -> "Counted":
        """So long after the clients came."""
        self.venue.clock.step_to(NOW_NS + round(seconds * 1_000) * (SECOND_NS // 1_000))
        return self

    def does(self, method: str, **params: Any) -> list[str]:
        """What the counter says in the rows of a request: `0.000` becomes `0`."""
        self._listener.frames()
        self.ask(method, **params)
        rows = [row for told in self._listener.messages() for row in told["data"]]
        return [f"{float(row['ratecount']):g}" for row in rows]

    def adds(self, count: int = 1) -> list[str]:
        """Enter orders one by one; their ids."""
        return [self.order_id() for _ in range(count)]


# --- the guide's examples


def test_add_amend_after_7_s_and_cancel_36_s_later_cost_1_and_3_and_4() -> None:
    bob = Counted("bob")
    assert bob.does("add_order", **LIMIT, cl_ord_id="a") == ["1", "1"]
    # What came before has decayed by now: each counter is a cost.
    assert bob.after(7).does("amend_order", cl_ord_id="a", order_qty=2) == ["3"]
    assert bob.after(43).does("cancel_order", cl_ord_id=["a"]) == ["4"]


def test_50_orders_are_26_point_6_after_10_s() -> None:
    bob = Counted("bob")
    bob.adds(49)
    assert bob.does("add_order", **LIMIT) == ["50", "50"]
    assert bob.after(10).does("add_order", **LIMIT) == ["27.6", "27.6"]


# --- its table

AGES = [
    # age, amend, edit, cancel; an age of 5 s is not below 5 s
    (0, 4, 7, 8),
    (4.9, 4, 7, 8),
    (4.999, 4, 7, 8),
    (5, 3, 6, 6),
    (9.999, 3, 6, 6),
    (10, 2, 5, 5),
    (15, 1, 3, 4),
    (44.999, 1, 3, 4),
    (45, 1, 2, 2),
    (90, 1, 1, 1),
    (299, 1, 1, 1),
    (299.999, 1, 1, 1),
    (300, 1, 1, 0),
]


@pytest.mark.parametrize(("age", "amend", "edit", "cancel"), AGES)
def test_what_a_transaction_costs_by_the_age_of_its_order(
    age: float, amend: int, edit: int, cancel: int
) -> None:
    requests: dict[str, tuple[dict[str, Any], int]] = {
        "amend_order": ({"limit_price": 6}, amend),
        "edit_order": ({"limit_price": 6, **BTC}, edit),
        "cancel_order": ({}, cancel),
    }
    for method, (params, cost) in requests.items():
        carol = Counted("carol")
        (order_id,) = carol.adds()
        named: dict[str, Any] = {"order_id": [order_id] if method == "cancel_order" else order_id}
        left = max(0, 1 - age)
        assert carol.after(age).does(method, **named, **params)[0] == f"{left + cost:g}"


def test_an_amend_makes_an_order_young_again() -> None:
    carol = Counted("carol")
    carol.add(cl_ord_id="a")
    carol.after(400).ask("amend_order", cl_ord_id="a", order_qty=2)
    assert carol.after(406).does("cancel_order", cl_ord_id=["a"]) == ["6"]


def test_a_counter_decays_while_it_is_charged() -> None:
    bob = Counted("bob")
    (*_, last) = bob.adds(20)
    # 20 less 4.9 s at 2.34, and 8 for the cancel.
    assert bob.after(4.9).does("cancel_order", order_id=[last]) == ["16.534"]


# --- batches


def test_a_batch_of_15_costs_7_and_a_half_and_canceling_3_of_2_s_costs_24() -> None:
    carol = Counted("carol")
    assert set(carol.does("batch_add", **BTC, orders=[ORDER] * 15)) == {"7.5"}
    ids = [order.order_id for order in carol.venue.orders("carol")]
    assert carol.after(2).does("batch_cancel", orders=ids[:3]) == ["13.5", "21.5", "29.5"]


def test_each_order_of_a_batch_cancel_counts_by_its_own_age() -> None:
    carol = Counted("carol")
    ids = [*carol.adds(), *carol.after(30).adds(), *carol.after(40).adds()]
    # 40, 10 and 0 s old, on top of the 1 that adding the last one cost.
    assert carol.does("batch_cancel", orders=ids) == ["5", "10", "18"]


def test_a_batch_cancel_passes_the_threshold_and_orders_then_wait() -> None:
    carol = Counted("carol")
    carol.ask("batch_add", **BTC, orders=[ORDER] * 15)
    ids = [order.order_id for order in carol.venue.orders("carol")]
    assert carol.does("batch_cancel", orders=ids)[-1] == "127.5"
    assert carol.error() == RATE_LIMIT
    assert carol.after(68.499).error() == RATE_LIMIT
    assert carol.after(68.5).error() == ""


def test_a_batch_over_the_threshold_is_one_refusal() -> None:
    carol = Counted("carol")
    for _ in range(6):
        carol.ask("cancel_order", order_id=carol.adds())
    (reply,) = carol.ask("batch_add", **BTC, orders=[ORDER] * 13)
    assert json.loads(reply)["error"] == RATE_LIMIT
    assert carol.venue.orders("carol") == []
    (reply,) = carol.ask("batch_add", **BTC, orders=[ORDER] * 12)  # 54 and 6
    assert json.loads(reply)["success"] is True


# --- thresholds


@pytest.mark.parametrize(
    ("account", "threshold", "cap"), [("carol", 60, 60), ("bob", 125, 80), ("alice", 180, 225)]
)
def test_a_tier_has_its_threshold_and_its_cap(account: str, threshold: int, cap: int) -> None:
    trader = Counted(account)
    let_in = min(threshold, cap)
    errors = [trader.error() for _ in range(let_in + 1)]
    refused = RATE_LIMIT if threshold <= cap else "EOrder:Orders limit exceeded"
    assert errors == [""] * let_in + [refused]


def test_over_the_threshold_all_but_cancels_is_refused_until_it_has_decayed() -> None:
    carol = Counted("carol")
    first, *others = carol.adds(8)
    assert carol.does("batch_cancel", orders=others) == ["16", "24", "32", "40", "48", "56", "64"]
    assert carol.error() == RATE_LIMIT
    for method, params in (("amend_order", {"order_qty": 2}), ("edit_order", {"order_qty": 2, **BTC})):
        (reply,) = carol.ask(method, order_id=first, **params)
        assert json.loads(reply)["error"] == RATE_LIMIT
    assert carol.after(4.999).error() == RATE_LIMIT
    # 64 less 5, and 1 to reach 60: what is refused was not charged.
    assert carol.after(5).does("add_order", **LIMIT) == ["60", "60"]
    assert carol.error() == RATE_LIMIT
    assert carol.does("cancel_order", order_id=[first]) == ["66"]


def test_another_pair_and_another_account_have_their_own() -> None:
    carol = Counted("carol")
    carol.adds(60)
    assert carol.error() == RATE_LIMIT
    assert carol.error(symbol="BTC/EUR") == ""
    assert Trader(carol.venue, "alice").error() == ""


def test_all_connections_of_an_account_share_a_counter() -> None:
    carol = Counted("carol")
    second = Trader(carol.venue, "carol")
    carol.adds(30)
    for _ in range(30):
        second.order_id()
    assert second.error() == RATE_LIMIT
    assert carol.error() == RATE_LIMIT


# --- what is charged


@pytest.mark.parametrize(
    ("params", "charged"),
    [
        ({"order_qty": 1_000_000_000}, 1),  # funds
        ({"order_qty": 0.00005}, 1),  # minimum cost
        ({"order_qty": 0.00001}, 1),  # minimum quantity
        ({"validate": True}, 1),
        ({"limit_price": 5.05}, 0),  # tick: it never reaches the engine
        ({"order_qty": -1}, 0),
        ({"symbol": "XBT/USD"}, 0),
        ({"margin": True}, 0),
    ],
)
def test_an_order_is_charged_though_refused_once_it_reaches_the_engine(
    params: dict[str, Any], charged: int
) -> None:
    carol = Counted("carol")
    carol.add(**params)
    assert carol.does("add_order", **LIMIT)[0] == str(charged + 1)


def test_what_costs_nothing() -> None:
    carol = Counted("carol")
    carol.adds(3)
    assert carol.does("cancel_order", order_id=["OAAAAA-BBBBB-CCCCCC"]) == []
    assert carol.does("cancel_all") == ["3", "3", "3"]
    carol.ask("cancel_all_orders_after", timeout=60)
    assert carol.does("add_order", **LIMIT) == ["4", "4"]


def test_a_snapshot_and_rows_without_the_option() -> None:
    carol = Counted("carol")
    carol.adds(2)
    client = carol.venue.greeted("ws-auth")
    ack, snapshot = client.send(subscribe("executions", token=carol.token, ratecounter=True)).messages()
    assert ack["result"]["maxratecount"] == 60
    assert [row["ratecount"] for row in snapshot["data"]] == ["2.000", "2.000"]
    client = carol.venue.greeted("ws-auth")
    _, snapshot = client.send(subscribe("executions", token=carol.token)).messages()
    assert not any("ratecount" in row for row in snapshot["data"])


def test_without_limits_nothing_is_counted_and_nothing_refused() -> None:
    carol = Counted("carol", Venue([SetLimits(False)]))
    for _ in range(100):
        carol.ask("cancel_order", order_id=carol.adds())
    carol.adds(100)
    assert carol.does("add_order", **LIMIT) == ["0", "0"]
    assert len(carol.venue.orders("carol")) == 101
