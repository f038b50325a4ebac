"""Accounts: balances, what open orders hold of them, and the open orders themselves."""

from krakenbox.model.command import OrderRef, Tier
from krakenbox.model.fixed import Amount
from krakenbox.model.order import AccountId, Order, OrderId, client_key
from krakenbox.venue.fees import Volume

MAX_OPEN_ORDERS = {Tier.STARTER: 60, Tier.INTERMEDIATE: 80, Tier.PRO: 225}
"""Open orders per pair (Kraken, guide "spot rate limits"); tiers not named have no cap."""


class Account:
    """One account. Amounts are ledger units of their asset."""

    __slots__ = (
        "account",
        "balances",
        "cl_ord_ids",
        "counters",
        "holds",
        "open_counts",
        "orders",
        "tier",
        "volume",
    )

    def __init__(self, account: AccountId, tier: Tier) -> None:
        self.account = account
        self.tier = tier
        self.balances: dict[str, int] = {}
        self.holds: dict[str, int] = {}
        """By asset, the sum of the open orders' holds; never above the balance."""
        self.orders: dict[OrderId, Order] = {}
        """Open orders, in order of entry."""
        self.cl_ord_ids: dict[str, Order] = {}
        """Open orders by `client_key`: unique among these only."""
        self.open_counts: dict[str, int] = {}
        """Open orders per symbol; a dormant one is open."""
        self.counters: dict[str, tuple[int, int]] = {}
        """Trading counter per symbol and when it was last charged: kept by `ratelimit`."""
        self.volume = Volume()

    def available(self, asset: str) -> int:
        """What a new order may hold."""
        return self.balances.get(asset, 0) - self.holds.get(asset, 0)

    def enlist(self, order: Order) -> None:
        """An order of this account is open from now on, and holds what it says."""
        self.orders[order.order_id] = order
        if order.terms.cl_ord_id:
            self.cl_ord_ids[client_key(order.terms.cl_ord_id)] = order
        symbol = order.terms.symbol
        self.open_counts[symbol] = self.open_counts.get(symbol, 0) + 1
        self.holds[order.hold_asset] = self.holds.get(order.hold_asset, 0) + order.hold
        assert self.available(order.hold_asset) >= 0, f"{order.order_id} holds more than there is"

    def named(self, ref: OrderRef) -> Order | None:
        """The open order of an order id or client id."""
        if ref.cl_ord_id:
            return self.cl_ord_ids.get(client_key(ref.cl_ord_id))
        return self.orders.get(ref.order_id)

    def hold(self, order: Order, amount: int) -> None:
        """Let an open order hold `amount` from now on, after what it paid has left the balance."""
        asset = order.hold_asset
        held = self.holds[asset] = self.holds[asset] + amount - order.hold
        order.hold = Amount(amount)
        assert amount >= 0, f"{order.order_id} would hold {amount}"
        assert held <= self.balances[asset], f"{order.order_id} paid more than it held"

    def delist(self, order: Order) -> None:
        """An order ended: all it still holds is released."""
        if order.hold:
            self.hold(order, 0)
        del self.orders[order.order_id]
        if order.terms.cl_ord_id:
            del self.cl_ord_ids[client_key(order.terms.cl_ord_id)]
        self.open_counts[order.terms.symbol] -= 1
