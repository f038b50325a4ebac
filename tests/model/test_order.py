"""Orders: sides, what remains, and the table of transitions."""

import pytest

from krakenbox.model.fixed import Price, Qty
from krakenbox.model.order import (
    TRANSITIONS,
    AccountId,
    Order,
    OrderId,
    OrderStatus,
    OrderTerms,
    OrderType,
    Side,
    client_key,
    is_client_name,
)

S = OrderStatus
LEGAL = {
    (S.PENDING_NEW, S.NEW),
    (S.PENDING_NEW, S.CANCELED),
    (S.PENDING_NEW, S.EXPIRED),
    (S.NEW, S.PARTIALLY_FILLED),
    (S.NEW, S.FILLED),
    (S.NEW, S.CANCELED),
    (S.NEW, S.EXPIRED),
    (S.PARTIALLY_FILLED, S.PARTIALLY_FILLED),
    (S.PARTIALLY_FILLED, S.FILLED),
    (S.PARTIALLY_FILLED, S.CANCELED),
    (S.PARTIALLY_FILLED, S.EXPIRED),
}


def order(status: OrderStatus) -> Order:
    terms = OrderTerms(symbol="BTC/USD", side=Side.BUY, order_type=OrderType.LIMIT, qty=Qty(5))
    return Order(OrderId("O"), AccountId("alice"), terms, Qty(5), Price(1), 1, 1, status=status)


@pytest.mark.parametrize("before", S)
@pytest.mark.parametrize("after", S)
def test_only_the_documented_transitions_happen(before: OrderStatus, after: OrderStatus) -> None:
    one = order(before)
    if (before, after) in LEGAL:
        one.become(after)
        assert one.status is after
    else:
        with pytest.raises(AssertionError, match=f"{before} -> {after}"):
            one.become(after)
        assert one.status is before


def test_every_status_is_in_the_table() -> None:
    assert set(TRANSITIONS) == set(S)


def test_what_remains_is_what_was_not_filled() -> None:
    one = order(S.NEW)
    one.filled = Qty(2)
    assert one.remaining == 3


def test_sides_are_opposite() -> None:
    assert Side.BUY.opposite is Side.SELL
    assert Side.SELL.opposite is Side.BUY


def test_orders_are_the_same_only_if_they_are_one_object() -> None:
    assert order(S.NEW) != order(S.NEW)


def test_names_are_those_of_the_wire() -> None:
    assert [str(t) for t in OrderType] == [
        "limit",
        "market",
        "iceberg",
        "stop-loss",
        "stop-loss-limit",
        "take-profit",
        "take-profit-limit",
        "trailing-stop",
        "trailing-stop-limit",
        "settle-position",
    ]


@pytest.mark.parametrize("name", ["alice", "Alice B.", "a", "x" * 64, "housekeeper", "venue", "é"])
def test_names_of_clients(name: str) -> None:
    assert is_client_name(name)


@pytest.mark.parametrize("name", ["", "x" * 65, "a\nb", "house-", "house-depth", "venue:", "venue:fees"])
def test_names_no_client_may_have(name: str) -> None:
    assert not is_client_name(name)


def test_every_type_works_as_a_limit_or_a_market_order() -> None:
    working = {order_type.value: order_type.working.value for order_type in OrderType}
    assert working == {
        "limit": "limit",
        "market": "market",
        "iceberg": "limit",
        "stop-loss": "market",
        "stop-loss-limit": "limit",
        "take-profit": "market",
        "take-profit-limit": "limit",
        "trailing-stop": "market",
        "trailing-stop-limit": "limit",
        "settle-position": "limit",
    }
    assert [t.value for t in OrderType if t.triggered] == list(working)[3:9]
    assert [t.value for t in OrderType if t.trailing] == ["trailing-stop", "trailing-stop-limit"]


def test_spellings_of_a_uuid_are_one_id() -> None:
    long = "6D1B345E-2821-40e2-ad83-4ecb18a06876"
    assert client_key(long) == client_key(long.replace("-", "").lower()) == "6d1b345e282140e2ad834ecb18a06876"
    assert client_key("Arb-20240509-00010") == "Arb-20240509-00010"
