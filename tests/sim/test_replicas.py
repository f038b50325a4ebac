"""What a client knows: replicas that refuse what does not fit, fills counted once."""

from decimal import Decimal
from typing import Any

import pytest

from krakenbox.sim.replicas import Balances, BookReplica, OrdersReplica, OwnOrders

Row = dict[str, Any]


def levels(*pairs: tuple[str, str]) -> list[Row]:
    return [{"price": price, "qty": qty} for price, qty in pairs]


# Kraken, guides/book-checksum-v2: the text of the asks, then of the bids, without points and leading zeros.
SNAPSHOT = {"bids": levels(("0.9", "1.0")), "asks": levels(("1.1", "0.5"))}


def test_a_book_takes_a_snapshot_and_updates_in_order() -> None:
    book = BookReplica(10)
    book.receive("snapshot", SNAPSHOT | {"checksum": checksum("115" + "910")})
    book.receive("update", {"bids": levels(("0.9", "0.0")), "asks": [], "checksum": checksum("115")})
    assert (book.levels("asks"), book.levels("bids")) == ([("1.1", "0.5")], [])


def test_a_book_whose_checksum_differs_is_found() -> None:
    with pytest.raises(AssertionError, match="a book's checksum is"):
        BookReplica(10).receive("snapshot", SNAPSHOT | {"checksum": 1})


def test_queues_keep_their_order_and_refuse_an_order_that_is_not_there() -> None:
    replica = OrdersReplica(10)
    bids = [level3("A", "2.0"), level3("B", "3.0")]
    replica.receive("snapshot", {"bids": bids, "asks": [], "checksum": checksum("920" + "930")})
    gone = {"bids": [level3("A", "2.0") | {"event": "delete"}], "asks": [], "checksum": checksum("930")}
    replica.receive("update", gone)
    assert replica.queues("bids") == [("0.9", [("B", "3.0")])]
    with pytest.raises(AssertionError, match="delete of"):
        replica.receive("update", gone)


def test_own_orders_fold_and_count_a_fill_once() -> None:
    own = OwnOrders()
    own.receive("update", [row("pending_new", order_qty="3"), row("new", order_status="new")])
    own.receive("update", [fill("T1", "1", "1")])
    assert own.open["O"].filled == Decimal(1)
    assert own.open["O"].row["order_status"] == "partially_filled"
    own.receive("snapshot", [row("trade", exec_id="T1", last_qty="1", last_price="9")])
    assert (own.open, list(own.fills)) == ({}, ["T1"])


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([{"exec_type": "new", "order_id": "P"}], "not open"),
        ([{"exec_type": "pending_new", "order_id": "O"}], "came twice"),
        (
            [{"exec_type": "canceled", "order_id": "O"}, {"exec_type": "pending_new", "order_id": "O"}],
            "came again",
        ),
        (
            [{"exec_type": "trade", "order_id": "O", "exec_id": "T1", "last_qty": "1", "last_price": "9",
              "cum_qty": "2"}],
            "has filled 1",
        ),
    ],
)  # fmt: skip
def test_rows_that_do_not_fit_are_found(rows: list[Row], why: str) -> None:
    own = OwnOrders()
    own.receive("update", [row("pending_new")])
    with pytest.raises(AssertionError, match=why):
        own.receive("update", rows)


@pytest.mark.parametrize(
    ("rows", "why"),
    [([{"exec_type": "new", "order_id": "O", "cum_qty": "0"}], "lost fills"), ([], "")],
)
def test_a_snapshot_after_a_cut_must_have_every_fill(rows: list[Row], why: str) -> None:
    own = OwnOrders()
    own.receive("update", [row("pending_new"), fill("T1", "1", "1")])
    if why:
        with pytest.raises(AssertionError, match=why):
            own.receive("snapshot", rows)
    else:
        own.receive("snapshot", rows)
        assert own.open == {}


def test_a_fill_that_changes_and_an_order_that_rises_from_the_dead_are_found() -> None:
    own = OwnOrders()
    own.receive("update", [row("pending_new"), fill("T1", "1", "1")])
    with pytest.raises(AssertionError, match="T1 was"):
        own.receive("snapshot", [row("trade", exec_id="T1", last_qty="2", last_price="9")])
    own = OwnOrders()
    own.receive("update", [row("pending_new"), row("canceled")])
    with pytest.raises(AssertionError, match="is open again"):
        own.receive("snapshot", [row("new", cum_qty="0")])


def test_balances_fold_from_entries_that_add_up() -> None:
    held = Balances()
    held.receive("snapshot", [{"asset": "USD", "balance": "10.0"}])
    held.receive("update", [entry("L1", "-4.0", "0.5", "5.5")])
    assert held.held == {"USD": "5.5"}
    with pytest.raises(AssertionError, match="posted twice"):
        held.receive("update", [entry("L1", "0", "0", "5.5")])
    with pytest.raises(AssertionError, match=r"5\.5 became"):
        held.receive("update", [entry("L2", "1", "0", "9")])


def row(exec_type: str, **fields: str) -> Row:
    return {"exec_type": exec_type, "order_id": "O", **fields}


def fill(exec_id: str, qty: str, cum_qty: str) -> Row:
    told = {"exec_id": exec_id, "last_qty": qty, "last_price": "9", "cum_qty": cum_qty}
    return row("trade", order_status="partially_filled", **told)


def entry(ledger_id: str, amount: str, fee: str, balance: str) -> Row:
    return {"ledger_id": ledger_id, "asset": "USD", "amount": amount, "fee": fee, "balance": balance}


def level3(order_id: str, qty: str) -> Row:
    return {"order_id": order_id, "limit_price": "0.9", "order_qty": qty}


def checksum(text: str) -> int:
    crc = 0xFFFFFFFF
    for byte in text.encode():
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xEDB88320 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF
