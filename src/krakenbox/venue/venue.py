"""All state of the exchange in one place. What changes it stands in the modules around."""

from collections import deque

from krakenbox.engine.matching import PROTECTION_PPM
from krakenbox.model.fixed import nearest
from krakenbox.model.ids import IdMint
from krakenbox.model.instrument import InstrumentTable, PairStatus, SystemStatus
from krakenbox.model.order import AccountId
from krakenbox.venue.accounts import Account
from krakenbox.venue.aftermath import Aftermath
from krakenbox.venue.fees import FREE, USD, Schedule
from krakenbox.venue.ledger import Ledger
from krakenbox.venue.market import Market
from krakenbox.venue.timers import Timers

_MATCHING = (PairStatus.ONLINE, PairStatus.LIMIT_ONLY)


class Venue:
    """Markets, accounts and the rules in force; empty until commands fill it."""

    __slots__ = (
        "accounts",
        "aftermath",
        "instruments",
        "ledger",
        "limits_enforced",
        "markets",
        "mint",
        "nonces",
        "protection_ppm",
        "schedules",
        "seq",
        "status",
        "time_ns",
        "timers",
    )

    def __init__(self, venue_id: int) -> None:
        self.mint = IdMint(venue_id)
        self.seq = 0
        self.time_ns = 0
        """Stamp of the last command."""
        self.instruments = InstrumentTable()
        self.markets: dict[str, Market] = {}
        """By symbol."""
        self.accounts: dict[AccountId, Account] = {}
        self.aftermath: Aftermath = deque()
        """What the command that is being applied still has to do; else empty."""
        self.ledger = Ledger()
        self.schedules: dict[str, Schedule] = {}
        self.timers = Timers()
        self.status = SystemStatus.ONLINE
        self.limits_enforced = True
        self.protection_ppm = PROTECTION_PPM
        """How far from the last price a market order trades at most, in millionths."""
        self.nonces: dict[str, int] = {}
        """Highest nonce used, by API key."""

    def matching(self, market: Market) -> bool:
        """Whether orders of a market may trade; while they may not, triggers and scheduled starts wait."""
        return self.status is SystemStatus.ONLINE and market.instrument.status in _MATCHING

    def schedule(self, market: Market) -> Schedule:
        """The fee schedule of a market."""
        return self.schedules.get(market.instrument.fee_schedule, FREE)

    def in_usd(self, quote: str, units: int) -> int:
        """An amount of a quote asset in USD, at the same decimals; 0 where no price of the asset is known."""
        if quote == USD:
            return units
        market = self.markets.get(f"{quote}/{USD}")
        if market is None:
            return 0
        return nearest(units * market.price, 10**market.instrument.price_decimals)
