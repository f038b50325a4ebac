"""Rows of `executions` over a session: their keys in order, and old names that say what new ones do."""

from typing import Any

import pytest

from builders import SECOND_NS, buy, place, sell
from harness import LIMIT, Client, Trader, Venue, subscribe
from krakenbox.model.command import SetIndexPrice
from krakenbox.model.fixed import Price

BTC = {"symbol": "BTC/USD"}
SELL = BTC | {"side": "sell", "order_qty": 1}
Row = dict[str, Any]

ENTRY = (
    "order_id symbol order_qty {more}cum_cost time_in_force {times}exec_type side order_type order_userref"
)
ENTRY_END = "order_status fee_usd_equiv fee_ccy_pref"
TRIGGER = "triggers stop_price trigger"
TOTALS = "timestamp order_status exec_type cum_qty cum_cost fee_usd_equiv avg_price order_userref"


def entry(middle: str, more: str = "", times: str = "") -> str:
    """Keys of `pending_new`."""
    return f"{ENTRY.format(more=more, times=times)} {middle} {ENTRY_END} timestamp"


class Told:
    """Alice, a last price of 100, and what another connection of hers hears."""

    def __init__(self) -> None:
        venue = Venue([place(sell, 1, at=100, by="bob"), place(buy, 1, at=100, by="carol")])
        self.trader = Trader(venue)
        self.listener = self.listen(snap_orders=False)
        self.listener.frames()
        self.rows: dict[str, Row] = {}
        """The latest row of each `exec_type`."""

    def listen(self, **options: bool) -> Client:
        client = self.trader.venue.greeted("ws-auth")
        return client.send(subscribe("executions", token=self.trader.token, **options))

    def ask(self, method: str, **params: Any) -> "Told":
        self.trader.ask(method, **params)
        return self._hear()

    def trade(self, price: int, qty: int = 1) -> "Told":
        """Bob sells to carol."""
        self.trader.venue.submit(place(sell, qty, at=price, by="bob"), place(buy, qty, at=price, by="carol"))
        return self._hear()

    def wait(self, seconds: int) -> "Told":
        self.trader.venue.pass_time(seconds * SECOND_NS)
        return self._hear()

    def snapshot(self) -> Row:
        """The one open order, as somebody who comes now is shown it."""
        (row,) = self.listen().messages()[-1]["data"]
        consistent(row)
        found: Row = row
        return found

    def keys(self, exec_type: str) -> str:
        return " ".join(self.rows[exec_type])

    def _hear(self) -> "Told":
        for told in self.listener.messages():
            for row in told.get("data", ()):
                if "exec_type" in row:
                    consistent(row)
                    self.rows[row["exec_type"]] = row
        return self


def consistent(row: Row) -> None:
    """What has an old name and a new one says the same under both; null is nowhere."""
    assert row.get("cancel_reason", row.get("reason")) == row.get("reason")
    assert None not in row.values()
    assert ("cl_ord_id" in row) != ("order_userref" in row)
    triggers = row.get("triggers")
    if triggers is None or "stop_price" not in row:
        return
    assert row["stop_price"] == triggers.get("actual_price", triggers["price"])
    assert row["trigger"] == triggers["reference"]
    fired = triggers["status"] == "triggered"
    assert ("timestamp" in triggers) == fired
    assert row.get("triggered_price") == (triggers["last_price"] if fired else None)


def stop_limit(**changes: Any) -> Row:
    return SELL | {"order_type": "stop-loss-limit", "triggers": {"price": 95}, "limit_price": 94} | changes


def test_a_stop_limit_from_entry_to_end() -> None:
    told = Told().ask("add_order", **stop_limit())
    # Recorded, but for the values.
    assert told.keys("pending_new") == entry("limit_price_type triggers stop_price limit_price trigger")
    assert told.keys("new") == "timestamp order_status exec_type order_userref triggers order_id"
    order_id = told.rows["new"]["order_id"]
    told.ask("amend_order", order_id=order_id, trigger_price=96, limit_price=97)
    amended = "timestamp exec_type order_status cum_qty reason amended order_qty limit_price limit_price_type"
    assert told.keys("amended") == f"{amended} {TRIGGER} order_userref order_id"
    told.trade(96)
    assert told.keys("status") == (
        f"timestamp exec_type order_status {TRIGGER} triggered_price order_userref order_id"
    )
    assert (told.rows["status"]["stop_price"], told.rows["status"]["triggered_price"]) == ("96.0", "96.0")
    # Fired, it rests at 97.
    snapshot = told.snapshot()
    assert " ".join(snapshot) == (
        f"{ENTRY.format(more='', times='')} limit_price_type triggers stop_price limit_price trigger"
        f" triggered_price {ENTRY_END} cum_qty avg_price amended timestamp"
    )
    assert (snapshot["amended"], snapshot["triggers"]["status"]) == (True, "triggered")
    told.ask("amend_order", order_id=order_id, limit_price=98)
    assert told.keys("amended") == f"{amended} {TRIGGER} triggered_price order_userref order_id"
    told.trader.venue.submit(place(buy, 1, at=98, by="bob"))
    told.wait(0)
    assert told.keys("filled") == f"{TOTALS} order_id"
    assert told.rows["filled"]["cum_cost"] == "98.00000"


