"""The call counter of an API key.

Kraken, REST rate limits: a call adds 1 (ledger and trade history 2), the counter decays by tier, and a call
that would raise it above the tier's maximum is refused.
"""

from dataclasses import dataclass

from krakenbox.model.command import Tier

NS_PER_SECOND = 1_000_000_000

LIMITS = {
    Tier.STARTER: (15, 330),
    Tier.INTERMEDIATE: (20, 500),
    Tier.PRO: (20, 1_000),
}
"""Maximum, and decay in thousandths a second."""


@dataclass(slots=True)
class _Counter:
    level: int = 0
    """In thousandths of a call times nanoseconds a second: so a decay is exact."""
    time_ns: int = 0
    """When the level was last brought forward."""


class RestCounters:
    """The counters of all keys; bounded by the number of keys."""

    def __init__(self) -> None:
        self._counters: dict[str, _Counter] = {}

    def charge(self, key_id: str, tier: Tier, calls: int, now_ns: int) -> bool:
        """Add `calls` unless the tier's maximum forbids it; whether it did. The house has no counter."""
        limit = LIMITS.get(tier)
        if limit is None:
            return True
        maximum, decay = limit
        counter = self._counters.setdefault(key_id, _Counter())
        passed_ns = max(0, now_ns - counter.time_ns)
        counter.level = max(0, counter.level - decay * passed_ns)
        counter.time_ns = now_ns
        level = counter.level + calls * 1_000 * NS_PER_SECOND
        if level > maximum * 1_000 * NS_PER_SECOND:
            return False
        counter.level = level
        return True
