"""The ledger: money only ever moves from one account to another, so every asset sums to zero by construction.

Two accounts are the venue's own: `outside`, which deposits come from and whose balance is what is owed for
them, and `fees`. Only client accounts see their entries as events.
"""

from krakenbox.model.command import Tier
from krakenbox.model.order import VENUE_PREFIX, AccountId
from krakenbox.venue.accounts import Account


class Ledger:
    """The venue's own accounts and the one way to change any balance."""

    __slots__ = ("fees", "outside")

    def __init__(self) -> None:
        self.fees = Account(AccountId(f"{VENUE_PREFIX}fees"), Tier.HOUSE)
        self.outside = Account(AccountId(f"{VENUE_PREFIX}outside"), Tier.HOUSE)

    @staticmethod
    def move(source: Account, target: Account, asset: str, amount: int) -> None:
        """Move ledger units: the double entry."""
        assert amount >= 0, f"{source.account} to {target.account}: {amount} {asset}"
        source.balances[asset] = source.balances.get(asset, 0) - amount
        target.balances[asset] = target.balances.get(asset, 0) + amount
