"""Decimals to integers, integers to wire text, and the named roundings."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from krakenbox.model.fixed import (
    MAX_DIGITS,
    Scale,
    ceiling,
    from_decimal,
    from_text,
    nearest,
    rescale,
    rescale_up,
    to_text,
)

UNITS = st.integers(-(10**MAX_DIGITS) + 1, 10**MAX_DIGITS - 1)
DECIMALS = st.integers(0, 12)


@pytest.mark.parametrize(
    ("text", "decimals", "units"),
    [
        ("62807.0", 1, 628070),
        ("62807", 1, 628070),
        ("0.00005000", 8, 5000),
        ("5E-5", 8, 5000),
        ("1E+2", 0, 100),
        ("-12.5", 2, -1250),
        ("0", 8, 0),
        ("-0", 8, 0),
        ("999999999999999999999999999999", 0, 10**30 - 1),
    ],
)
def test_a_decimal_that_fits_is_exact(text: str, decimals: int, units: int) -> None:
    assert from_text(text, decimals) == units
    assert from_decimal(Decimal(text), decimals) == units


@pytest.mark.parametrize(
    ("text", "decimals"),
    [
        ("62807.05", 1),
        ("0.000000001", 8),
        ("1E-400", 8),
        ("1E-99999999", 8),
        ("1E+400", 8),
        ("1000000000000000000000000000000", 0),
        ("10000000000000000000000", 8),
        ("NaN", 8),
        ("sNaN", 8),
        ("Infinity", 8),
        ("-Infinity", 8),
        ("", 8),
        ("1,5", 8),
        ("12abc", 8),
    ],
)
def test_what_would_round_overflow_or_is_no_number_is_none(text: str, decimals: int) -> None:
    assert from_text(text, decimals) is None


def test_a_long_mantissa_is_refused_not_rounded() -> None:
    assert from_text("1." + "0" * 200 + "1", 8) is None
    assert from_text("1." + "0" * 200, 8) == 10**8


@pytest.mark.parametrize(
    ("units", "decimals", "text"),
    [
        (628070, 1, "62807.0"),
        (5000, 8, "0.00005000"),
        (0, 8, "0.00000000"),
        (0, 0, "0"),
        (7, 0, "7"),
        (1, 10, "0.0000000001"),
        (-5, 1, "-0.5"),
        (-1250, 2, "-12.50"),
        (10**24, 8, "10000000000000000.00000000"),
    ],
)
def test_wire_text_has_every_decimal_and_no_exponent(units: int, decimals: int, text: str) -> None:
    assert to_text(units, decimals) == text


@given(UNITS, DECIMALS)
def test_text_and_back_is_the_same(units: int, decimals: int) -> None:
    text = to_text(units, decimals)
    assert from_text(text, decimals) == units
    assert len(text.partition(".")[2]) == decimals


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"),
    [(4, 10, 0), (5, 10, 1), (6, 10, 1), (15, 10, 2), (25, 10, 3), (-5, 10, -1), (-4, 10, 0), (7, 1, 7)],
)
def test_nearest_rounds_halves_away_from_zero(numerator: int, denominator: int, expected: int) -> None:
    assert nearest(numerator, denominator) == expected


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"), [(0, 10, 0), (1, 10, 1), (10, 10, 1), (11, 10, 2), (-1, 10, 0)]
)
def test_ceiling_rounds_up(numerator: int, denominator: int, expected: int) -> None:
    assert ceiling(numerator, denominator) == expected


# Volume x price = cost, and cost x rate = fee, as printed by Kraken (recorded trades; decimals of the day).
@pytest.mark.parametrize(
    ("volume", "price", "cost_decimals", "cost"),
    [
        ("5954.27026599", "0.99980000", 8, "5953.07941194"),
        ("87.34057301", "0.99980000", 8, "87.32310490"),
        ("3027.82033442", "0.99980000", 8, "3027.21477035"),
        ("0.00010000", "26425.20000", 5, "2.64252"),
        ("0.01000000", "1967.68000", 5, "19.67680"),
        ("70.90020000", "0.42313000", 8, "30.00000163"),
        ("50123.00000000", "0.00002901", 4, "1.4541"),
    ],
)
def test_recorded_costs(volume: str, price: str, cost_decimals: int, cost: str) -> None:
    decimals = len(price.partition(".")[2])
    qty, units = from_text(volume, 8), from_text(price, decimals)
    assert qty is not None
    assert units is not None
    assert to_text(rescale(qty * units, 8 + decimals, cost_decimals), cost_decimals) == cost


@pytest.mark.parametrize(
    ("cost", "ppm", "decimals", "fee"),
    [
        ("2.64252", 2600, 5, "0.00687"),
        ("19.67680", 1600, 5, "0.03148"),
        ("45.000000", 1600, 6, "0.072000"),
        ("30.00000163", 1600, 8, "0.04800000"),
    ],
)
def test_recorded_fees(cost: str, ppm: int, decimals: int, fee: str) -> None:
    units = from_text(cost, decimals)
    assert units is not None
    assert to_text(nearest(units * ppm, 1_000_000), decimals) == fee


@given(st.integers(0, 10**MAX_DIGITS), DECIMALS, DECIMALS)
def test_a_scale_is_rescale_worked_out_once(units: int, decimals: int, to_decimals: int) -> None:
    scale = Scale(decimals, to_decimals)
    assert scale.nearest(units) == rescale(units, decimals, to_decimals)
    assert scale.up(units) == rescale_up(units, decimals, to_decimals)
    assert 0 <= scale.up(units) - scale.nearest(units) <= 1
