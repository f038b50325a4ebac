"""Accounts: what is available, and what enlisting, holding and delisting an order changes."""

import pytest

from builders import buy, place, sell
from krakenbox.model.command import Tier
from krakenbox.model.fixed import Amount
from krakenbox.model.order import AccountId, Order, OrderId
from krakenbox.venue.accounts import Account


def funded() -> Account:
    account = Account(AccountId("alice"), Tier.PRO)
    account.balances = {"USD": 100, "BTC": 5}
    return account


def order(number: int, hold: int, **fields: str) -> Order:
    terms = place(buy if hold else sell, 1, at=1, **fields).terms
    return Order(
        OrderId(f"O{number}"),
        AccountId("alice"),
        terms,
        terms.qty,
        terms.limit_price,
        1,
        1,
        hold=Amount(hold),
        hold_asset="USD",
    )


def test_available_is_the_balance_less_the_holds() -> None:
    account = funded()
    account.enlist(order(1, 30))
    account.enlist(order(2, 60))
    assert (account.available("USD"), account.available("BTC"), account.available("EUR")) == (10, 5, 0)


def test_an_order_that_ends_releases_all_it_held() -> None:
    account = funded()
    one, two = order(1, 30, cl_ord_id="mine"), order(2, 60)
    account.enlist(one)
    account.enlist(two)
    assert account.cl_ord_ids == {"mine": one}
    assert account.open_counts == {"BTC/USD": 2}
    account.delist(one)
    assert (account.available("USD"), one.hold) == (40, 0)
    assert (account.cl_ord_ids, account.open_counts) == ({}, {"BTC/USD": 1})
    assert account.orders == {"O2": two}


def test_nobody_holds_more_than_there_is() -> None:
    account = funded()
    account.enlist(order(1, 100))
    with pytest.raises(AssertionError, match="O2 holds more than there is"):
        account.enlist(order(2, 1))


def test_a_hold_may_shrink_but_not_below_nothing() -> None:
    account = funded()
    one = order(1, 30)
    account.enlist(one)
    account.hold(one, 10)
    assert (account.available("USD"), one.hold) == (90, 10)
    with pytest.raises(AssertionError, match="O1 would hold -1"):
        account.hold(one, -1)


def test_an_order_cannot_pay_more_than_it_held() -> None:
    account = funded()
    one = order(1, 30)
    account.enlist(one)
    account.balances["USD"] -= 80
    with pytest.raises(AssertionError, match="paid more than it held"):
        account.hold(one, 25)
