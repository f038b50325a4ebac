"""Rows of triggers, icebergs, amends, scheduled and spawned orders, from a real venue."""

from typing import Any

from builders import SECOND_NS, START_NS, buy, cancel, place, sell
from krakenbox.feeds.executions import ExecutionOptions
from krakenbox.feeds.hub import Subscriber
from krakenbox.model.command import AmendOrder, EditOrder, OrderRef, SetCancelTimer
from krakenbox.model.event import Event, OrderAccepted, OrderAmended, OrderOpened
from krakenbox.model.fixed import Price, Qty
from krakenbox.model.order import (
    AccountId,
    FeePreference,
    OrderId,
    OrderStatus,
    OrderTerms,
    OrderType,
    PriceType,
    TimeInForce,
)
from krakenbox.model.reject import Reason
from screens import Floor, read, texts, venue
from sleepers import dormant, oto

ALICE = AccountId("alice")
ME = OrderRef(cl_ord_id="mine")
MINE = {"cl_ord_id": "mine"}

Row = dict[str, Any]


class Watched:
    """A venue with a last price of 100, and alice listening."""

    def __init__(self, **options: bool) -> None:
        self.floor = venue()
        self.floor.send(place(sell, 1, at=100, by="bob"), place(buy, 1, at=100, by="carol"))
        self.listen(Subscriber(1), **{"snap_orders": False} | options)

    def listen(self, who: Subscriber, **options: bool) -> list[Row]:
        """Subscribe; the rows of the snapshot."""
        frames = self.floor.hub.subscribe_executions(who, ALICE, ExecutionOptions(**options))
        return [row for text in texts(frames) for row in read(text)["data"]]

    def snapshot(self) -> list[Row]:
        """What another connection would be shown now."""
        rows = self.listen(Subscriber(2))
        self.floor.hub.unsubscribe_executions(Subscriber(2))
        return rows

    def told(self, *commands: Any) -> list[Row]:
        """The rows that commands make."""
        self.floor.hub.take_private()
        self.floor.send(*commands)
        return [row for text in self.floor.told(1) for row in read(text)["data"]]

    def trade_at(self, price: float) -> list[Row]:
        """The rows of a trade of others."""
        return self.told(place(sell, "0.1", at=price, by="bob"), place(buy, "0.1", at=price, by="carol"))

    def wait(self, seconds: int) -> list[Row]:
        """The rows of time that passes, before somebody else comes."""
        assert self.floor.pit is not None
        self.floor.pit.time_ns = START_NS + seconds * SECOND_NS
        return self.told(place(buy, 1, at=1, by="bob"))


def kinds(rows: list[Row]) -> list[tuple[str, str]]:
    return [(row["exec_type"], row["order_status"]) for row in rows]


# --- triggers


def test_a_stop_waits_with_its_trigger() -> None:
    floor = Watched()
    pending, live = floor.told(dormant(sell, 1, "stop-loss-limit", "95", "94", **MINE))
    triggers = {"price": "95.0", "price_type": "static", "reference": "last", "status": "untriggered"}
    assert kinds([pending, live]) == [("pending_new", "pending_new"), ("new", "new")]
    assert pending["triggers"] == live["triggers"] == triggers
    assert (pending["stop_price"], pending["trigger"], pending["limit_price"]) == ("95.0", "last", "94.0")
    assert pending["limit_price_type"] == "static"
    (row,) = floor.snapshot()
    assert (row["exec_type"], row["triggers"], row["stop_price"]) == ("new", triggers, "95.0")


def test_a_stop_that_fires_says_so_and_then_trades() -> None:
    floor = Watched()
    floor.told(dormant(sell, 1, "stop-loss", "95", **MINE))
    floor.told(place(buy, 5, at=90, by="mia"))
    rows = floor.trade_at(94)
    assert kinds(rows) == [("status", "new"), ("trade", "partially_filled"), ("filled", "filled")]
    status = rows[0]
    assert list(status) == [
        "timestamp",
        "exec_type",
        "order_status",
        "triggers",
        "stop_price",
        "trigger",
        "triggered_price",
        "cl_ord_id",
        "order_id",
    ]
    assert status["triggers"] == {
        "actual_price": "95.0",
        "last_price": "94.0",
        "price": "95.0",
        "price_type": "static",
        "reference": "last",
        "status": "triggered",
        "timestamp": status["timestamp"],
    }
    assert (status["stop_price"], status["triggered_price"]) == ("95.0", "94.0")
    assert rows[1]["order_type"] == "stop-loss"


