"""What the agents own: enough from the start, and refilled by journaled deposits before it runs out."""

from collections.abc import Iterable, Mapping

from krakenbox.model.command import Command, Deposit, PlaceOrder
from krakenbox.model.event import BalancePosted
from krakenbox.model.fixed import Amount, rescale_up
from krakenbox.model.order import AccountId
from krakenbox.sim.pair import MarketPair

_TIMES = 4
"""An agent owns this many times what all orders of the opening are worth; at half of it comes a refill."""


class Purse:
    """The agents' balances."""

    __slots__ = ("_accounts", "_low", "targets")

    def __init__(self, accounts: Iterable[AccountId]) -> None:
        self._accounts = tuple(accounts)
        self.targets: dict[str, int] = {}
        """Ledger units of each asset that every agent starts with."""
        self._low: dict[tuple[AccountId, str], None] = {}
        """Balances to be refilled, in order of falling short."""

    def fund(
        self,
        pairs: Iterable[MarketPair],
        orders: Iterable[PlaceOrder],
        balances: Mapping[AccountId, Mapping[str, int]],
    ) -> list[Command]:
        """What the orders of an opening are worth, many times over, to agents who have less than half."""
        by_symbol = {pair.instrument.symbol: pair for pair in pairs}
        for order in orders:
            terms = order.terms
            pair = by_symbol[terms.symbol]
            instrument = pair.instrument
            exact = instrument.cost(terms.limit_price, terms.qty)
            # Both legs of each order: who makes one side of a market takes the other's.
            self._add(instrument.quote, rescale_up(exact, instrument.exact_decimals, pair.quote_decimals))
            self._add(instrument.base, rescale_up(terms.qty, instrument.qty_decimals, pair.base_decimals))
        return [
            Deposit(account, asset, Amount(amount))
            for account in self._accounts
            for asset, amount in self.targets.items()
            if 2 * balances.get(account, {}).get(asset, 0) < amount
        ]

    def _add(self, asset: str, amount: int) -> None:
        self.targets[asset] = self.targets.get(asset, 0) + _TIMES * amount

    def posted(self, event: BalancePosted) -> None:
        """Take in a ledger entry of an agent."""
        key = (event.account, event.asset)
        if 2 * event.balance >= self.targets.get(event.asset, 0):
            self._low.pop(key, None)
        else:
            self._low.setdefault(key)

    def refills(self) -> list[Command]:
        """Deposits now due. Each is asked for once, until the next entry of that balance."""
        due, self._low = self._low, {}
        return [Deposit(account, asset, Amount(self.targets[asset])) for account, asset in due]