def test_a_trailing_stop_tells_each_move() -> None:
    triggers = {"price": 5, "price_type": "quote"}
    told = Told().ask("add_order", **SELL, order_type="trailing-stop", triggers=triggers)
    assert told.keys("pending_new") == entry(TRIGGER)
    told.trade(110)
    assert told.keys("status") == f"timestamp exec_type order_status {TRIGGER} order_userref order_id"
    assert told.rows["status"]["triggers"] == {
        "actual_price": "105.0",
        "last_price": "110.0",
        "peak_price": "110.0",
        "price": "5.0",
        "price_type": "quote",
        "reference": "last",
        "status": "untriggered",
    }


def test_a_trigger_on_the_index_names_it() -> None:
    told = Told()
    told.trader.venue.submit(SetIndexPrice("BTC/USD", Price(1000)))
    told.ask("add_order", **stop_limit(triggers={"price": 95, "reference": "index"}))
    assert told.rows["pending_new"]["trigger"] == "index"
    told.trade(90)
    assert "status" not in told.rows
    told.trader.venue.submit(SetIndexPrice("BTC/USD", Price(950)))
    assert told.wait(0).rows["status"]["triggered_price"] == "95.0"


def test_an_iceberg_tells_each_refill() -> None:
    told = Told().ask(
        "add_order", **SELL | {"order_qty": 3}, order_type="iceberg", limit_price=110, display_qty=1
    )
    assert told.keys("pending_new") == entry("limit_price_type limit_price stop_price", more="display_qty ")
    told.trader.venue.submit(place(buy, 1, at=110, by="bob"))
    told.wait(0)
    assert told.keys("iceberg_refill") == (
        "timestamp exec_type order_status display_qty_remain order_userref order_id"
    )
    assert told.rows["iceberg_refill"]["order_status"] == "partially_filled"
    snapshot = told.snapshot()
    assert (snapshot["order_status"], snapshot["cum_qty"], snapshot["avg_price"]) == (
        "partially_filled",
        "1.00000000",
        "110.0",
    )
    assert (snapshot["display_qty"], snapshot["display_qty_remain"]) == ("1.00000000", "1.00000000")


def test_a_scheduled_order_that_expires() -> None:
    told = Told().ask(
        "add_order",
        **LIMIT,
        effective_time="2026-01-01T01:00:10Z",
        time_in_force="gtd",
        expire_time="2026-01-01T01:00:20Z",
    )
    assert told.keys("pending_new") == entry(
        "limit_price_type limit_price stop_price", times="effective_time expire_time "
    )
    assert "new" not in told.rows
    assert told.snapshot()["exec_type"] == "pending_new"
    assert told.wait(10).rows["new"]["timestamp"] == "2026-01-01T01:00:10.000000Z"
    told.wait(10)
    assert told.keys("expired") == f"{TOTALS} cancel_reason reason order_id"
    assert told.rows["expired"]["timestamp"] == "2026-01-01T01:00:20.000000Z"


def test_a_secondary_names_the_order_whose_fill_entered_it() -> None:
    told = Told()
    conditional = {"order_type": "take-profit-limit", "trigger_price": 120, "limit_price": 119}
    told.ask("add_order", **LIMIT | {"limit_price": 100}, conditional=conditional)
    assert told.keys("pending_new") == entry("limit_price_type limit_price stop_price contingent")
    primary = told.rows["pending_new"]["order_id"]
    told.trader.venue.submit(place(sell, 1, at=100, by="bob"))
    told.wait(0)
    secondary = told.rows["pending_new"]
    assert told.keys("pending_new") == entry(
        "ord_ref_id limit_price_type triggers stop_price limit_price trigger"
    )
    assert (secondary["ord_ref_id"], secondary["order_type"], secondary["side"]) == (
        primary,
        "take-profit-limit",
        "sell",
    )


def test_post_only_and_cl_ord_id_stand_where_they_were_recorded() -> None:
    told = Told().ask("add_order", **LIMIT, post_only=True, cl_ord_id="mine")
    named = entry("limit_price_type limit_price stop_price post_only").replace("order_userref", "cl_ord_id")
    assert told.keys("pending_new") == named
    assert told.keys("new") == "timestamp order_status exec_type cl_ord_id post_only order_id"
    told.ask("amend_order", cl_ord_id="mine", order_qty=2)
    assert told.keys("amended") == (
        "timestamp exec_type order_status cum_qty reason amended order_qty limit_price limit_price_type"
        " cl_ord_id order_id"
    )
    told.ask("cancel_order", cl_ord_id=["mine"])
    assert told.keys("canceled") == (
        TOTALS.replace("order_userref", "cl_ord_id") + " post_only cancel_reason reason order_id"
    )


@pytest.mark.parametrize(("time_in_force", "told_as"), [("gtc", "GTC"), ("ioc", "IOC"), ("fok", "FOK")])
def test_time_in_force_is_upper_case(time_in_force: str, told_as: str) -> None:
    told = Told().ask("add_order", **LIMIT, time_in_force=time_in_force)
    assert told.rows["pending_new"]["time_in_force"] == told_as


def test_the_ack_warns_of_every_deprecated_name_and_of_nothing_else() -> None:
    ack = Told().listen().messages()[0]
    # Recorded in 2024 and again in 2026.
    assert ack["result"]["warnings"] == [
        "cancel_reason is deprecated, use reason",
        "stop_price is deprecated, use triggers.price",
        "trigger is deprecated use triggers.reference",
        "triggered_price is deprecated use triggers.last_price",
    ]