def test_a_stop_limit_that_rests_keeps_its_trigger_in_the_snapshot() -> None:
    floor = Watched()
    floor.told(dormant(sell, 1, "stop-loss-limit", "95", "96", **MINE))
    assert kinds(floor.trade_at(94)) == [("status", "new")]
    (row,) = floor.snapshot()
    assert (row["triggers"]["status"], row["limit_price"], row["exec_type"]) == ("triggered", "96.0", "new")


def test_a_trailing_stop_moves_with_its_peak() -> None:
    floor = Watched()
    pending, _ = floor.told(dormant(sell, 1, "trailing-stop", "5%", **MINE))
    entered = {"price": "5.000000", "price_type": "pct", "reference": "last", "status": "untriggered"}
    assert pending["triggers"] == {"actual_price": "95.0", "peak_price": "100.0"} | entered
    assert (pending["stop_price"], "limit_price" in pending) == ("95.0", False)
    (moved,) = floor.trade_at(120)
    assert kinds([moved]) == [("status", "new")]
    assert moved["triggers"] == entered | {
        "actual_price": "114.0",
        "last_price": "120.0",
        "peak_price": "120.0",
    }
    assert (moved["stop_price"], "triggered_price" in moved) == ("114.0", False)
    assert floor.snapshot()[0]["triggers"] == moved["triggers"]
    assert floor.trade_at(118) == []
    fired, *_ = floor.trade_at(113)
    assert (fired["triggers"]["status"], fired["triggers"]["peak_price"]) == ("triggered", "120.0")
    assert fired["triggered_price"] == "113.0"


def test_the_limit_of_what_trails_stays_an_offset() -> None:
    floor = Watched()
    pending, _ = floor.told(dormant(sell, 1, "trailing-stop-limit", "5q", "-1.5q", **MINE))
    assert (pending["limit_price"], pending["limit_price_type"]) == ("-1.5", "quote")
    (row,) = floor.told(
        AmendOrder(
            ALICE,
            ME,
            limit_price=-500_000,
            limit_price_type=PriceType.PCT,
            trigger_price=60,
            trigger_price_type=PriceType.QUOTE,
        )
    )
    assert (row["exec_type"], row["limit_price"], row["limit_price_type"]) == ("amended", "-0.500000", "pct")
    assert (row["triggers"]["price"], row["triggers"]["actual_price"], row["stop_price"]) == (
        "6.0",
        *["94.0"] * 2,
    )


def test_an_order_that_would_trigger_at_once_ends() -> None:
    rows = Watched().told(dormant(sell, 1, "stop-loss", "101"))
    assert kinds(rows) == [("pending_new", "pending_new"), ("canceled", "canceled")]
    assert rows[1]["reason"] == "Order would trigger immediately"


# --- icebergs


def test_an_iceberg_shows_a_part_at_a_time() -> None:
    floor = Watched()
    pending, live = floor.told(place(sell, 5, at=110, display=2, **MINE))
    assert (pending["display_qty"], pending["order_qty"]) == ("2.00000000", "5.00000000")
    assert ("display_qty" in live, "display_qty_remain" in pending) == (False, False)
    (row,) = floor.snapshot()
    assert (row["display_qty"], row["display_qty_remain"]) == ("2.00000000", "2.00000000")
    rows = floor.told(place(buy, 3, at=110, by="bob"))
    assert [row["exec_type"] for row in rows] == ["trade", "iceberg_refill", "trade"]
    assert list(rows[1]) == [
        "timestamp",
        "exec_type",
        "order_status",
        "display_qty_remain",
        "cl_ord_id",
        "order_id",
    ]
    assert (rows[1]["order_status"], rows[1]["display_qty_remain"]) == ("partially_filled", "2.00000000")
    assert shown(floor) == "1.00000000"
    floor.told(place(buy, 1, at=110, by="bob"))
    assert shown(floor) == "1.00000000"
    rows = floor.told(place(buy, 1, at=110, by="bob"))
    assert [row["exec_type"] for row in rows] == ["trade", "filled"]


