"""The commands that make an exchange what its configuration says: everything that steers it enters through
the journal. A fresh exchange is told everything, one that comes back only what is new or may change."""

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from krakenbox.config.settings import Account, Config, Limits
from krakenbox.errors import ConfigError
from krakenbox.model.command import (
    AddAsset,
    AddInstrument,
    Command,
    Deposit,
    OpenAccount,
    SetFeeSchedule,
    SetIndexPrice,
    SetLimits,
    SetProtection,
)
from krakenbox.model.fixed import Amount
from krakenbox.model.instrument import Asset, Instrument
from krakenbox.model.order import AccountId
from krakenbox.venue.venue import Venue

Balances = Mapping[str, Amount]
"""Ledger units by asset."""

_FIXED = ("base", "quote", "price_decimals", "qty_decimals", "cost_decimals")
"""What prices, quantities and balances of an instrument are counted in."""


def commands(
    config: Config, venue: Venue | None = None, opened: Mapping[str, Balances] | None = None
) -> list[Command]:
    """What to submit to an exchange in this state, in order; without one, to an empty exchange.

    `opened` tells what each account of the venue was opened with. What the configuration lists no longer
    stays as it is, and so does what /admin set. Raises ConfigError for what can never change.
    """
    return list(_commands(config, venue or Venue(0), opened or {}))


def _commands(config: Config, venue: Venue, opened: Mapping[str, Balances]) -> Iterator[Command]:
    fresh = venue.seq == 0
    for asset in config.assets:
        yield from _asset(asset, venue)
    for name, tiers in config.fee_schedules.items():
        if name not in venue.schedules or venue.schedules[name].tiers != tiers:
            yield SetFeeSchedule(name, tiers)
    for instrument in config.instruments:
        yield from _instrument(instrument, config, venue)
    if fresh or venue.protection_ppm != config.protection_ppm:
        yield SetProtection(config.protection_ppm)
    enforced = config.server.limits is Limits.REAL
    if fresh or venue.limits_enforced is not enforced:
        yield SetLimits(enforced)
    for account in config.accounts.values():
        yield from _account(account, venue, opened)


def _asset(asset: Asset, venue: Venue) -> Iterator[Command]:
    listed = venue.instruments.assets.get(asset.asset)
    if listed == asset:
        return
    if listed is not None and listed.decimals != asset.decimals:
        raise _fixed(f"assets.{asset.asset}.decimals", listed.decimals, asset.decimals)
    yield AddAsset(asset)


def _instrument(instrument: Instrument, config: Config, venue: Venue) -> Iterator[Command]:
    symbol = instrument.symbol
    listed = venue.instruments.get(symbol)
    if listed is None:
        yield AddInstrument(instrument)
        if instrument.has_index:
            yield SetIndexPrice(symbol, config.start_prices[symbol])
        return
    for name in _FIXED:
        was, told = getattr(listed, name), getattr(instrument, name)
        if was != told:
            raise _fixed(f"instruments.{symbol}.{name}", was, told)
    # The mode is the operator's, who may have changed it since by /admin.
    wanted = replace(instrument, status=listed.status)
    if wanted != listed:
        yield AddInstrument(wanted)


def _account(account: Account, venue: Venue, opened: Mapping[str, Balances]) -> Iterator[Command]:
    name = AccountId(account.name)
    there = venue.accounts.get(name)
    if there is None or there.tier is not account.tier:
        yield OpenAccount(name, account.tier)
    before = opened.get(name)
    if before is None:
        # Not opened yet, or not wholly: nobody can have traded with it.
        for asset, amount in account.balances.items():
            if amount and not (there and there.balances.get(asset)):
                yield Deposit(name, asset, amount)
        return
    for asset in (*before, *account.balances):
        was, told = before.get(asset, 0), account.balances.get(asset, 0)
        if was != told:
            raise _fixed(f"accounts.{name}.balances.{asset}", was, told)


def _fixed(place: str, was: int | str, told: int | str) -> ConfigError:
    return ConfigError(
        f"{place} must stay {was}, as in the journal; was {told} (start elsewhere with --data)"
    )
