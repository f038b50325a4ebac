"""The commands that open a fresh exchange: everything that steers it enters through the journal."""

from collections.abc import Iterator

from krakenbox.config.settings import Config, Limits
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
from krakenbox.model.order import AccountId


def commands(config: Config) -> list[Command]:
    """What to submit to an empty exchange, in order."""
    return list(_commands(config))


def _commands(config: Config) -> Iterator[Command]:
    for asset in config.assets:
        yield AddAsset(asset)
    for name, tiers in config.fee_schedules.items():
        yield SetFeeSchedule(name, tiers)
    for instrument in config.instruments:
        yield AddInstrument(instrument)
        if instrument.has_index:
            yield SetIndexPrice(instrument.symbol, config.start_prices[instrument.symbol])
    yield SetProtection(config.protection_ppm)
    yield SetLimits(config.server.limits is Limits.REAL)
    for account in config.accounts.values():
        yield OpenAccount(AccountId(account.name), account.tier)
        for name, amount in account.balances.items():
            if amount:
                yield Deposit(AccountId(account.name), name, amount)
