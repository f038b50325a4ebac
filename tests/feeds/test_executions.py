"""Own orders and fills: recorded rows, the rows of each life, snapshots, options, bounds."""

import pytest

from builders import SECOND_NS, START_NS, buy, cancel, cancel_all, instrument, place, sell
from krakenbox.feeds.executions import ExecutionOptions, Executions
from krakenbox.feeds.hub import Subscriber
from krakenbox.feeds.orders import SNAPSHOT_FILLS, OrderEvent
from krakenbox.model.command import SetLimits
from krakenbox.model.event import OrderAccepted, OrderClosed, OrderFilled, OrderOpened
from krakenbox.model.fixed import Cost, Price, Qty
from krakenbox.model.instrument import Instrument
from krakenbox.model.order import AccountId, OrderId, OrderStatus, OrderTerms, OrderType, TimeInForce
from krakenbox.model.reject import Reason
from screens import Floor, read, texts, venue
from wire.corpus import frame

ONE, TWO = Subscriber(1), Subscriber(2)
ALICE = AccountId("alice")
EVERYTHING = ExecutionOptions(snap_orders=True, snap_trades=True)


def listening(floor: Floor, who: Subscriber = ONE, **options: bool) -> list[str]:
    """Subscribe to alice's executions; the snapshot."""
    return texts(floor.hub.subscribe_executions(who, ALICE, ExecutionOptions(**options)))


def rows(messages: list[str]) -> list[tuple[str, str]]:
    """What happened and the state it led to, row by row."""
    return [(row["exec_type"], row["order_status"]) for text in messages for row in read(text)["data"]]


def test_an_empty_snapshot_as_recorded() -> None:
    [text] = listening(venue())
    assert text.encode() == frame("executions_empty")


def test_an_order_that_rests_and_is_canceled() -> None:
    floor = venue()
    listening(floor)
    floor.send(place(buy, 1, at=100, userref=3))
    floor.send(cancel(userref=3))
    messages = floor.told(1)
    assert rows(messages) == [("pending_new", "pending_new"), ("new", "new"), ("canceled", "canceled")]
    assert [read(text)["sequence"] for text in messages] == [2, 3, 4]
    assert [len(read(text)["data"]) for text in messages] == [1, 1, 1]
    [row] = read(messages[2])["data"]
    assert (row["reason"], row["cancel_reason"], row["order_userref"]) == (*["User requested"] * 2, 3)


def test_a_marketable_order_is_pending_new_trade_and_filled() -> None:
    floor = venue()
    floor.send(place(sell, 1, at=100, by="bob"), place(sell, 2, at=101, by="bob"))
    listening(floor)
    floor.send(place(buy, 3, at=101))
    messages = floor.told(1)
    assert rows(messages) == [
        ("pending_new", "pending_new"),
        ("new", "new"),
        ("trade", "partially_filled"),
        ("trade", "partially_filled"),
        ("filled", "filled"),
    ]
    [trade], [end] = read(messages[3])["data"], read(messages[4])["data"]
    assert (trade["last_qty"], trade["last_price"], trade["cost"]) == ("2.00000000", "101.0", "202.00000")
    assert (trade["cum_qty"], trade["cum_cost"], trade["avg_price"]) == ("3.00000000", "302.00000", "100.7")
    assert (trade["liquidity_ind"], trade["fees"]) == ("t", [{"asset": "USD", "qty": "0.80800"}])
    assert (end["cum_qty"], end["cum_cost"], end["fee_usd_equiv"]) == ("3.00000000", "302.00000", "1.20800")
    assert "reason" not in end


def test_a_row_is_shared_and_the_sequence_is_each_listeners_own() -> None:
    floor = venue()
    listening(floor)
    floor.send(place(buy, 1, at=100))
    listening(floor, TWO, snap_orders=False)
    floor.hub.take_private()
    floor.send(cancel_all())
    [(first, mine), (second, other)] = [(who, texts(frames)) for who, frames in floor.hub.take_private()]
    assert (first, second) == (1, 2)
    assert mine[0].replace('"sequence":4}', '"sequence":1}') == other[0]


