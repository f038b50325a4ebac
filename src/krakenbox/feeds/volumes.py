"""What each client has traded in 30 days, in USD: what its fees are set by.

Counted as the venue counts it: the cost of every fill in USD, today and the 29 UTC days before, at the last
price of the quote asset; an asset that never traded against USD counts nothing.
"""

from krakenbox.model.order import AccountId

USD = "USD"
USD_DECIMALS = 4
DAYS = 30
DAY_NS = 86_400_000_000_000

VolumesImage = dict[AccountId, dict[int, int]]
"""Volume by account and day, in a snapshot of the views."""


class Volumes:
    """30-day volumes by account, in units of `USD_DECIMALS`."""

    __slots__ = ("_accounts",)

    def __init__(self) -> None:
        self._accounts: VolumesImage = {}

    def add(self, account: AccountId, time_ns: int, volume: int) -> None:
        """Count a fill."""
        days = self._accounts.setdefault(account, {})
        day = time_ns // DAY_NS
        if day not in days:
            for old in [each for each in days if each <= day - DAYS]:
                del days[old]
            days[day] = 0
        days[day] += volume

    def of(self, account: AccountId, now_ns: int) -> int:
        """The volume that counts now."""
        first = now_ns // DAY_NS - DAYS + 1
        return sum(volume for day, volume in self._accounts.get(account, {}).items() if day >= first)

    def capture(self) -> VolumesImage:
        """Its state."""
        return self._accounts

    def restore(self, image: VolumesImage) -> None:
        """Take a state on."""
        self._accounts = image
