"""Complaints name the file, the path and what was expected."""

from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest
from msgspec import Struct

from krakenbox.config.reading import Place, read
from krakenbox.errors import ConfigError


class Colour(StrEnum):
    """A word out of a list."""

    RED = "red"
    BLUE = "blue"


class Wheel(Struct, frozen=True, kw_only=True):
    """An entry of a list of tables."""

    size: Decimal
    colours: frozenset[Colour] = frozenset()


class Car(Struct, frozen=True, kw_only=True):
    """A table with everything in it."""

    doors: int
    name: str = ""
    open: bool = False
    seed: int | None = None
    wheels: tuple[Wheel, ...] = ()
    prices: dict[str, Decimal] = {}


def test_a_table_is_read_with_its_nested_tables_and_defaults() -> None:
    tables = {
        "doors": 4,
        "seed": 7,
        "wheels": [{"size": "1.50", "colours": ["red"]}, {"size": Decimal("2.0")}],
        "prices": {"EUR/USD": 3},
    }
    car = read(tables, Car, Place("car.toml"))
    assert car == Car(
        doors=4,
        seed=7,
        wheels=(Wheel(size=Decimal("1.50"), colours=frozenset({Colour.RED})), Wheel(size=Decimal("2.0"))),
        prices={"EUR/USD": Decimal(3)},
    )
    assert str(car.wheels[0].size) == "1.50"


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({}, "car.toml: the file: lacks the key doors"),
        ({"doors": "4"}, "car.toml: doors: must be a whole number; was '4'"),
        ({"doors": True}, "car.toml: doors: must be a whole number; was True"),
        ({"doors": Decimal("4.0")}, "car.toml: doors: must be a whole number; was 4.0"),
        ({"doors": 4, "name": 4}, "car.toml: name: must be a text; was 4"),
        ({"doors": 4, "open": 1}, "car.toml: open: must be true or false; was 1"),
        ({"doors": 4, "seed": "x"}, "car.toml: seed: must be a whole number; was 'x'"),
        (
            {"doors": 4, "colour": "red"},
            "car.toml: colour: no such key; expected one of doors, name, open, prices, seed, wheels",
        ),
        ({"doors": 4, "wheels": {}}, "car.toml: wheels: must be a list; was a table"),
        ({"doors": 4, "wheels": ["x"]}, "car.toml: wheels[0]: must be a table; was 'x'"),
        ({"doors": 4, "wheels": [{}]}, "car.toml: wheels[0]: lacks the key size"),
        (
            {"doors": 4, "wheels": [{"size": 1}, {"size": "wide"}]},
            "car.toml: wheels[1].size: must be a number or its text; was 'wide'",
        ),
        (
            {"doors": 4, "wheels": [{"size": 1, "colours": ["red", "green"]}]},
            "car.toml: wheels[0].colours[1]: must be one of red, blue; was 'green'",
        ),
        ({"doors": 4, "prices": 5}, "car.toml: prices: must be a table; was 5"),
        (
            {"doors": 4, "prices": {"EUR/USD": False}},
            'car.toml: prices."EUR/USD": must be a number or its text; was False',
        ),
    ],
)
def test_what_is_wrong_is_named(tables: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tables, Car, Place("car.toml"))
    assert str(caught.value) == message
