"""JSON literals."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from krakenbox.protocol.literals import boolean, quote, strings


@pytest.mark.parametrize(
    ("text", "literal"),
    [
        ("", '""'),
        ("XBT/USD", '"XBT/USD"'),
        ('a"b', r'"a\"b"'),
        ("a\\b", r'"a\\b"'),
        ("a\nb\x00", r'"a\nb\u0000"'),
        ("é€𝄞", '"é€𝄞"'),
        ("\x7f", '"\x7f"'),
    ],
)
def test_quote(text: str, literal: str) -> None:
    assert quote(text) == literal


@given(st.text())
def test_any_text_survives(text: str) -> None:
    assert json.loads(quote(text)) == text
    assert json.loads(strings((text, "b"))) == [text, "b"]


def test_boolean() -> None:
    assert (boolean(True), boolean(False), strings(())) == ("true", "false", "[]")
