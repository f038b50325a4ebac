"""REST's view of what is listed: `Assets` and `AssetPairs`, and the names they go by in requests.

Kraken, REST reference; the fields and their order are those recorded in July 2026.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from msgspec import Raw

from krakenbox.errors import ProtocolError
from krakenbox.model.command import FeeTier
from krakenbox.model.fixed import to_text
from krakenbox.model.instrument import Asset, AssetStatus, Instrument, InstrumentTable, PairStatus
from krakenbox.model.reject import Reject

Row = dict[str, Any]

MARGIN_CALL = 80
MARGIN_STOP = 40
ONE_PPM = 1_000_000

_ASSET_STATUS = {
    AssetStatus.ENABLED: "enabled",
    AssetStatus.DEPOSIT_ONLY: "deposit_only",
    AssetStatus.WITHDRAWAL_ONLY: "withdrawal_only",
    AssetStatus.FUNDING_DISABLED: "funding_temporarily_disabled",
    AssetStatus.DISABLED: "disabled",
    AssetStatus.WORK_IN_PROGRESS: "work_in_progress",
}

_INFO = {
    "info": None,
    "leverage": ("leverage_buy", "leverage_sell"),
    "fees": ("fees", "fees_maker", "fee_volume_currency"),
    "margin": ("margin_call", "margin_stop", "long_position_limit", "short_position_limit"),
}
"""What `info` may ask for, and the fields it then gets; `info` itself means all."""


def assets(table: InstrumentTable, query: Mapping[str, str]) -> Row:
    """`Assets`: rows by asset id, all or those of `asset`; raises ProtocolError."""
    if _tokenized(query, "aclass"):
        return {}
    named = _names(query.get("asset"))
    if named is None:
        return {asset.rest_id: _asset(asset) for asset in table.assets.values()}
    found = {}
    for name in named:
        asset = find_asset(table, name)
        found[_key(name, asset.asset, asset.rest_id)] = _asset(asset)
    return found


def asset_pairs(
    table: InstrumentTable, fees: Mapping[str, tuple[FeeTier, ...]], query: Mapping[str, str]
) -> Row:
    """`AssetPairs`: rows by pair id or, where asked for by v2 symbol, by that; raises ProtocolError."""
    info = query.get("info", "info")
    if info not in _INFO:
        raise ProtocolError(Reject.INVALID_ARGUMENT.text(field="info"))
    if _tokenized(query, "aclass_base"):
        return {}
    if "international" not in query.get("execution_venue", "international").split(","):
        return {}
    named = pair_names(table, query)
    if named is None:
        listed = [i for i in table.instruments.values() if i.status is not PairStatus.DELISTED]
        named = {i.rest_id: i for i in listed}
    return {key: _pair(table, fees, i, info) for key, i in named.items()}


def _tokenized(query: Mapping[str, str], field: str) -> bool:
    """Whether the other class of assets is asked for, of which none is listed."""
    value = query.get(field) or "currency"
    if value not in ("currency", "tokenized_asset"):
        raise ProtocolError(Reject.INVALID_ARGUMENT.text(field=field))
    return value == "tokenized_asset"


def _names(text: str | None) -> list[str] | None:
    return [name.strip() for name in text.split(",")] if text else None


def _key(name: str, v2_name: str, rest_id: str) -> str:
    """Key of a result: a v2 name is echoed (recorded for pairs in 2026), anything else becomes the id."""
    return name if name == v2_name else rest_id


def pair_names(table: InstrumentTable, query: Mapping[str, str]) -> dict[str, Instrument] | None:
    """The pairs that `pair` names, by the key that each has in an answer; None where none is named."""
    named = _names(query.get("pair"))
    if named is None:
        return None
    found = [(name, find_pair(table, name)) for name in named]
    return {pair_key(name, instrument): instrument for name, instrument in found}


def pair_key(name: str, instrument: Instrument) -> str:
    """Key of an answer about a pair that was asked for by a name."""
    return _key(name, instrument.symbol, instrument.rest_id)


def find_asset(table: InstrumentTable, name: str) -> Asset:
    """The asset a REST request means; raises ProtocolError."""
    for asset in table.assets.values():
        if name in (asset.asset, asset.rest_id, asset.altname):
            return asset
    raise ProtocolError(Reject.UNKNOWN_ASSET)


def find_pair(table: InstrumentTable, name: str) -> Instrument:
    """The instrument a REST request means; raises ProtocolError."""
    # The v1 name is refused where it differs from the v2 symbol (recorded in 2026: XBT/USD).
    for instrument in table.instruments.values():
        if name in (instrument.symbol, instrument.rest_id, instrument.altname):
            return instrument
    raise ProtocolError(Reject.UNKNOWN_PAIR)


def _asset(asset: Asset) -> Row:
    row: Row = {
        "aclass": asset.asset_class,
        "altname": asset.altname,
        "decimals": asset.decimals,
        "display_decimals": asset.display_decimals,
    }
    if asset.collateral_milli:
        row["collateral_value"] = _number(asset.collateral_milli, 3)
    row["status"] = _ASSET_STATUS[asset.status]
    if asset.borrowable:
        row["margin_rate"] = _number(asset.margin_rate_ppm, 6)
    return row


def _pair(
    table: InstrumentTable, fees: Mapping[str, tuple[FeeTier, ...]], pair: Instrument, info: str
) -> Row:
    leverage = list(range(2, ONE_PPM // pair.margin_initial_ppm + 1)) if pair.marginable else []
    tiers = fees[pair.fee_schedule]
    row: Row = {
        "altname": pair.altname,
        "wsname": pair.wsname,
        "aclass_base": "currency",
        "base": table.assets[pair.base].rest_id,
        "aclass_quote": "currency",
        "quote": table.assets[pair.quote].rest_id,
        "lot": "unit",
        "cost_decimals": pair.cost_decimals,
        "pair_decimals": pair.price_decimals,
        "lot_decimals": pair.qty_decimals,
        "lot_multiplier": 1,
        "leverage_buy": leverage,
        "leverage_sell": leverage,
        "fees": _fees(tuple((tier.volume_usd, tier.taker_ppm) for tier in tiers)),
        "fees_maker": _fees(tuple((tier.volume_usd, tier.maker_ppm) for tier in tiers)),
        "fee_volume_currency": "ZUSD",
        "margin_call": MARGIN_CALL,
        "margin_stop": MARGIN_STOP,
        "ordermin": _short(pair.qty_min, pair.qty_decimals),
        "costmin": _short(pair.cost_min, pair.cost_decimals),
        "tick_size": _short(pair.price_increment, pair.price_decimals),
        "status": pair.status.value,
        "execution_venue": "international",
    }
    if pair.marginable:
        row["long_position_limit"] = pair.position_limit_long
        row["short_position_limit"] = pair.position_limit_short
    wanted = _INFO[info]
    return row if wanted is None else {field: row[field] for field in wanted if field in row}


# Of 1,450 pairs most have one schedule: rendering it for each took most of the time.
@lru_cache(maxsize=64)
def _fees(steps: tuple[tuple[int, int], ...]) -> list[list[Any]]:
    """Volume and percent; a millionth is 0.0001 percent."""
    return [[volume, _number(ppm, 4)] for volume, ppm in steps]


def _number(units: int, decimals: int) -> Raw:
    """A JSON number with at least one decimal and no more zeros than that."""
    text = to_text(units, decimals).rstrip("0")
    return Raw((text + "0" if text.endswith(".") else text).encode())


def _short(units: int, decimals: int) -> str:
    """Decimal text without trailing zeros: `0.00005`, `50`."""
    text = to_text(units, decimals)
    return text.rstrip("0").rstrip(".") if decimals else text
