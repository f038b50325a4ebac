"""Refusals: exact texts, and their parts."""

import re
from collections import Counter

import pytest

from krakenbox.model.reject import Reason, Reject


@pytest.mark.parametrize(
    ("reject", "parts", "text"),
    [
        (Reject.FUNDS, {}, "EOrder:Insufficient funds"),
        (Reject.VOLUME_MINIMUM, {}, "EGeneral:Invalid arguments:volume minimum not met"),
        (Reject.CANCEL_ONLY, {}, "EService:Market in cancel_only mode"),
        (Reject.DEADLINE, {}, "EService:Deadline elapsed"),
        (Reject.INVALID_ARGUMENT, {"field": "cl_ord_id"}, "EGeneral:Invalid arguments:cl_ord_id"),
        (Reject.PAIR_UNSUPPORTED, {"symbol": "XBT/USD"}, "Currency pair not supported XBT/USD"),
        (
            Reject.UNSUPPORTED_FIELD,
            {"field": "price", "method": "add order"},
            "Unsupported field: 'price' for the given msg type: add order",
        ),
        (
            Reject.FIELD_TYPE,
            {"field": "Limit_price", "type": "number_float"},
            "Limit_price field must be a number_float",
        ),
    ],
)
def test_a_text_is_exact(reject: Reject, parts: dict[str, str], text: str) -> None:
    assert reject.text(**parts) == text


def test_a_part_cannot_bring_parts_of_its_own() -> None:
    assert Reject.INVALID_ARGUMENT.text(field="{field}") == "EGeneral:Invalid arguments:{field}"


def test_a_missing_part_is_a_bug() -> None:
    with pytest.raises(KeyError):
        Reject.UNSUPPORTED_FIELD.text(field="price")


def test_no_text_has_two_names() -> None:
    # Enum would silently make the second one an alias.
    assert [name for name, member in Reject.__members__.items() if member.name != name] == []
    assert [name for name, member in Reason.__members__.items() if member.name != name] == []


def test_engine_texts_have_a_category() -> None:
    engine = [member for member in Reject if re.match("E[A-Z]", member)]
    assert Counter(member.partition(":")[0] for member in engine).keys() >= {"EGeneral", "EOrder", "EService"}
    assert all(re.fullmatch(r"E[A-Z][A-Za-z]+:\S.*", member) for member in engine)
