"""How many level3 subscriptions an account may open per second.

Kraken, level3 channel: a symbol costs 5 at depth 10, 25 at depth 100, 100 at depth 1000; per second an
account may spend 200, or 500 with a pro one.
"""

from krakenbox.model.command import Tier
from krakenbox.model.order import AccountId

COSTS = {10: 5, 100: 25, 1000: 100}
"""Cost of a symbol by depth."""
BUDGETS = {Tier.STARTER: 200, Tier.INTERMEDIATE: 200, Tier.PRO: 500}
"""What a tier may spend per second. The house has no bound."""

_SECOND_NS = 1_000_000_000


class Level3Counter:
    """What each account spent in its latest second; bounded by the number of accounts."""

    def __init__(self) -> None:
        self._spent: dict[AccountId, tuple[int, int]] = {}

    def charge(self, account: AccountId, tier: Tier, depth: int, now_ns: int) -> bool:
        """Spend what a symbol costs if the second's budget still has it; whether it had."""
        budget = BUDGETS.get(tier)
        if budget is None:
            return True
        second = now_ns // _SECOND_NS
        last, spent = self._spent.get(account, (second, 0))
        spent = COSTS[depth] + (spent if last == second else 0)
        if spent > budget:
            return False
        self._spent[account] = (second, spent)
        return True
