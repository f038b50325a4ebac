"""Fields of a REST request: what is taken, what is wrong."""

from decimal import Decimal

import pytest

from gateway.conftest import T0
from krakenbox.errors import ProtocolError
from krakenbox.gateway import restfields
from krakenbox.gateway.restfields import Price, optional, required

SECOND = 1_000_000_000
CEILING = T0 - T0 % SECOND + SECOND


def test_fields_that_are_there_or_not() -> None:
    fields = {"a": "1.5", "b": "", "c": "x"}
    assert optional(fields, "a", restfields.number) == Decimal("1.5")
    assert optional(fields, "b", restfields.number) is None
    assert optional(fields, "d", restfields.number) is None
    for name in ("b", "c", "d"):
        with pytest.raises(ProtocolError, match=f"^EGeneral:Invalid arguments:{name}$"):
            required(fields, name, restfields.number)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", "1"),
        ("0.10", "0.10"),
        (".5", "0.5"),
        ("5.", "5"),
        ("1e-05", "0.00001"),
        ("-1", None),
        ("+1", None),
        ("1,5", None),
        ("١", None),
        ("nan", None),
        ("1e999", None),
        ("1e9999", None),
        (" 1", None),
        ("1\n", None),
        ("9" * 65, None),
    ],
)
def test_numbers(text: str, value: str | None) -> None:
    assert restfields.number(text) == (None if value is None else Decimal(value))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("100.5", Price(Decimal("100.5"))),
        ("+100", Price(Decimal(100), "+")),
        ("-1.5%", Price(Decimal("1.5"), "-", True)),
        ("#2%", Price(Decimal(2), "#", True)),
        ("2%", None),
        ("+", None),
        ("%", None),
        ("--1", None),
        (" 5", None),
        ("+1e5", None),
        ("1" * 65, None),
    ],
)
def test_prices(text: str, value: Price | None) -> None:
    assert restfields.price(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("1700000000", 1_700_000_000 * SECOND),
        ("+0", CEILING),
        ("+30", CEILING + 30 * SECOND),
        (" 30", None),
        ("-30", None),
        ("1700000000.5", None),
        ("17000000000", None),
    ],
)
def test_times(text: str, value: int | None) -> None:
    assert restfields.time_ns(text, T0) == value


def test_a_deadline_is_rfc_3339() -> None:
    assert restfields.deadline_ns("2023-07-06T18:50:48.25Z") == T0
    assert restfields.deadline_ns("1688669448") is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("-2147483648", -(2**31)),
        ("2147483647", 2**31 - 1),
        ("2147483648", None),
        ("1.0", None),
        ("99999999999", None),
    ],
)
def test_userrefs(text: str, value: int | None) -> None:
    assert restfields.userref(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("true", True), ("True", True), ("1", True), ("false", False), ("0", False), ("yes", None), ("2", None)],
)
def test_flags(text: str, value: bool | None) -> None:
    assert restfields.flag(text) is value