def test_without_order_status_there_is_no_pending_new() -> None:
    floor = venue()
    floor.send(place(sell, 1, at=100, by="bob"))
    listening(floor, order_status=False)
    floor.send(place(buy, 1, at=100), place(buy, 1, at=99), cancel_all())
    messages = floor.told(1)
    assert [exec_type for exec_type, _ in rows(messages)] == ["new", "trade", "filled", "new", "canceled"]
    assert [read(text)["sequence"] for text in messages] == [2, 3, 4, 5, 6]


def test_rows_tell_the_trading_counter_to_those_who_asked_for_it() -> None:
    floor = venue()
    listening(floor, ratecounter=True)
    listening(floor, TWO)
    floor.send(place(buy, 1, at=100, userref=3), place(buy, 1, at=100, symbol="BTC/EUR"))
    floor.send(cancel(userref=3))
    told = [row.get("ratecount") for text in floor.told(ONE) for row in read(text)["data"]]
    # Each pair counts by itself; a milli of decay, and 8 for a cancel of an order not five seconds old.
    assert told == ["1.000", "1.000", "1.000", "1.000", "8.993"]
    assert not any("ratecount" in text for text in floor.told(TWO))


def test_a_snapshot_tells_the_trading_counter_as_it_was_last_charged() -> None:
    floor = venue()
    floor.send(place(buy, 1, at=100), place(buy, 1, at=99), place(buy, 1, at=99, symbol="BTC/EUR", by="bob"))
    [text] = listening(floor, ratecounter=True, snap_trades=True)
    assert [row["ratecount"] for row in read(text)["data"]] == ["1.996", "1.996"]


def test_without_limits_the_trading_counter_is_nothing() -> None:
    floor = venue()
    floor.send(SetLimits(False))
    listening(floor, ratecounter=True)
    floor.send(place(buy, 1, at=100))
    assert [read(text)["data"][0]["ratecount"] for text in floor.told(ONE)] == ["0.000", "0.000"]


def test_others_hear_nothing() -> None:
    floor = venue()
    listening(floor)
    floor.send(place(buy, 1, at=100, by="bob"), place(sell, 1, at=100, by="carol"))
    assert floor.told(1) == []


def test_a_snapshot_lists_open_orders_oldest_first_then_fills_newest_first() -> None:
    floor = venue()
    floor.send(place(sell, 1, at=100, by="bob"), place(sell, 2, at=101, by="bob"))
    floor.send(place(buy, 1, at=99, cl_ord_id="first"), place(buy, 4, at=101), place(buy, 1, at=98))
    [text] = listening(floor, snap_trades=True)
    assert read(text)["sequence"] == 1
    assert rows([text]) == [
        ("new", "new"),
        ("new", "partially_filled"),
        ("new", "new"),
        ("trade", "filled"),
        ("trade", "filled"),
    ]
    first, part, last, newest, oldest = read(text)["data"]
    assert (first["cl_ord_id"], "order_userref" in first) == ("first", False)
    assert (part["order_qty"], part["cum_qty"], part["cum_cost"]) == ("4.00000000", "3.00000000", "302.00000")
    assert (part["avg_price"], part["fee_usd_equiv"]) == ("100.7", "1.20800")
    assert (last["cum_qty"], last["order_userref"]) == ("0.00000000", 0)
    assert (newest["last_price"], oldest["last_price"]) == ("101.0", "100.0")
    assert "cum_qty" not in newest


@pytest.mark.parametrize(
    ("options", "kinds"),
    [
        (ExecutionOptions(), ["new"]),
        (ExecutionOptions(snap_orders=False, snap_trades=True), ["trade"]),
        (EVERYTHING, ["new", "trade"]),
    ],
)
def test_options_choose_what_a_snapshot_has(options: ExecutionOptions, kinds: list[str]) -> None:
    floor = venue()
    floor.send(place(sell, 1, at=100, by="bob"), place(buy, 1, at=100), place(buy, 1, at=99))
    [text] = texts(floor.hub.subscribe_executions(ONE, ALICE, options))
    assert [exec_type for exec_type, _ in rows([text])] == kinds


