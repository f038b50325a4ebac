"""Replies as large as Kraken's, made up: 1,450 pairs of some 620 assets, the shipped ones among them."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from krakenbox.config import load_default
from krakenbox.gateway import listings
from krakenbox.model.instrument import InstrumentTable

PAIRS = 1_450
Rows = dict[str, dict[str, Any]]

_QUOTES = {  # id, wsname, decimals of prices, cost minimum, pairs
    "ZUSD": ("USD", 5, "0.5", 600),
    "ZEUR": ("EUR", 5, "0.45", 560),
    "USDT": ("USDT", 5, "0.5", 100),
    "ZGBP": ("GBP", 5, "0.4", 75),
    "XXBT": ("XBT", 9, "0.00002", 70),
    "XETH": ("ETH", 7, "0.0002", 45),
}


def shipped() -> tuple[Rows, Rows]:
    """`AssetPairs` and `Assets` as krakenbox answers them with its own fifteen pairs."""
    config, table = load_default(), InstrumentTable()
    for asset in config.assets:
        table.add_asset(asset)
    for instrument in config.instruments:
        table.add(instrument)
    pairs = listings.asset_pairs(table, config.fee_schedules, {})
    assets = listings.assets(table, {})
    # Numbers are made as raw JSON there.
    return tuple(json.loads(json.dumps(rows, default=_number)) for rows in (pairs, assets))  # type: ignore[return-value]


def _number(raw: Any) -> float:
    return float(bytes(raw))


def replies() -> tuple[Rows, Rows]:
    """`AssetPairs` with 1,450 rows, and `Assets` for them."""
    pairs, assets = shipped()
    fees = {field: pairs["XXBTZUSD"][field] for field in ("fees", "fees_maker", "fee_volume_currency")}
    assets["ZGBP"] = {**assets["ZEUR"], "altname": "GBP"}
    for quote, (name, decimals, costmin, count) in _QUOTES.items():
        listed = sum(1 for row in pairs.values() if row["quote"] == quote)
        for number in range(count - listed):
            base = f"A{number:03}X"
            assets.setdefault(base, _asset(base, number))
            altname = f"{base}{name}"
            tick = Decimal(1).scaleb(-decimals)
            pairs[altname] = {
                "altname": altname,
                "wsname": f"{base}/{name}",
                "aclass_base": "currency",
                "base": base,
                "aclass_quote": "currency",
                "quote": quote,
                "lot": "unit",
                "cost_decimals": decimals + 2,
                "pair_decimals": decimals,
                "lot_decimals": 8 if number % 10 else 5,
                "lot_multiplier": 1,
                "leverage_buy": [2, 3] if number % 9 == 0 else [],
                "leverage_sell": [2, 3] if number % 9 == 0 else [],
                **fees,
                "margin_call": 80,
                "margin_stop": 40,
                "ordermin": str(Decimal(number + 1) / 4),
                "costmin": costmin,
                "tick_size": f"{tick:f}",
                "status": "online" if number % 50 else "cancel_only",
                "execution_venue": "international",
                **({"long_position_limit": 900, "short_position_limit": 700} if number % 9 == 0 else {}),
            }
    assert len(pairs) == PAIRS, len(pairs)
    return pairs, assets


def _asset(name: str, number: int) -> dict[str, Any]:
    row: dict[str, Any] = {"aclass": "currency", "altname": name, "decimals": 10, "display_decimals": 5}
    if number % 7 == 0:
        row |= {"collateral_value": 0.9, "margin_rate": 0.02}
    return {**row, "status": "enabled" if number % 40 else "deposit_only"}


def saved(folder: Path, **results: Rows) -> list[Path]:
    """Files with replies in their envelope."""
    files = []
    for name, rows in results.items():
        files.append(folder / f"{name}.json")
        files[-1].write_text(json.dumps({"error": [], "result": rows}))
    return files
