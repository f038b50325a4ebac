"""Tables of fields derived from Structs."""

from decimal import Decimal
from typing import Literal

import pytest
from msgspec import Struct

from krakenbox.errors import ProtocolError
from krakenbox.model.order import Side
from krakenbox.protocol.v2 import schema
from krakenbox.protocol.v2.methods import ClientId, Time, UserRef


class Leg(Struct, frozen=True, kw_only=True):
    price: Decimal
    kind: Literal["a", "b"] = "a"


class Sample(Struct, frozen=True, kw_only=True):
    side: Side
    token: str
    size: Literal[1, 2] = 1
    qty: Decimal | None = None
    on: bool = False
    count: int = 0
    at: Time | None = None
    name: ClientId | None = None
    ref: UserRef | None = None
    leg: Leg | None = None
    legs: list[Leg] = []
    texts: list[str] = []


TABLE = schema.table(Sample)
LEAST = {"side": "buy", "token": "T"}


def made(**values: object) -> Sample:
    values = LEAST | values
    schema.check(TABLE, values, "sample")
    sample = schema.build(TABLE, values, schema.invalid_argument)
    assert isinstance(sample, Sample)
    return sample


def test_the_words_of_the_types() -> None:
    assert {name: field.word for name, field in TABLE.fields.items()} == {
        "side": "string",
        "token": "string",
        "size": "number_integer",
        "qty": "number_float",
        "on": "boolean",
        "count": "number_integer",
        "at": "string",
        "name": "string",
        "ref": "number_integer",
        "leg": "object",
        "legs": "array",
        "texts": "array",
    }


def test_what_has_no_default_is_required_the_token_first() -> None:
    assert TABLE.required == ("token", "side")
    assert schema.table(Leg).required == ("price",)


def test_values_are_parsed_to_the_depth() -> None:
    sample = made(
        qty=3,
        at="1970-01-01T00:00:01Z",
        leg={"price": Decimal("1.50")},
        legs=[{"price": 2, "kind": "b"}],
        texts=[""],
    )
    assert sample == Sample(
        side=Side.BUY,
        token="T",
        qty=Decimal(3),
        at=Time(10**9),
        leg=Leg(price=Decimal("1.50")),
        legs=[Leg(price=Decimal(2), kind="b")],
        texts=[""],
    )
    assert isinstance(sample.side, Side)
    assert isinstance(sample.qty, Decimal)


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"x": 1, "on": 1}, "Unsupported field: 'x' for the given msg type: sample"),
        ({"on": 1}, "On field must be a boolean"),
        ({"count": False}, "Count field must be a number_integer"),
        ({"leg": {"x": 1}}, "Unsupported field: 'x' for the given msg type: sample"),
        ({"leg": {"price": "1"}}, "Price field must be a number_float"),
        ({"leg": None}, "Leg field must be an object"),
        ({"legs": {}}, "Legs field must be an array"),
        ({"legs": [{"kind": "a"}, 7]}, "Legs field must be an object"),
        ({"legs": [{"kind": "a", "x": 1}]}, "Unsupported field: 'x' for the given msg type: sample"),
        ({"legs": [{"kind": "a"}]}, "Price(s) not found"),
        ({"legs": [{"price": 1, "kind": "c"}]}, "EGeneral:Invalid arguments:kind"),
        ({"size": 3}, "EGeneral:Invalid arguments:size"),
        ({"texts": [7]}, "Texts field must be a string"),
    ],
)
def test_what_does_not_fit(values: dict[str, object], error: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        made(**values)
    assert caught.value.error == error


@pytest.mark.parametrize(
    "text",
    [
        "6d1b345e-2821-40e2-ad83-4ecb18a06876",
        "6D1B345E282140E2AD834ECB18A06876",
        "arb-20240509-00010",
        "a",
        " ",
    ],
)
def test_client_ids(text: str) -> None:
    assert made(name=text).name == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "meme-20240509-00010",
        "6d1b345e-2821-40e2-ad83-4ecb18a0687",
        "6d1b345e2821-40e2-ad83-4ecb18a06876",
        "é",
        "a\n",
    ],
)
def test_what_is_no_client_id(text: str) -> None:
    with pytest.raises(ProtocolError, match="EGeneral:Invalid arguments:name"):
        made(name=text)


@pytest.mark.parametrize(("value", "fits"), [(-(2**31), True), (2**31 - 1, True), (0, True), (2**31, False)])
def test_user_refs_have_32_bits(value: int, fits: bool) -> None:
    if fits:
        assert made(ref=value).ref == value
        return
    with pytest.raises(ProtocolError, match="EGeneral:Invalid arguments:ref"):
        made(ref=value)


@pytest.mark.parametrize("text", ["1e308", "-9.9E308", "1e-308", "0", "-0.0"])
def test_numbers_within_a_double(text: str) -> None:
    assert str(made(qty=Decimal(text)).qty) == str(Decimal(text))


@pytest.mark.parametrize("text", ["1e309", "1e999999999", "1e-999999999"])
def test_numbers_beyond_a_double(text: str) -> None:
    with pytest.raises(ProtocolError, match="EGeneral:Invalid arguments:qty"):
        made(qty=Decimal(text))
