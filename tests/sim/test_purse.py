"""The agents' money: many times what the opening is worth, refilled at half."""

import trading
from krakenbox.model.command import Deposit, PlaceOrder
from krakenbox.model.event import BalancePosted, LedgerKind
from krakenbox.model.fixed import Amount
from krakenbox.model.order import AccountId, Side
from krakenbox.sim.purse import Purse

MAKER, TAKER = AccountId("maker"), AccountId("taker")


ORDERS = [
    PlaceOrder(MAKER, trading.order("BTC/USD", Side.BUY, 100_000_000, 800_000)),
    PlaceOrder(MAKER, trading.order("BTC/USD", Side.SELL, 50_000_000, 900_000)),
]


def funded() -> Purse:
    purse = Purse((MAKER, TAKER))
    deposits = purse.fund(trading.pairs("BTC/USD"), ORDERS, {})
    assert deposits == [
        Deposit(account, asset, Amount(amount))
        for account in (MAKER, TAKER)
        # 1 BTC at 80,000.0 USD and 0.5 BTC at 90,000.0 USD, in ledger units, four times.
        for asset, amount in (("USD", 4 * 125_000 * 10**4), ("BTC", 6 * 10**10))
    ]
    return purse


def posted(account: AccountId, asset: str, balance: int) -> BalancePosted:
    return BalancePosted(0, account, asset, "L", "T", LedgerKind.TRADE, Amount(0), Amount(0), Amount(balance))


def test_a_balance_above_half_is_left_alone() -> None:
    purse = funded()
    purse.posted(posted(MAKER, "BTC", 3 * 10**10))
    assert purse.refills() == []


def test_a_balance_below_half_is_refilled_once() -> None:
    purse = funded()
    purse.posted(posted(MAKER, "BTC", 3 * 10**10 - 1))
    purse.posted(posted(MAKER, "BTC", 10**10))
    purse.posted(posted(TAKER, "USD", 0))
    assert purse.refills() == [
        Deposit(MAKER, "BTC", Amount(6 * 10**10)),
        Deposit(TAKER, "USD", Amount(4 * 125_000 * 10**4)),
    ]
    assert purse.refills() == []


def test_a_balance_that_recovered_needs_no_refill() -> None:
    purse = funded()
    purse.posted(posted(MAKER, "BTC", 1))
    purse.posted(posted(MAKER, "BTC", 3 * 10**10))
    assert purse.refills() == []


def test_who_returns_with_half_of_it_gets_nothing() -> None:
    purse = Purse((MAKER, TAKER))
    balances = {MAKER: {"USD": 4 * 125_000 * 10**4, "BTC": 3 * 10**10}, TAKER: {"BTC": 3 * 10**10 - 1}}
    assert purse.fund(trading.pairs("BTC/USD"), ORDERS, balances) == [
        Deposit(TAKER, "USD", Amount(4 * 125_000 * 10**4)),
        Deposit(TAKER, "BTC", Amount(6 * 10**10)),
    ]
    assert purse.targets == funded().targets
