"""Saved replies of Kraken's REST `AssetPairs`, `Assets` and `Ticker` into a TOML file that lists them all.

Names follow the venue: only two assets are called otherwise in v2, everything else is taken from the replies.
What these do not say stays as shipped for the pairs that krakenbox ships, and is chosen for the others.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec
from msgspec import Struct

from krakenbox.config.settings import Config
from krakenbox.errors import ConfigError
from krakenbox.model.command import FeeTier

RENAMED = {"XBT": "BTC", "XDG": "DOGE"}
"""What v2 calls otherwise than REST and v1: two of 1,451 names in 2026."""
WORTH = 10
"""Cost minima that the least order of a pair is worth where no price is known. The venue sets least orders
so that they are worth a few dollars, and cost minima to half a dollar."""
PPM = 1_000_000


class PairRow(Struct):
    """One row of `AssetPairs`."""

    altname: str
    base: str
    quote: str
    pair_decimals: int
    cost_decimals: int
    ordermin: Decimal
    wsname: str = ""
    """The dark pools of 2021 had none."""
    lot_decimals: int = 8
    costmin: Decimal = Decimal(0)
    tick_size: Decimal | None = None
    status: str = "online"
    aclass_base: str = "currency"
    execution_venue: str = "international"
    fees: tuple[tuple[Decimal, Decimal], ...] = ()
    fees_maker: tuple[tuple[Decimal, Decimal], ...] = ()
    leverage_buy: tuple[int, ...] = ()
    long_position_limit: int = 0
    short_position_limit: int = 0

    @property
    def symbol(self) -> str:
        """Its v2 symbol."""
        base, _, quote = self.wsname.partition("/")
        return f"{RENAMED.get(base, base)}/{RENAMED.get(quote, quote)}"

    @property
    def listed(self) -> bool:
        """Whether it is one of what krakenbox has: currencies on the international venue."""
        venue = (self.aclass_base, self.execution_venue)
        return "/" in self.wsname and venue == ("currency", "international")


class AssetRow(Struct):
    """One row of `Assets`."""

    altname: str
    decimals: int
    display_decimals: int
    status: str = "enabled"
    collateral_value: Decimal = Decimal(0)
    margin_rate: Decimal | None = None


class TickerRow(Struct):
    """One row of `Ticker`: of its fields, price and volume of the last trade."""

    c: tuple[Decimal, Decimal]


class Replies(NamedTuple):
    """What a set of files holds, by REST id."""

    pairs: dict[str, PairRow]
    assets: dict[str, AssetRow]
    tickers: dict[str, TickerRow]


Row = TypeVar("Row", PairRow, AssetRow, TickerRow)


def read_replies(files: Iterable[Path]) -> Replies:
    """Replies with or without their envelope, told apart by their rows; raises ConfigError."""
    found = Replies({}, {}, {})
    for file in files:
        rows = _result(file)
        first: dict[str, Any] = next(iter(rows.values()), {})
        if "pair_decimals" in first:
            found.pairs.update(_rows(file, rows, PairRow))
        elif "display_decimals" in first:
            found.assets.update(_rows(file, rows, AssetRow))
        elif "c" in first:
            found.tickers.update(_rows(file, rows, TickerRow))
        else:
            raise ConfigError(f"{file}: must be a reply of AssetPairs, Assets or Ticker")
    for name, rows in (("AssetPairs", found.pairs), ("Assets", found.assets)):
        if not rows:
            raise ConfigError(f"a reply of {name} is missing")
    return found


def _result(file: Path) -> dict[str, Any]:
    try:
        told = json.loads(file.read_text(encoding="utf-8"), parse_float=Decimal)
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise ConfigError(f"{file}: is no JSON: {error}") from None
    if isinstance(told, dict) and "error" in told:
        if told["error"]:
            raise ConfigError(f"{file}: holds the error {told['error']}")
        told = told.get("result")
    if not isinstance(told, dict) or not all(isinstance(row, dict) for row in told.values()):
        raise ConfigError(f"{file}: must be a reply of AssetPairs, Assets or Ticker")
    return told


def _rows(file: Path, rows: Mapping[str, Any], kind: type[Row]) -> dict[str, Row]:
    read = {}
    for key, row in rows.items():
        try:
            read[key] = msgspec.convert(row, kind)
        except msgspec.ValidationError as error:
            raise ConfigError(f"{file}: {key}: {error}") from None
    return read


def toml(replies: Replies, shipped: Config) -> Iterator[str]:
    """Lines of a file for `--config`: the assets and instruments of some replies; raises ConfigError."""
    pairs = {rest_id: pair for rest_id, pair in replies.pairs.items() if pair.listed}
    legs: dict[str, str] = {}
    for pair in pairs.values():
        base, _, quote = pair.symbol.partition("/")
        legs |= {pair.base: base, pair.quote: quote}
    yield from _assets(legs, replies.assets)
    schedules = Schedules(shipped.fee_schedules)
    prices = Prices(pairs, replies.tickers, shipped)
    own = {instrument.symbol for instrument in shipped.instruments}
    for rest_id, pair in pairs.items():
        yield f"[instruments.{_key(pair.symbol)}]"
        yield from _entries(_instrument(rest_id, pair))
        yield from _entries({"start_price": prices.of(rest_id, pair), **schedules.named(pair)})
        if pair.symbol not in own:
            yield from _entries({"has_index": False, "market": False})
        yield ""
    yield from schedules.lines()


def _assets(legs: Mapping[str, str], rows: Mapping[str, AssetRow]) -> Iterator[str]:
    for rest_id, name in legs.items():
        row = rows.get(rest_id)
        if row is None:
            raise ConfigError(f"the asset {rest_id} is in the reply of AssetPairs, not in that of Assets")
        yield f"[assets.{_key(name)}]"
        yield from _entries(
            {
                "rest_id": rest_id,
                "altname": row.altname,
                "decimals": row.decimals,
                "display_decimals": row.display_decimals,
                "status": row.status.replace("_", ""),
                "collateral_value": row.collateral_value,
            }
        )
        if row.margin_rate is not None:
            yield from _entries({"borrowable": True, "margin_rate": row.margin_rate})
        yield ""


def _instrument(rest_id: str, pair: PairRow) -> dict[str, Any]:
    table = {
        "wsname": pair.wsname,
        "rest_id": rest_id,
        "altname": pair.altname,
        "price_decimals": pair.pair_decimals,
        "qty_decimals": pair.lot_decimals,
        "cost_decimals": pair.cost_decimals,
        "price_increment": _tick(pair),
        "qty_min": pair.ordermin,
        "cost_min": pair.costmin,
        "status": pair.status,
    }
    if pair.leverage_buy:
        # Rounded down, so that the most is listed again: leverage is what one over this says.
        table["margin_initial"] = Decimal(PPM // max(pair.leverage_buy)) / PPM
        table["position_limit_long"] = pair.long_position_limit
        table["position_limit_short"] = pair.short_position_limit
    return table


def _tick(pair: PairRow) -> Decimal:
    return pair.tick_size or Decimal(1).scaleb(-pair.pair_decimals)


class Prices:
    """Start prices: those last traded; else such that crosses agree with what their assets are worth."""

    def __init__(
        self, pairs: Mapping[str, PairRow], tickers: Mapping[str, TickerRow], shipped: Config
    ) -> None:
        self._tickers = tickers
        self._worth = _shipped_worth(shipped)
        known = 0
        while known != len(self._worth):
            known = len(self._worth)
            for pair in pairs.values():
                if pair.base not in self._worth and pair.quote in self._worth:
                    self._worth[pair.base] = _guess(pair) * self._worth[pair.quote]

    def of(self, rest_id: str, pair: PairRow) -> Decimal:
        """A multiple of the pair's tick, at least one."""
        price = self._traded(rest_id, pair) or self._crossed(pair) or _guess(pair)
        tick = _tick(pair)
        return max((price / tick).quantize(Decimal(1)), Decimal(1)) * tick

    def _traded(self, rest_id: str, pair: PairRow) -> Decimal | None:
        names = (rest_id, pair.altname, pair.wsname, pair.symbol)
        return next((self._tickers[name].c[0] for name in names if name in self._tickers), None)

    def _crossed(self, pair: PairRow) -> Decimal | None:
        base, quote = self._worth.get(pair.base), self._worth.get(pair.quote)
        return base / quote if base and quote else None


