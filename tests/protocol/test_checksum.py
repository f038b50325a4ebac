"""Checksums: every vector of the documentation and of recorded books, and what must not match."""

import json
from typing import Any

import pytest

from krakenbox.protocol.checksum import LEVELS, asks_first, bids_after, book_checksum, fragment
from wire.corpus import VECTORS, frame

Level = tuple[str, str]


def units(text: str) -> int:
    """The integer of a fixed-point text: 45285.2 at one decimal is 452852."""
    return int(text.replace(".", ""))


def fragments(levels: list[list[str]]) -> list[bytes]:
    """Fragments of [price, qty, ...] rows."""
    return [fragment(units(row[0]), units(row[1])) for row in levels]


def by_price(orders: list[list[str]]) -> list[bytes]:
    """Fragments of [order_id, price, qty, timestamp] rows, in queue order."""
    return [fragment(units(row[1]), units(row[2])) for row in orders]


@pytest.mark.parametrize("name", ["book_v2_doc_example", "book_v1_doc_example"])
def test_book_of_the_documentation(name: str) -> None:
    vector = VECTORS[name]
    asks, bids = fragments(vector["asks"]), fragments(vector["bids"])
    assert book_checksum(asks, bids) == vector["checksum"]
    assert b"".join(asks).decode() == vector.get("asks_string", b"".join(asks).decode())
    assert b"".join(bids).decode() == vector.get("bids_string", b"".join(bids).decode())


def test_snapshot_and_update_of_the_book_page() -> None:
    vector = VECTORS["book_v2_matic_example"]
    asks, bids = fragments(vector["asks"]), fragments(vector["bids"])
    assert book_checksum(asks, bids) == vector["snapshot_checksum"]
    (changed,) = vector["update"]["bids"]
    assert changed[0] == vector["bids"][9][0]
    assert book_checksum(asks, [*bids[:9], *fragments([changed])]) == vector["update_checksum"]


def test_level3_of_the_documentation() -> None:
    vector = VECTORS["level3_doc_example"]
    asks, bids = by_price(vector["asks"]), by_price(vector["bids"])
    assert book_checksum(asks, bids) == vector["checksum"]
    assert (b"".join(asks).decode(), b"".join(bids).decode()) == (
        vector["asks_string"],
        vector["bids_string"],
    )
    assert len({row[1] for row in vector["asks"]}) == len({row[1] for row in vector["bids"]}) == LEVELS


def rows(levels: Any) -> dict[str, str]:
    """Levels of a decoded frame: price text -> quantity text."""
    return {level["price"]: level["qty"] for level in levels}


def test_recorded_book_and_its_first_update() -> None:
    snapshot, update = (
        json.loads(frame(name), parse_float=str)["data"][0]
        for name in ("book_snapshot_eth_btc", "book_update_eth_btc")
    )
    asks, bids = rows(snapshot["asks"]), rows(snapshot["bids"])

    def checksum() -> int:
        return book_checksum(
            fragments([[p, asks[p]] for p in sorted(asks)]),
            fragments([[p, bids[p]] for p in sorted(bids, reverse=True)]),
        )

    assert checksum() == snapshot["checksum"]
    bids |= rows(update["bids"])
    assert checksum() != update["checksum"]  # the emptied level still counted
    del bids["0.031347"]
    assert checksum() == update["checksum"]


def test_recorded_v1_run_backfills_what_fell_out_of_the_window() -> None:
    run = VECTORS["book_v1_recorded_run"]
    asks = {row[0]: row[1] for row in run["asks"]}
    bids = {row[0]: row[1] for row in run["bids"]}

    def checksum() -> int:
        best = sorted(bids, key=units, reverse=True)
        for price in best[LEVELS:]:  # no removal is sent for a level that was pushed out
            del bids[price]
        return book_checksum(
            fragments([[p, asks[p]] for p in sorted(asks, key=units)]),
            fragments([[p, bids[p]] for p in best[:LEVELS]]),
        )

    assert checksum() == run["snapshot_checksum"]
    for update in run["updates"]:
        for price, qty in update["bids"]:
            bids[price] = qty
            if units(qty) == 0:
                del bids[price]
        assert checksum() == update["checksum"]


@pytest.mark.parametrize(
    ("price", "qty", "text"),
    [(5005, 500, b"5005500"), (452852, 100000, b"452852100000"), (1, 1, b"11")],
)
def test_a_fragment_is_two_integers(price: int, qty: int, text: bytes) -> None:
    assert fragment(price, qty) == text


def test_the_empty_book_and_short_books() -> None:
    assert book_checksum([], []) == 0
    one = [fragment(452852, 100000)]
    assert book_checksum(one, []) == book_checksum([], one) != 0


def test_numbers_that_went_through_a_float_do_not_match() -> None:
    vector = VECTORS["book_v2_matic_example"]
    floats = {
        side: [[repr(float(price)), repr(float(qty))] for price, qty in vector[side]]
        for side in ("asks", "bids")
    }
    found = book_checksum(fragments(floats["asks"]), fragments(floats["bids"]))
    assert found == 3830085102 != vector["snapshot_checksum"]  # Kraken's own page prints the numbers so


def test_the_asks_half_serves_until_an_ask_changes() -> None:
    vector = VECTORS["book_v2_doc_example"]
    asks, bids = fragments(vector["asks"]), fragments(vector["bids"])
    half = asks_first(asks)
    assert bids_after(half, bids) == vector["checksum"]
    assert bids_after(half, bids[1:]) == book_checksum(asks, bids[1:])


@pytest.mark.parametrize("name", ["book_v2_doc_example", "book_v1_doc_example"])
def test_any_slip_is_noticed(name: str) -> None:
    asks, bids = fragments(VECTORS[name]["asks"]), fragments(VECTORS[name]["bids"])
    wrong = {
        book_checksum(bids, asks),
        book_checksum(asks, bids[:9]),
        book_checksum(asks[:9], bids),
        book_checksum(asks[::-1], bids),
        book_checksum([asks[1], asks[0], *asks[2:]], bids),
    }
    assert VECTORS[name]["checksum"] not in wrong
    assert len(wrong) == 5