def shown(floor: Watched) -> str:
    """What the one open order shows, in the snapshot and in the book alike."""
    (row,) = floor.snapshot()
    assert floor.floor.pit is not None
    (order,) = floor.floor.pit.orders()
    assert int(row["display_qty_remain"].replace(".", "")) == order.shown
    remain: str = row["display_qty_remain"]
    return remain


def test_what_an_iceberg_shows_after_an_amend() -> None:
    floor = Watched()
    floor.told(place(sell, 9, at=110, display=3, **MINE))
    floor.told(place(buy, 1, at=110, by="bob"))
    (row,) = floor.told(AmendOrder(ALICE, ME, display_qty=Qty(500_000_000)))
    assert (row["exec_type"], row["order_status"], row["display_qty"]) == (
        "amended",
        "partially_filled",
        "5.00000000",
    )
    assert shown(floor) == "2.00000000"
    floor.told(AmendOrder(ALICE, ME, display_qty=Qty(150_000_000)))
    assert shown(floor) == "1.50000000"
    floor.told(AmendOrder(ALICE, ME, qty=Qty(1_000_000_000)))
    assert shown(floor) == "1.50000000"
    floor.told(AmendOrder(ALICE, ME, display_qty=Qty(400_000_000), limit_price=1110))
    assert shown(floor) == "4.00000000"
    floor.told(AmendOrder(ALICE, ME, qty=Qty(300_000_000)))
    assert shown(floor) == "2.00000000"


# --- amends and edits


def test_an_amend_has_the_recorded_keys() -> None:
    floor = Watched()
    floor.told(place(buy, 1, at=90, **MINE, post_only=True))
    (row,) = floor.told(AmendOrder(ALICE, ME, qty=Qty(200_000_000)))
    assert list(row) == [
        "timestamp",
        "exec_type",
        "order_status",
        "cum_qty",
        "reason",
        "amended",
        "order_qty",
        "limit_price",
        "limit_price_type",
        "cl_ord_id",
        "order_id",
    ]
    assert (row["order_qty"], row["limit_price"], row["reason"]) == ("2.00000000", "90.0", "User requested")
    (entry,) = floor.snapshot()
    assert (entry["amended"], entry["order_qty"], entry["timestamp"]) == (
        True,
        "2.00000000",
        row["timestamp"],
    )


def test_an_edit_ends_the_old_order_and_enters_a_new_one() -> None:
    floor = Watched()
    pending, _ = floor.told(place(buy, 1, at=90, userref=4, fee_preference=FeePreference.BASE))
    old = pending["order_id"]
    rows = floor.told(EditOrder(ALICE, OrderId(old), "BTC/USD", limit_price=Price(910)))
    assert [row["exec_type"] for row in rows] == ["canceled", "pending_new", "new"]
    assert (rows[0]["order_id"], rows[0]["reason"]) == (old, "Order replaced")
    assert (rows[1]["limit_price"], rows[1]["order_userref"], rows[1]["fee_ccy_pref"]) == ("91.0", 0, "fcib")


# --- orders that begin later, and orders that fills enter


def test_an_order_that_begins_later_is_not_new_until_then() -> None:
    floor = Watched()
    at_ns, end_ns = START_NS + 60 * SECOND_NS, START_NS + 90 * SECOND_NS
    later = place(buy, 1, at=90, effective_ns=at_ns, time_in_force=TimeInForce.GTD, expire_ns=end_ns)
    (pending,) = floor.told(later)
    assert kinds([pending]) == [("pending_new", "pending_new")]
    assert (pending["effective_time"], pending["expire_time"]) == (
        "2026-01-01T00:01:00.000000Z",
        "2026-01-01T00:01:30.000000Z",
    )
    (entry,) = floor.snapshot()
    assert kinds([entry]) == [("pending_new", "pending_new")]
    (live,) = floor.wait(61)
    assert (live["exec_type"], live["timestamp"]) == ("new", "2026-01-01T00:01:00.000000Z")
    assert kinds(floor.snapshot()) == [("new", "new")]
    assert kinds(floor.wait(91)) == [("expired", "expired")]