def _guess(pair: PairRow) -> Decimal:
    return WORTH * pair.costmin / pair.ordermin if pair.costmin and pair.ordermin else Decimal(1)


def _shipped_worth(shipped: Config) -> dict[str, Decimal]:
    """Dollars per unit of the assets shipped, by REST id."""
    ids = {asset.asset: asset.rest_id for asset in shipped.assets}
    worth = {ids["USD"]: Decimal(1)} if "USD" in ids else {}
    for instrument in shipped.instruments:
        price = Decimal(shipped.start_prices[instrument.symbol]).scaleb(-instrument.price_decimals)
        if instrument.quote == "USD":
            worth[ids[instrument.base]] = price
    return worth


class Schedules:
    """Fee schedules: those shipped by their names, others numbered as they come."""

    def __init__(self, shipped: Mapping[str, tuple[FeeTier, ...]]) -> None:
        self._names = {tiers: name for name, tiers in shipped.items()}
        self._made: list[tuple[FeeTier, ...]] = []

    def named(self, pair: PairRow) -> dict[str, str]:
        """The key of a pair whose reply says its fees; one without follows what is shipped."""
        tiers = tuple(_tiers(pair))
        if not tiers:
            return {}
        if tiers not in self._names:
            self._made.append(tiers)
            self._names[tiers] = f"imported-{len(self._made)}"
        return {"fee_schedule": self._names[tiers]}

    def lines(self) -> Iterator[str]:
        """Those that are not shipped."""
        if self._made:
            yield "[fee_schedules]"
        for tiers in self._made:
            yield f"{self._names[tiers]} = ["
            for tier in tiers:
                rates = (_percent(tier.taker_ppm), _percent(tier.maker_ppm))
                yield "    {{ volume = {}, taker = {}, maker = {} }},".format(tier.volume_usd, *rates)
            yield "]"


def _tiers(pair: PairRow) -> Iterator[FeeTier]:
    """Takers' and makers' rates at every volume of either; without makers' own all pay the same."""
    makers = pair.fees_maker or pair.fees
    for volume in sorted({volume for volume, _ in (*pair.fees, *makers)}):
        taker, maker = ([rate for begins, rate in steps if begins <= volume] for steps in (pair.fees, makers))
        if taker and maker:
            yield FeeTier(volume_usd=int(volume), taker_ppm=_ppm(taker[-1]), maker_ppm=_ppm(maker[-1]))


def _ppm(percent: Decimal) -> int:
    return int(percent * 10_000)


def _percent(ppm: int) -> str:
    return _text(Decimal(ppm) / 10_000)


def _entries(table: Mapping[str, Any]) -> Iterator[str]:
    return (f"{key} = {_text(value)}" for key, value in table.items())


def _text(value: Any) -> str:
    """A value as TOML, which takes JSON's texts as they are."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    return json.dumps(value)


def _key(name: str) -> str:
    return name if name.isascii() and name.isalnum() else json.dumps(name)