def test_without_a_snapshot_the_first_update_is_number_one() -> None:
    floor = venue()
    assert listening(floor, snap_orders=False) == []
    floor.send(place(buy, 1, at=100))
    assert [read(text)["sequence"] for text in floor.told(1)] == [1, 2]


def test_orders_that_ended_leave_the_snapshot() -> None:
    floor = venue()
    floor.send(place(buy, 1, at=100), cancel_all())
    assert listening(floor)[0].encode() == frame("executions_empty")


def test_after_the_end_nothing_is_told() -> None:
    floor = venue()
    listening(floor)
    assert floor.hub.has_executions(ONE)
    floor.hub.unsubscribe_executions(ONE)
    floor.send(place(buy, 1, at=100))
    assert floor.told(1) == []
    assert not floor.hub.has_executions(ONE)
    [text] = listening(floor)
    assert read(text)["sequence"] == 1


def test_the_fills_kept_are_bounded() -> None:
    floor = venue()
    for _ in range(SNAPSHOT_FILLS + 3):
        floor.send(place(sell, "0.1", at=100, by="bob"), place(buy, "0.1", at=100))
    [text] = listening(floor, snap_orders=False, snap_trades=True)
    trade_ids = [row["trade_id"] for row in read(text)["data"]]
    assert trade_ids == list(range(SNAPSHOT_FILLS + 3, 3, -1))


def test_an_expired_order_says_so() -> None:
    floor = venue()
    listening(floor)
    end_ns = START_NS + 10 * SECOND_NS
    floor.send(place(buy, 1, at=100, time_in_force=TimeInForce.GTD, expire_ns=end_ns))
    [pending, _] = floor.told(1)
    assert read(pending)["data"][0]["expire_time"] == "2026-01-01T00:00:10.000000Z"
    assert read(pending)["data"][0]["time_in_force"] == "GTD"
    assert floor.pit is not None
    floor.pit.time_ns = end_ns + 5
    floor.send(place(buy, 1, at=100, by="bob"))
    [text] = floor.told(1)
    assert rows([text]) == [("expired", "expired")]
    assert read(text)["data"][0]["timestamp"] == "2026-01-01T00:00:10.000000Z"


def test_a_market_order_by_cash_has_no_limit() -> None:
    floor = venue()
    floor.send(place(sell, 1, at=100, by="bob"))
    listening(floor)
    floor.send(place(buy, cash=50))
    [row] = read(floor.told(1)[0])["data"]
    assert (row["cash_order_qty"], row["order_qty"], row["stop_price"]) == ("50.00000", "0.00000000", "0.0")
    assert "limit_price" not in row


# -- recorded frames, byte for byte

ADX = instrument("ADX/USD", (5, 8, 7))
ETH = instrument("ETH/USDC", (2, 8, 9))
BTC = instrument("BTC/USD", (1, 8, 5))
CANCELED = instrument("ADX/USD", (5, 8, 6))
PLAIN = OrderTerms(
    symbol="ADX/USD", side=buy, order_type=OrderType.LIMIT, qty=Qty(8136256082), limit_price=Price(18328)
)
NAMED = OrderTerms(
    symbol="ETH/USDC",
    side=buy,
    order_type=OrderType.LIMIT,
    qty=Qty(200000),
    limit_price=Price(250000),
    post_only=True,
    cl_ord_id="6d1b345e-2821-40e2-ad83-4ecb18a06876",
)
SOLD = OrderTerms(symbol="BTC/USD", side=sell, order_type=OrderType.LIMIT, qty=Qty(500000))
NAME = OrderId("OK4GJX-KSTLS-7DZZO5")


