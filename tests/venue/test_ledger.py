"""The ledger: every movement has two ends."""

import pytest

from builders import opened, units
from krakenbox.model.command import Tier
from krakenbox.model.order import AccountId
from krakenbox.venue.accounts import Account
from krakenbox.venue.ledger import Ledger


def test_what_one_account_gets_another_gives() -> None:
    ledger = Ledger()
    alice = Account(AccountId("alice"), Tier.PRO)
    ledger.move(ledger.outside, alice, "USD", 100)
    ledger.move(alice, ledger.fees, "USD", 3)
    assert (ledger.outside.balances, alice.balances, ledger.fees.balances) == (
        {"USD": -100},
        {"USD": 97},
        {"USD": 3},
    )


def test_money_moves_forward_only() -> None:
    ledger = Ledger()
    with pytest.raises(AssertionError, match="venue:outside to venue:fees: -1 USD"):
        ledger.move(ledger.outside, ledger.fees, "USD", -1)


def test_the_outside_is_owed_what_was_deposited() -> None:
    assert opened().exchange.venue.ledger.outside.balances["USD"] == -units(40_000_000, 4)
