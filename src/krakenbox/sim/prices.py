"""Latent prices: what the agents think an asset is worth. Integers only.

Each asset has one path, the logarithm of its price in USD against its price at the opening, in billionths. A
pair is worth the difference of its two assets' paths, so BTC/EUR always agrees with BTC/USD and EUR/USD.

A path is drawn in knots one minute apart and runs straight between them: smooth enough that a book can follow
it with a few orders a second. Each knot is pulled back towards 0 (an Ornstein-Uhlenbeck walk): however long
the exchange runs, a price stays within a few per cent of where it began. Such a walk looks the same in both
directions, so the past before the opening is walked backwards from 0.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import isqrt

from krakenbox.sim.dice import Dice

MINUTE_S = 60
USD = "USD"
"""What every path is told against: its own stays at 0."""
_BILLION = 1_000_000_000
_REVERSION_S = 2 * 86_400
"""Time in which a distance from 0 shrinks to 1/e. Over weeks a path's spread is then one daily deviation."""
_ROOT_OF_DAY = 38
"""Root of the minutes of a day: the daily deviation over that of a minute."""
_MINUTES_AT_ONCE = 7 * 1_440
"""Most minutes walked for one look: who slept longer than a week misses the rest."""

_DAILY_PPM = {
    "BTC": 15_000,
    "ETH": 20_000,
    "SOL": 26_000,
    "XRP": 24_000,
    "DOGE": 30_000,
    "ADA": 26_000,
    "LTC": 22_000,
    "LINK": 27_000,
}
"""Standard deviation of a day's move, in millionths of the price; calmer than life."""
_OTHER_DAILY_PPM = 25_000
_CURRENCY_DAILY_PPM = {USD: 0, "EUR": 3_500, "GBP": 4_000, "USDT": 80, "USDC": 50}
"""Likewise of currencies and stable coins: these do not follow the crowd."""
_CROWD_PERCENT = 70
"""Share of the common move in that of a crypto asset; the squares of this and of its own share sum to 1."""
_OWN_PERCENT = 71


def minute_deviation(asset: str) -> int:
    """Standard deviation of one minute's move against USD, in billionths."""
    daily_ppm = _CURRENCY_DAILY_PPM.get(asset, _DAILY_PPM.get(asset, _OTHER_DAILY_PPM))
    return daily_ppm * 1_000 // _ROOT_OF_DAY


def pair_deviation(base: str, quote: str) -> int:
    """Standard deviation of one minute's move of a pair, in billionths."""
    return isqrt(minute_deviation(base) ** 2 + minute_deviation(quote) ** 2)


def exp_ppb(x: int) -> int:
    """e to the x, both in billionths; exact to a millionth for |x| up to 0.2, where no path goes."""
    power, total = _BILLION, _BILLION
    for n in range(1, 6):
        power = power * x // (n * _BILLION)
        total += power
    return max(total, 1)


_FURTHEST = 200_000_000
"""Where no path goes: some 20 per cent."""


def log_ppb(price: int, start: int) -> int:
    """Logarithm of a price against the start, in billionths: undone by `exp_ppb`; at most 0.2 either way."""
    low, high = -_FURTHEST, _FURTHEST
    while low < high:
        middle = (low + high + 1) >> 1
        if start * exp_ppb(middle) <= price * _BILLION:
            low = middle
        else:
            high = middle - 1
    return low


class Prices:
    """The paths of all assets, from the opening on, or from where they stood when the market returns."""

    __slots__ = ("_crowd", "_here", "_minute", "_movers", "_next", "_seed")

    def __init__(self, assets: Iterable[str], seed: int, stood: Mapping[str, int] | None = None) -> None:
        """`stood` has the assets whose paths do not begin at 0."""
        self._seed = seed
        self._crowd = Dice(seed, "path")
        self._movers = [_Mover(asset, seed) for asset in sorted(set(assets))]
        self._minute = 0
        begin = stood or {}
        self._here = {mover.asset: begin.get(mover.asset, 0) for mover in self._movers}
        self._next = self._knots(self._here)

    def log_ppb(self, base: str, quote: str, seconds_milli: int) -> int:
        """Logarithm of a pair's price against the opening; time counts from there and never goes back."""
        minute, into = divmod(seconds_milli, MINUTE_S * 1_000)
        if minute != self._minute:
            self._walk_to(minute)
        here = self._here[base] - self._here[quote]
        there = self._next[base] - self._next[quote]
        return here + (there - here) * into // (MINUTE_S * 1_000)

    def past(self, seconds: Sequence[int]) -> dict[str, list[int]]:
        """Every asset's path back from here in steps of so many seconds; first where it stands."""
        crowd = Dice(self._seed, "past")
        movers = [_Mover(mover.asset, self._seed, "past") for mover in self._movers]
        paths = {mover.asset: [self._here[mover.asset]] for mover in movers}
        for step in seconds:
            root = _root_milli(step)
            common = crowd.bell(1_000)
            for mover in movers:
                path = paths[mover.asset]
                path.append(mover.moved(path[-1], common, step, root))
        return paths

    def _walk_to(self, minute: int) -> None:
        assert minute > self._minute, f"time never goes back: minute {minute} after {self._minute}"
        for _ in range(min(minute - self._minute, _MINUTES_AT_ONCE)):
            self._here = self._next
            self._next = self._knots(self._here)
        self._minute = minute

    def _knots(self, here: dict[str, int]) -> dict[str, int]:
        common = self._crowd.bell(1_000)
        return {
            mover.asset: mover.moved(here[mover.asset], common, MINUTE_S, 1_000) for mover in self._movers
        }


def _root_milli(seconds: int) -> int:
    """Root of the time in minutes, in thousandths."""
    return isqrt(seconds * 1_000_000 // MINUTE_S)


class _Mover:
    """How one asset moves."""

    __slots__ = ("_crowd_percent", "_deviation", "_dice", "_own_percent", "asset")

    def __init__(self, asset: str, seed: int, stream: str = "path") -> None:
        self.asset = asset
        self._dice = Dice(seed, stream, asset)
        self._deviation = minute_deviation(asset)
        follows = asset not in _CURRENCY_DAILY_PPM
        self._crowd_percent = _CROWD_PERCENT if follows else 0
        self._own_percent = _OWN_PERCENT if follows else 100

    def moved(self, x: int, common: int, seconds: int, root_milli: int) -> int:
        """Where x goes in so many seconds; `common` is the crowd's move in thousandths of a deviation."""
        if not self._deviation:
            return x
        own = self._dice.bell(1_000)
        move = self._crowd_percent * common + self._own_percent * own
        return x - x * seconds // _REVERSION_S + move * self._deviation * root_milli // 100_000_000
