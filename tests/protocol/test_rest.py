"""Envelope, bodies, nonces, signatures."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from krakenbox.errors import ConfigError, ProtocolError
from krakenbox.protocol import rest
from wire.corpus import VECTORS

SECRET: str = VECTORS["rest_signature"]["secret"]
SAMPLES: list[dict[str, str]] = VECTORS["rest_signature"]["samples"]


def test_the_envelope() -> None:
    time = {"unixtime": 1688669448, "rfc1123": "Thu, 06 Jul 23 18:50:48 +0000"}
    assert rest.encode_result(time) == (
        b'{"error":[],"result":{"unixtime":1688669448,"rfc1123":"Thu, 06 Jul 23 18:50:48 +0000"}}'
    )
    assert rest.encode_errors("EGeneral:Invalid arguments:ordertype") == (
        b'{"error":["EGeneral:Invalid arguments:ordertype"]}'
    )


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (b"", {}),
        (b"nonce=1616492376594", {"nonce": "1616492376594"}),
        (b"nonce=1&pair=XBTUSD&price=%2b5%25&x=", {"nonce": "1", "pair": "XBTUSD", "price": "+5%", "x": ""}),
        (b"nonce=1&nonce=2", {"nonce": "2"}),
        (b"a+b=c+d", {"a b": "c d"}),
        (b'{"nonce": 1695828436}', {"nonce": "1695828436"}),
        (b'\n {"nonce":"1695828436"} ', {"nonce": "1695828436"}),
        (b'{"nonce":0001e2}'.replace(b"000", b""), {"nonce": "1e2"}),
        (b'{"nonce":18446744073709551616.10}', {"nonce": "18446744073709551616.10"}),
        (b'{"nonce":1,"nonce":2}', {"nonce": "2"}),
        (
            b'{"a":null,"b":true,"c":[1, 2.50],"d":{"e":"f"},"g":"\\u20ac\\n"}',
            {"b": "true", "c[0]": "1", "c[1]": "2.50", "d[e]": "f", "g": "€\n"},
        ),
        (b'{"a":[],"b":{},"c":[{}, {"d":null}]}', {"a": "[]", "b": "{}", "c[0]": "{}", "c[1]": '{"d":null}'}),
        (b'{"a":[{"b":{"c":{"d":1}}}]}', {"a[0][b][c][d]": "1"}),
    ],
)
def test_bodies(body: bytes, fields: dict[str, str]) -> None:
    assert rest.decode_body(body) == fields


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"{]",
        b'{"nonce":NaN}',
        b'{"nonce":1}x',
        b'{"nonce":"\xff"}',
        b'{"a":["\xff"]}',
        b'{"\xff":1}',
        b"nonce=\xff",
        b"nonce=%ff",
        b'{"a":' + b"[" * 100_000,
        b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b"&".join(b"a%d=1" % number for number in range(rest.MAX_FIELDS + 1)),
        b'{"a":[' + b",".join(b"1" for _ in range(rest.MAX_FIELDS + 1)) + b"]}",
        b'{"a":[{"b":{"c":{"d":[]}}}]}',
    ],
    ids=lambda body: repr(body[:20]),
)
def test_what_is_no_body(body: bytes) -> None:
    with pytest.raises(ProtocolError, match="EGeneral:Invalid arguments"):
        rest.decode_body(body)


@pytest.mark.parametrize(
    "body",
    [
        b'{"orders":[{"a":"1","close":{"price":"2"}},{"a":3}],"b":"4"}',
        b"orders[1][a]=3&b=4&orders[0][a]=1&orders[0][close][price]=2",
        b"orders%5B0%5D%5Ba%5D=1&orders%5B0%5D%5Bclose%5Bprice%5D%5D=2&orders%5B1%5D%5Ba%5D=3",
    ],
)
def test_rows_of_either_kind_of_body(body: bytes) -> None:
    fields = rest.decode_body(body)
    assert rest.rows(fields, "orders") == [{"a": "1", "close[price]": "2"}, {"a": "3"}]
    assert rest.rows(fields, "order") == []


@pytest.mark.parametrize(
    "body",
    [
        b'{"orders":["a"]}',
        b'{"orders":{"a":"b"}}',
        b'{"orders":[{"a":"1"},{}]}',
        b'{"orders":[{"a":"1"},null,{"a":"1"}]}',
        b"orders[]=1",
        b"orders[][a]=1",
        b"orders[0]=1",
        b"orders[0][]=1",
        b"orders[0][a=1",
        b"orders[1][a]=1",
        b"orders[1000][a]=1",
        b"orders[-1][a]=1",
    ],
)
def test_what_are_no_rows(body: bytes) -> None:
    with pytest.raises(ProtocolError, match="EGeneral:Invalid arguments:orders"):
        rest.rows(rest.decode_body(body), "orders")


@given(st.binary(max_size=100) | st.binary(max_size=100).map(lambda rest: b"{" + rest))
def test_any_body_is_fields_or_refused(body: bytes) -> None:
    try:
        fields = rest.decode_body(body)
    except ProtocolError:
        return
    assert all(isinstance(text, str) for pair in fields.items() for text in pair)


@given(st.dictionaries(st.text(min_size=1), st.text() | st.integers(), max_size=4))
def test_a_json_body_keeps_names_and_digits(values: dict[str, str | int]) -> None:
    assert rest.decode_body(json.dumps(values).encode()) == {name: str(v) for name, v in values.items()}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("1616492376594", 1616492376594),
        ("18446744073709551615", 2**64 - 1),
        ("18446744073709551616", None),
        ("9" * 5_000, None),
        ("", None),
        ("-1", None),
        ("+1", None),
        (" 1", None),
        ("1.0", None),
        ("1e3", None),
        ("0x1", None),
        ("١", None),
        ("²", None),
    ],
)
def test_nonces(text: str, value: int | None) -> None:
    assert rest.nonce_value(text) == value


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample["body"][:24])
def test_signatures(sample: dict[str, str]) -> None:
    signed = (sample["path"], sample["nonce"], sample["body"].encode())
    assert rest.sign(SECRET, *signed) == sample["api_sign"]
    assert rest.verify(sample["api_sign"], SECRET, *signed)


@pytest.mark.parametrize("sample", SAMPLES[2:], ids=lambda sample: sample["body"])
def test_the_nonce_that_was_signed_is_that_of_the_body(sample: dict[str, str]) -> None:
    assert rest.decode_body(sample["body"].encode())["nonce"] == sample["nonce"]


def test_whatever_differs_breaks_the_signature() -> None:
    good, path, nonce, body = (SAMPLES[0][name] for name in ("api_sign", "path", "nonce", "body"))
    raw = body.encode()
    assert rest.verify(good, SECRET, path, nonce, raw)
    assert not rest.verify(good, SECRET, path, nonce, raw + b" ")
    assert not rest.verify(good, SECRET, path, nonce + "0", raw)
    assert not rest.verify(good, SECRET, path.lower(), nonce, raw)
    assert not rest.verify(good, "AAAA", path, nonce, raw)
    assert not rest.verify(good[::-1], SECRET, path, nonce, raw)
    for signature in ("", "é", "\ud800", good + "=", " " + good, good.lower()):
        assert not rest.verify(signature, SECRET, path, nonce, raw)


def test_a_secret_that_is_none() -> None:
    for secret in ("not base64", "é", "A", "AAA"):
        assert not rest.is_secret(secret)
        with pytest.raises(ConfigError, match="must be base64"):
            rest.sign(secret, "/0/private/Balance", "1", b"nonce=1")
    assert not rest.is_secret("")
    assert rest.is_secret(SECRET)
