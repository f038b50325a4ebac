"""Money by REST: `Balance`, `BalanceEx`, `TradeBalance`, `TradeVolume`, `OpenPositions`.

Kraken, REST reference: balances by asset id at the decimals of their ledger; equity and volumes with four.
"""

from typing import Any

from krakenbox.feeds.hub import Hub
from krakenbox.feeds.volumes import USD, USD_DECIMALS
from krakenbox.gateway.holds import expected_price, holds, remaining, tier_of
from krakenbox.gateway.listings import find_asset, pair_names
from krakenbox.gateway.restmethod import Answer, Call, answered
from krakenbox.model.command import FeeTier
from krakenbox.model.fixed import nearest, rescale, to_text
from krakenbox.model.order import AccountId

USD_ID = "ZUSD"
_PERCENT_DECIMALS = 4
"""A rate in millionths is a percentage with four decimals."""
_UNITS = 12
"""Decimals that equity is added up with."""
_MILLI = 1_000

Row = dict[str, Any]


def balance(call: Call) -> Answer:
    """What there is of each asset."""
    assets = call.hub.reference.table.assets
    held = call.hub.balances(call.key.account)
    return answered(
        {assets[name].rest_id: to_text(units, assets[name].decimals) for name, units in held.items()}
    )


def balance_ex(call: Call) -> Answer:
    """What there is of each asset, and how much of it open orders hold."""
    assets = call.hub.reference.table.assets
    account = call.key.account
    on_hold = holds(call.hub, call.fees, account, call.now_ns)
    rows = {}
    for name, units in call.hub.balances(account).items():
        asset = assets[name]
        rows[asset.rest_id] = {
            "balance": to_text(units, asset.decimals),
            "hold_trade": to_text(on_hold.get(name, 0), asset.decimals),
        }
    return answered(rows)


# --- TradeBalance


def trade_balance(call: Call) -> Answer:
    """What all is worth, in one asset. Without positions equity is the trade balance, all of it free."""
    hub, account = call.hub, call.key.account
    assets = hub.reference.table.assets
    unit = find_asset(hub.reference.table, call.fields.get("asset") or USD)
    total = collateral = 0
    for name, units in hub.balances(account).items():
        worth = hub.in_usd(name, rescale(units, assets[name].decimals, _UNITS))
        total += worth
        collateral += nearest(worth * assets[name].collateral_milli, _MILLI)

    def text(usd: int) -> str:
        return to_text(rescale(_from_usd(hub, unit.asset, usd), _UNITS, USD_DECIMALS), USD_DECIMALS)

    nothing = to_text(0, USD_DECIMALS)
    return answered(
        {
            "eb": text(total),
            "tb": text(collateral),
            "m": nothing,
            "n": nothing,
            "c": nothing,
            "v": nothing,
            "e": text(collateral),
            "mf": text(collateral),
            "uv": text(_unexecuted(hub, account)),
        }
    )


def _from_usd(hub: Hub, asset: str, usd: int) -> int:
    """An amount of USD in another asset; 0 of one that never traded against it."""
    one = 10**_UNITS
    worth = hub.in_usd(asset, one)
    return nearest(usd * one, worth) if worth else 0


def _unexecuted(hub: Hub, account: AccountId) -> int:
    """What is not executed yet of open orders, in USD."""
    total = 0
    for order in hub.orders(account).open.values():
        instrument = hub.reference.table.instruments[order.terms.symbol]
        exact = expected_price(order, instrument) * remaining(order)
        total += hub.in_usd(instrument.quote, rescale(exact, instrument.exact_decimals, _UNITS))
    return total


# --- TradeVolume


def trade_volume(call: Call) -> Answer:
    """The 30-day volume in USD, and the fees that it has earned of the pairs that are named."""
    hub = call.hub
    volume = hub.volume(call.key.account, call.now_ns)
    told: Row = {"currency": USD_ID, "volume": to_text(volume, USD_DECIMALS)}
    named = pair_names(hub.reference.table, call.fields)
    if named is not None:
        tiers = {key: call.fees[instrument.fee_schedule] for key, instrument in named.items()}
        told["fees"] = {key: _fee(steps, volume, "taker_ppm") for key, steps in tiers.items()}
        told["fees_maker"] = {key: _fee(steps, volume, "maker_ppm") for key, steps in tiers.items()}
    return answered(told)


def _fee(tiers: tuple[FeeTier, ...], volume: int, rate: str) -> Row:
    """One fee in percent: now, at best, at worst, and at the next step of the schedule if there is one."""
    place = tiers.index(tier_of(tiers, volume))
    following = tiers[place + 1] if place + 1 < len(tiers) else None
    rates = [getattr(tier, rate) for tier in tiers]
    return {
        "fee": to_text(rates[place], _PERCENT_DECIMALS),
        "minfee": to_text(min(rates), _PERCENT_DECIMALS),
        "maxfee": to_text(max(rates), _PERCENT_DECIMALS),
        "nextfee": None if following is None else to_text(rates[place + 1], _PERCENT_DECIMALS),
        "nextvolume": None if following is None else f"{following.volume_usd}.0000",
        "tiervolume": f"{tiers[place].volume_usd}.0000",
    }


def open_positions(call: Call) -> Answer:
    """None: accounts have no margin."""
    return answered({})
