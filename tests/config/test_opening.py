"""A fresh exchange is opened by commands in an order it can follow; a later start tells what is new."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from krakenbox.config import Config, Limits, commands, load_default
from krakenbox.errors import ConfigError
from krakenbox.model.command import (
    AddAsset,
    AddInstrument,
    Deposit,
    FeeTier,
    OpenAccount,
    SetFeeSchedule,
    SetIndexPrice,
    SetLimits,
    SetProtection,
    Stamped,
    Tier,
)
from krakenbox.model.instrument import PairStatus
from krakenbox.venue.exchange import Exchange
from krakenbox.venue.venue import Venue

Change = Callable[[Config], dict[str, Any]]


def test_everything_is_listed_before_it_is_needed() -> None:
    kinds = [type(command) for command in commands(load_default())]
    assert kinds[:12] == [AddAsset] * 12
    assert kinds[12:14] == [SetFeeSchedule] * 2
    assert kinds[14:44] == [AddInstrument, SetIndexPrice] * 15
    assert kinds[44:46] == [SetProtection, SetLimits]
    assert kinds[46:] == ([OpenAccount] + [Deposit] * 12) * 3


def test_the_values_are_the_configured_ones() -> None:
    config = load_default()
    opening = commands(config)
    assert SetIndexPrice("BTC/USD", config.start_prices["BTC/USD"]) in opening
    assert SetLimits(enforced=True) in opening
    assert SetProtection(50_000) in opening
    assert Deposit(account="alice", asset="USD", amount=10_000_000_000) in opening


def test_limits_off_and_an_empty_balance() -> None:
    config = load_default()
    poor = replace(config.accounts["carol"], balances={"USD": 0})
    server = replace(config.server, limits=Limits.OFF)
    opening = commands(replace(config, server=server, accounts={"carol": poor}))
    assert opening[-2] == SetLimits(enforced=False)
    assert [type(command) for command in opening[-1:]] == [OpenAccount]


# --- an exchange that comes back


def opened(config: Config) -> Venue:
    """What a fresh exchange of a configuration is like, once it did as it was told."""
    exchange = Exchange(1)
    for seq, command in enumerate(commands(config), start=1):
        exchange.apply(Stamped(seq, seq, command))
    return exchange.venue


BALANCES = {name: account.balances for name, account in load_default().accounts.items()}


def test_the_same_configuration_says_nothing_new() -> None:
    config = load_default()
    assert commands(config, opened(config), BALANCES) == []


def test_additions_and_changed_limits_tiers_and_rules_are_told() -> None:
    config = load_default()
    btc_usd, *others = config.instruments
    dave = replace(config.accounts["carol"], name="dave", balances={"USD": 7, "EUR": 0})
    carol = replace(config.accounts["carol"], tier=Tier.PRO)
    spot = (FeeTier(0, 100, 50),)
    now = replace(
        config,
        protection_ppm=1,
        server=replace(config.server, limits=Limits.OFF),
        instruments=(replace(btc_usd, qty_min=3), *others),
        accounts={**config.accounts, "carol": carol, "dave": dave},
        fee_schedules={**config.fee_schedules, "spot": spot},
    )
    assert commands(now, opened(config), BALANCES) == [
        SetFeeSchedule("spot", spot),
        AddInstrument(replace(btc_usd, qty_min=3)),
        SetProtection(1),
        SetLimits(enforced=False),
        OpenAccount("carol", Tier.PRO),
        OpenAccount("dave", Tier.STARTER),
        Deposit("dave", "USD", 7),
    ]


def test_a_new_pair_brings_its_assets_and_its_index_price() -> None:
    config = replace(load_default(), accounts={})
    base = config.instruments[-1].base
    before = replace(
        config,
        instruments=tuple(i for i in config.instruments if base not in (i.base, i.quote)),
        assets=tuple(asset for asset in config.assets if asset.asset != base),
    )
    added = len(config.instruments) - len(before.instruments)
    told = [type(command) for command in commands(config, opened(before))]
    assert told == [AddAsset, *[AddInstrument, SetIndexPrice] * added]


def test_what_admin_set_stays() -> None:
    config = load_default()
    venue = opened(config)
    halted = replace(venue.markets["BTC/USD"].instrument, status=PairStatus.CANCEL_ONLY)
    venue.instruments.add(halted)
    assert commands(config, venue, BALANCES) == []


def test_an_account_that_was_not_wholly_opened_gets_the_rest() -> None:
    config = load_default()
    assets = len(config.accounts["carol"].balances)
    exchange = Exchange(1)
    for seq, command in enumerate(commands(config)[: -(assets - 1)], start=1):
        exchange.apply(Stamped(seq, seq, command))
    told = commands(config, exchange.venue, {name: b for name, b in BALANCES.items() if name != "carol"})
    assert told == commands(config)[-(assets - 1) :]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda c: {"assets": (replace(c.assets[0], decimals=2), *c.assets[1:])}, "decimals must stay"),
        (
            lambda c: {"instruments": (replace(c.instruments[0], price_decimals=3), *c.instruments[1:])},
            "instruments.BTC/USD.price_decimals must stay 1, as in the journal; was 3",
        ),
        (
            lambda c: {"accounts": {"carol": replace(c.accounts["carol"], balances={"USD": 5})}},
            "accounts.carol.balances",
        ),
    ],
)
def test_what_can_never_change_refuses_with_both_values(change: Change, text: str) -> None:
    config = load_default()
    with pytest.raises(ConfigError, match=text):
        commands(replace(config, **change(config)), opened(config), BALANCES)
