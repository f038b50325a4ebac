"""Any fields to any method: an envelope comes back, and nothing else."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from builders import buy, place, sell
from gateway.restcaller import Caller
from krakenbox.gateway.rest import METHODS, Request

FIELDS = """
    pair asset symbol info interval since count depth grouping aclass aclass_base asset_class txid cl_ord_id
    userref trades start end ofs without_count closetime type ledgers id order_id orders cl_ord_ids timeout
    order_qty display_qty limit_price trigger_price post_only deadline volume displayvol price price2 oflags
    validate ordertype expiretm starttm leverage stptype timeinforce close[ordertype] close[price] orders[0]
    orders[0][txid] orders[1] cl_ord_ids[0] execution_venue
"""
WORDS = """
    BTCUSD BTC/USD ETHBTC USD all 1 0 -1 5 15 60 5.05 +5% #1 1e3 1767229200 1767229200000000001 true false
    mine limit market stop-loss buy sell post fciq GTC IOC both close trade deposit OAAAAA-AAAAA-AAAAAA
    2026-01-01T01:00:10Z +30 [] {} null
"""
NAMES = st.sampled_from(FIELDS.split())
VALUES = st.sampled_from(WORDS.split()) | st.text(max_size=12)
REQUESTS = st.dictionaries(NAMES, VALUES, max_size=6)


def caller() -> Caller:
    """A market with a book and a trade, and alice with orders."""
    made = Caller()
    made.rest._counters = None
    made.venue.submit(
        place(sell, 1, at=100, by="bob"),
        place(buy, "1.5", at=100, cl_ord_id="mine"),
        place(buy, 1, at=99, userref=5),
        place(sell, 1, at=101, by="bob"),
    )
    return made


def is_envelope(told: dict[str, Any]) -> bool:
    errors = told["error"]
    if errors:
        return list(told) == ["error"] and all(error.startswith("E") for error in errors)
    return list(told) == ["error", "result"]


SHARED = caller()


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(METHODS), REQUESTS, st.booleans())
def test_any_fields_get_an_envelope(path: str, fields: dict[str, str], as_json: bool) -> None:
    _, _, kind, method = path.split("/")
    if kind == "public":
        assert is_envelope(SHARED.public(method, **fields))
    else:
        assert is_envelope(SHARED.call(method, fields, as_json))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(METHODS), st.binary(max_size=60), st.text(max_size=30))
def test_any_bytes_get_an_envelope(path: str, body: bytes, query: str) -> None:
    request = Request(address="192.0.2.1", path=path, key_id="alice", query=query, body=body)
    answer = Caller().rest.answer(request, 1)
    if answer.look is None and answer.reply is None:
        assert is_envelope(json.loads(answer.body))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.sampled_from(WORDS.split()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([path.rpartition("/")[2] for path in METHODS if "/private/" in path]),
    st.dictionaries(NAMES, JSON, max_size=4),
)
def test_any_json_gets_an_envelope(method: str, fields: dict[str, Any]) -> None:
    assert is_envelope(SHARED.call(method, fields))
