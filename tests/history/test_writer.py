"""Rows and progress together, once each, however they come; on both databases."""

import pytest
from sqlalchemy import create_engine, text

from builders import STEP_NS, VENUE_ID, buy, cancel, deposit, place
from changes import own
from history.pasts import Past, dumped, expected, recording
from krakenbox.errors import ConfigError
from krakenbox.history import engines, writer
from krakenbox.history.writer import Writer

SEED, COUNT = 3, 150


def test_an_empty_database_gets_its_tables(url: str) -> None:
    with recording(url) as made:
        assert made.writer.progress.seq == 0
    tables = dumped(url)
    assert tables.pop("progress") == [{"version": "1", "venue_id": "7", "seq": "0", "time_ns": "0"}]
    assert all(rows == [] for rows in tables.values())


def test_a_fill_is_in_every_table_it_touches(url: str) -> None:
    past = Past("100.0 x 3 |")
    past.send(place(buy, "0.5", at=101, cl_ord_id="mine", userref=0))
    with recording(url) as made:
        made.feed(past.outcomes)
    tables = dumped(url)
    (order,), (fill,) = tables["orders"], tables["fills"]
    assert (order["account"], order["side"], order["order_type"]) == ("alice", "buy", "limit")
    assert (order["status"], order["reason"], order["cl_ord_id"]) == ("filled", "", "mine")
    assert (order["qty"], order["limit_price"], order["cum_qty"]) == ("0.50000000", "101.0", "0.50000000")
    assert (order["cum_cost"], order["avg_price"]) == ("50.00000", "100.0")
    assert (fill["order_id"], fill["trade_id"], fill["maker"]) == (order["order_id"], "1", "0")
    assert (fill["price"], fill["qty"], fill["cost"]) == ("100.0", "0.50000000", "50.00000")
    assert (fill["fee"], fill["fee_asset"], fill["fee_usd"]) == ("0.20000", "USD", "0.20000")
    entries = [each for each in tables["ledger"] if each["kind"] == "trade"]
    assert [(e["asset"], e["amount"], e["fee"], e["balance"]) for e in entries] == [
        ("BTC", "0.5000000000", "0.0000000000", "1000.5000000000"),
        ("USD", "-50.0000", "0.2000", "9999949.8000"),
    ]
    assert {e["ref_id"] for e in entries} == {fill["exec_id"]}
    (trade,) = tables["trades"]
    assert (trade["symbol"], trade["price"], trade["taker_side"]) == ("BTC/USD", "100.0", "buy")
    (candle,) = tables["candles"]
    assert (candle["minutes"], candle["qty"], candle["cost"]) == ("1", "0.50000000", "50.000000000")
    assert tables["amends"] == []


def test_no_row_is_of_the_house(url: str) -> None:
    past = Past().live(SEED, COUNT)
    with recording(url) as made:
        made.feed(past.outcomes)
    tables = dumped(url)
    assert {row["account"] for row in tables["accounts"] if row["tier"] == "house"} == {"mia"}
    for name in ("orders", "fills", "ledger", "amends"):
        assert {row["account"] for row in tables[name]} <= {"alice", "bob", "carol"}
    assert len(tables["orders"]) > 10
    assert len(tables["fills"]) > 5


@pytest.mark.parametrize("batch", [1, 7, 10_000])
def test_tables_do_not_depend_on_how_events_were_batched(url: str, batch: int) -> None:
    past = Past().live(SEED, COUNT)
    with recording(url) as made:
        made.feed(past.outcomes, batch)
    assert dumped(url) == expected(past)


def test_what_comes_again_changes_nothing(url: str) -> None:
    past = Past().live(SEED, COUNT)
    outcomes = past.outcomes
    for seen in (0, 40, 41, 90, 90, 20, len(outcomes), 60, len(outcomes)):
        # A start each: what the database has is replayed from anywhere before.
        with recording(url) as made:
            made.feed(outcomes[:seen], batch=9)
    assert dumped(url) == expected(past)


def test_a_batch_written_twice_is_written_once(url: str) -> None:
    past = Past("100.0 x 3 |")
    past.send(place(buy, 1, at=101))
    with recording(url) as made:
        made.record(past.outcomes)
        batch = made.recorder.take()
        made.writer.write(batch)
        once = dumped(url)
        made.writer.write(batch)
    assert dumped(url) == once
    assert len(once["fills"]) == 1


def test_an_order_of_an_earlier_batch_is_changed(url: str) -> None:
    past = Past()
    past.send(place(buy, 1, at=100))
    past.send(cancel(own(past).order_id))
    with recording(url) as made:
        made.feed(past.outcomes, batch=1)
    (order,) = dumped(url)["orders"]
    assert (order["status"], order["reason"]) == ("canceled", "User requested")
    assert (int(order["opened_ns"]), int(order["closed_ns"])) == (past.time_ns - STEP_NS, past.time_ns)
    assert (order["qty"], order["cum_qty"]) == ("1.00000000", "0.00000000")


def test_no_digit_is_lost(url: str) -> None:
    past = Past()
    past.send(deposit("alice", "BTC", "123456789012345678.0123456789"))
    with recording(url) as made:
        made.feed(past.outcomes)
    last = dumped(url)["ledger"][-1]
    assert (last["amount"], last["balance"]) == (
        "123456789012345678.0123456789",
        "123456789012346678.0123456789",
    )


def test_the_oldest_trades_are_dropped(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "TRADES_KEPT", 4)
    monkeypatch.setattr(writer, "_TRIM_EVERY", 3)
    past = Past("100.0 x 99 |")
    for _ in range(10):
        past.send(place(buy, 1, at=100))
    with recording(url) as made:
        made.feed(past.outcomes, batch=1)
    tables = dumped(url)
    assert [row["trade_id"] for row in tables["trades"]] == ["6", "7", "8", "9", "10"]
    assert len(tables["fills"]) == 10


def test_a_batch_lets_others_breathe(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "_ROWS_AT_ONCE", 3)
    breaths: list[int] = []
    past = Past("100.0 x 99 |")
    opened = engines.opened(url)
    with recording(url) as made:
        made.feed(past.outcomes)
        for _ in range(4):
            past.send(place(buy, 1, at=100))
        made.record(past.outcomes)
        Writer(opened.writing, VENUE_ID, lambda: breaths.append(1)).write(made.recorder.take())
    opened.dispose()
    # Four fills, trades and orders, eight ledger entries, a candle.
    assert len(breaths) == 2 + 2 + 2 + 3 + 1
    assert len(dumped(url)["fills"]) == 4


def test_a_database_of_another_exchange_is_refused(url: str) -> None:
    with recording(url):
        pass
    opened = engines.opened(url)
    with pytest.raises(ConfigError, match=f"must be that of exchange 8; was that of {VENUE_ID}"):
        Writer(opened.writing, VENUE_ID + 1)
    opened.dispose()


def test_tables_of_an_unknown_version_are_refused(url: str) -> None:
    with recording(url):
        pass
    _execute(url, "UPDATE progress SET version = 2")
    opened = engines.opened(url)
    with pytest.raises(ConfigError, match="must be of version 1; was 2"):
        Writer(opened.writing, VENUE_ID)
    opened.dispose()


def test_tables_that_are_not_ours_are_refused(url: str) -> None:
    _execute(url, "CREATE TABLE orders (pizza VARCHAR(20))")
    opened = engines.opened(url)
    with pytest.raises(ConfigError, match=r"empty or krakenbox's own; it has \['orders'\]"):
        Writer(opened.writing, VENUE_ID)
    opened.dispose()


def _execute(url: str, statement: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()
