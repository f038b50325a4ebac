"""Ids: their shape, that none repeats, and the way back."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from krakenbox.model.ids import DEPOSIT, LEDGER, ORDER, TRADE, IdMint

SHAPE = re.compile(r"[OTLA][A-Z2-7]{5}-[A-Z2-7]{5}-[A-Z2-7]{6}")
SEQ = st.integers(1, 2**59)
INDEX = st.integers(0, 2**20 - 1)
VENUE = st.integers(0, 2**64 - 1)


@given(VENUE, SEQ, INDEX, st.sampled_from([ORDER, TRADE, LEDGER, DEPOSIT]))
def test_an_id_has_the_shape_and_leads_back(venue_id: int, seq: int, index: int, kind: str) -> None:
    mint = IdMint(venue_id)
    text = mint.mint(kind, seq, index)
    assert SHAPE.fullmatch(text)
    assert text[0] == kind
    assert mint.origin(text) == (seq, index)


def test_no_id_repeats() -> None:
    mint = IdMint(1)
    ids = {mint.mint(ORDER, seq, index) for seq in range(1, 501) for index in range(20)}
    assert len(ids) == 500 * 20


def test_ids_are_the_same_for_the_same_venue_only() -> None:
    assert IdMint(5).mint(ORDER, 1, 0) == IdMint(5).mint(ORDER, 1, 0)
    assert IdMint(5).mint(ORDER, 1, 0) != IdMint(6).mint(ORDER, 1, 0)


def test_the_first_ids_of_venue_7_are_these() -> None:
    # Golden: journals of this version replay to these very ids.
    mint = IdMint(7)
    assert [mint.mint(ORDER, 1, 0), mint.mint(TRADE, 1, 1), mint.mint(LEDGER, 2, 0)] == GOLDEN


GOLDEN = ["OU2YIO-A3MUD-3PBM2X", "T6P3MM-CREVG-EMHT4N", "LZXXPF-K6S5O-GUTKXV"]


@given(VENUE, SEQ, st.integers(0, 1000))
def test_a_series_mints_the_same_ids_one_after_the_other(venue_id: int, seq: int, index: int) -> None:
    mint = IdMint(venue_id)
    series = mint.series(seq, index)
    expected = [mint.mint(TRADE, seq, index + n) for n in range(5)]
    assert [series.mint(TRADE) for _ in range(5)] == expected


def test_a_series_ends_where_the_next_command_would_begin() -> None:
    series = IdMint(1).series(1, 2**20 - 1)
    series.mint(ORDER)
    with pytest.raises(AssertionError, match=r"at most 2\*\*20"):
        series.mint(ORDER)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "O",
        "OABCDE-ABCDE-ABCDE",
        "OABCDEABCDEABCDEFGH",
        "OABCDE-ABCDE-ABCDE1",
        "OABCDE-ABCD-EABCDEF",
        "oabcde-abcde-abcdef",
    ],
)
def test_text_of_another_shape_has_no_origin(text: str) -> None:
    assert IdMint(1).origin(text) is None
