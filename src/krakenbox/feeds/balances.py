"""Own balances (channel `balances`): what every account holds, and one message per ledger entry."""

from collections.abc import Mapping

from krakenbox.feeds import v2
from krakenbox.feeds.streams import Streams, Subscriber
from krakenbox.model.event import BalancePosted
from krakenbox.model.fixed import Amount
from krakenbox.model.instrument import Asset
from krakenbox.model.order import AccountId
from krakenbox.protocol.v2.balances import balances


class Balances:
    """Every account's balances by asset, and who listens to them."""

    __slots__ = ("_accounts", "_assets", "streams")

    def __init__(self, assets: dict[str, Asset]) -> None:
        self.streams: Streams[None] = Streams()
        self._accounts: dict[AccountId, dict[str, Amount]] = {}
        self._assets = assets

    def apply(self, event: BalancePosted) -> list[tuple[Subscriber, str]]:
        """Take in one ledger entry; the messages it makes, by subscriber."""
        held = self._accounts.get(event.account)
        if held is None:
            held = self._accounts[event.account] = {}
        held[event.asset] = event.balance
        row, messages = "", []
        for stream in self.streams.of(event.account):
            row = row or v2.ledger_entry(event, self._assets[event.asset])
            messages.append((stream.who, balances("update", (row,), stream.count())))
        return messages

    def of(self, account: AccountId) -> Mapping[str, Amount]:
        """What an account holds of each asset it ever had."""
        return self._accounts.get(account, {})

    def capture(self) -> dict[AccountId, dict[str, Amount]]:
        """Its state: balances by account and asset."""
        return self._accounts

    def restore(self, image: dict[AccountId, dict[str, Amount]]) -> None:
        """Take a state on."""
        self._accounts = image

    def subscribe(self, who: Subscriber, account: AccountId, snapshot: bool) -> str:
        """Open a subscription; its snapshot, empty text if it wants none."""
        stream = self.streams.add(who, account, None)
        if not snapshot:
            return ""
        # Both recorded snapshots are alphabetical; only what is held appears.
        rows = [
            v2.held(self._assets[asset], balance)
            for asset, balance in sorted(self._accounts.get(account, {}).items())
            if balance
        ]
        return balances("snapshot", rows, stream.count())