def test_what_trails_from_a_later_start_takes_its_peak_then() -> None:
    floor = Watched()
    floor.told(dormant(sell, 1, "trailing-stop", "5q", effective_ns=START_NS + 60 * SECOND_NS))
    assert floor.trade_at(120) == []
    moved, live = floor.wait(61)
    assert kinds([moved, live]) == [("status", "pending_new"), ("new", "new")]
    assert (live["triggers"]["actual_price"], live["triggers"]["peak_price"]) == ("115.0", "120.0")


def test_each_fill_enters_an_order_that_names_its_parent() -> None:
    floor = Watched()
    floor.told(place(sell, 1, at=100, by="bob"), place(sell, 2, at=100, by="bob"))
    rows = floor.told(place(buy, 3, at=100, conditional=oto("stop-loss-limit", "80", "79"), userref=3))
    pending = rows[0]
    assert pending["contingent"] == {
        "order_type": "stop-loss-limit",
        "trigger_price": "80.0",
        "trigger_price_type": "static",
        "limit_price": "79.0",
        "limit_price_type": "static",
    }
    spawned = [row for row in rows if row["exec_type"] == "pending_new"][1:]
    assert [(row["ord_ref_id"], row["order_qty"], row["side"]) for row in spawned] == [
        (pending["order_id"], "1.00000000", "sell"),
        (pending["order_id"], "2.00000000", "sell"),
    ]
    assert [row["triggers"]["price"] for row in spawned] == ["80.0", "80.0"]
    assert [row["ord_ref_id"] for row in floor.snapshot()] == [pending["order_id"]] * 2


def test_the_desk_an_order_came_from() -> None:
    floor = Watched()
    pending, _ = floor.told(place(buy, 1, at=90, sender_sub_id='desk "5"'))
    assert pending["sender_sub_id"] == 'desk "5"'


# --- the switch, options, and what only the venue does


def test_the_switch_tells_why() -> None:
    floor = Watched()
    floor.told(place(buy, 1, at=90), SetCancelTimer(ALICE, START_NS + 60 * SECOND_NS))
    (row,) = floor.wait(60)
    assert (row["exec_type"], row["reason"]) == ("canceled", "Cancel all orders after")


def test_without_order_status_only_beginnings_fills_and_ends_are_told() -> None:
    floor = Watched(order_status=False)
    rows = floor.told(
        place(sell, 5, at=110, display=2, **MINE),
        place(buy, 3, at=110, by="bob"),
        AmendOrder(ALICE, ME, qty=Qty(400_000_000)),
        cancel(cl_ord_id="mine"),
        dormant(sell, 1, "trailing-stop", "5q"),
        place(sell, 1, at=130, by="bob"),
        place(buy, 1, at=130, by="carol"),
    )
    assert [row["exec_type"] for row in rows] == ["new", "trade", "trade", "canceled", "new"]


def test_what_the_venue_changes_by_itself_is_restated() -> None:
    floor = Floor()
    frames = floor.hub.subscribe_executions(Subscriber(1), ALICE, ExecutionOptions(snap_orders=False))
    assert frames == b""
    terms = OrderTerms(
        symbol="BTC/USD", side=buy, order_type=OrderType.LIMIT, qty=Qty(5), limit_price=Price(900), userref=2
    )
    name = OrderId("OAAAAA-BBBBB-CCCCCC")
    amended = OrderAmended(
        START_NS,
        ALICE,
        name,
        terms,
        "",
        OrderStatus.NEW,
        Reason.NONE,
        Qty(4),
        Qty(0),
        Price(900),
        Price(0),
        Qty(0),
    )
    events: list[Event] = [
        OrderAccepted(START_NS, ALICE, name, terms),
        OrderOpened(START_NS, ALICE, name, terms),
        amended,
    ]
    floor.show(*events)
    assert floor.told(1)[2] == (
        '{"channel":"executions","type":"update","data":[{"timestamp":"2026-01-01T00:00:00.000000Z",'
        '"exec_type":"restated","order_status":"new","cum_qty":0.00000000,"amended":true,'
        '"order_qty":0.00000004,"limit_price":90.0,"limit_price_type":"static","order_userref":2,'
        '"order_id":"OAAAAA-BBBBB-CCCCCC"}],"sequence":3}'
    )
