"""Benchmark requests: what is sent, and how what comes back is told and counted."""

from itertools import islice

import pytest
from msgspec import json

from benchmarks.requests import Counter, is_ack, resting, trading


def test_every_second_order_takes_the_one_before_and_both_accounts_do_both() -> None:
    sent = [json.decode(request)["params"] for request in islice(trading("A", "B"), 2_000)]
    makers, takers = sent[::2], sent[1::2]
    assert [(p["token"], p["side"]) for p in makers[:3]] == [("A", "sell"), ("A", "buy"), ("A", "sell")]
    assert [(p["token"], p["side"]) for p in takers[:3]] == [("B", "buy"), ("B", "sell"), ("B", "buy")]
    assert [p["limit_price"] for p in makers] == [p["limit_price"] for p in takers]
    assert {p["order_qty"] for p in sent} == {0.001}


def test_resting_orders_stand_a_tick_above_each_other() -> None:
    sent = [json.decode(request) for request in islice(resting("A"), 12)]
    assert [round(request["params"]["limit_price"] * 10) for request in sent] == list(range(200_000, 200_012))
    assert [request["req_id"] for request in sent] == list(range(12))


def test_only_an_ack_is_an_ack_and_a_refusal_stops_the_run() -> None:
    assert is_ack(b'{"method":"add_order","req_id":1,"result":{},"success":true}')
    assert not is_ack(b'{"channel":"status"}')
    with pytest.raises(AssertionError, match="funds"):
        is_ack(b'{"error":"funds","method":"add_order","success":false}')


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
def test_a_marker_counts_once_wherever_the_stream_is_cut(size: int) -> None:
    stream = b"..abc.abcabc.ab"
    counter = Counter(b"abc")
    for start in range(0, len(stream), size):
        counter.feed(stream[start : start + size])
    assert counter.count == 3