def at(text: str) -> int:
    """Nanoseconds of a moment on 2024-05-18, given as a time of day."""
    hours, minutes, seconds = text.split(":")
    whole, _, fraction = seconds.partition(".")
    day = 1_715_990_400
    return (day + int(hours) * 3600 + int(minutes) * 60 + int(whole)) * SECOND_NS + int(fraction) * 1000


def accepted(name: str, terms: OrderTerms, time_ns: int) -> OrderAccepted:
    return OrderAccepted(time_ns, ALICE, OrderId(name), terms)


def opened(name: str, terms: OrderTerms, time_ns: int) -> OrderOpened:
    return OrderOpened(time_ns, ALICE, OrderId(name), terms)


def ended(name: str, terms: OrderTerms, time_ns: int) -> OrderClosed:
    totals = (Qty(0), Cost(0), Price(0), Cost(0))
    return OrderClosed(time_ns, ALICE, OrderId(name), terms, OrderStatus.CANCELED, Reason.USER, *totals)


MOMENT = 1_768_212_000_000_001_000
OLD = "KIUEL4-G3PWU-HOJTYU"


@pytest.mark.parametrize(
    ("name", "market", "before", "event"),
    [
        (
            "executions_pending_new",
            ADX,
            [],
            accepted("AHOJQ8-1E72C-8M2VQH", PLAIN, at("12:01:56.165888")),
        ),
        (
            "executions_new",
            ADX,
            [accepted("7J91XK-XMFEL-348VPM", PLAIN, 0)],
            opened("7J91XK-XMFEL-348VPM", PLAIN, at("12:58:51.121515")),
        ),
        ("executions_pending_new_client_id", ETH, [], accepted(NAME, NAMED, MOMENT)),
        ("executions_new_client_id", ETH, [accepted(NAME, NAMED, 0)], opened(NAME, NAMED, MOMENT)),
        (
            "executions_canceled_client_id",
            ETH,
            [accepted(NAME, NAMED, 0)],
            ended(NAME, NAMED, MOMENT + 9 * SECOND_NS),
        ),
        (
            "executions_canceled",
            CANCELED,
            [accepted(OLD, PLAIN, 0)],
            ended(OLD, PLAIN, at("12:58:40.165132")),
        ),
    ],
)
def test_a_recorded_row_byte_for_byte(
    name: str, market: Instrument, before: list[OrderEvent], event: OrderEvent
) -> None:
    recorded = frame(name)
    executions = Executions({event.terms.symbol: market})
    for each in before:
        executions.apply(each)
    executions.subscribe(ONE, ALICE, ExecutionOptions(snap_orders=False))
    for _ in range(read(recorded.decode())["sequence"] - 1):
        next(iter(executions.streams.of(ALICE))).count()
    [(_, text)] = executions.apply(event)
    assert text.encode() == recorded


def fill(terms: OrderTerms, name: str, exec_id: str, trade_id: int, **fields: int) -> OrderFilled:
    cost, qty, price = Cost(fields["cost"]), Qty(fields["qty"]), Price(fields["price"])
    return OrderFilled(
        fields["time_ns"],
        ALICE,
        OrderId(name),
        terms,
        exec_id,
        trade_id,
        price,
        qty,
        cost,
        False,
        Cost(fields["fee"]),
        "USD",
        Cost(fields["fee_usd"]),
        qty,
        cost,
        price,
    )


def test_a_recorded_past_fill_byte_for_byte() -> None:
    executions = Executions({"BTC/USD": BTC})
    executions.apply(accepted("NG6PUE-C7MXN-CFCAMC", SOLD, 0))
    figures = {"qty": 16000, "price": 633772, "cost": 1012445, "fee": 4051, "fee_usd": 4050}
    executions.apply(
        fill(
            SOLD,
            "NG6PUE-C7MXN-CFCAMC",
            "B1Y0D9-6JIJG-W1IB7L",
            37496584,
            time_ns=1_713_264_878_243_302_000,
            **figures,
        )
    )
    text = executions.subscribe(ONE, ALICE, ExecutionOptions(snap_orders=False, snap_trades=True))
    assert text.encode() == frame("executions_past_trade")
