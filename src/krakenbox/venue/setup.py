"""What the operator does: list assets and markets, open accounts, fund them, set rules and modes."""

from msgspec.structs import replace

from krakenbox.model.command import (
    AddAsset,
    AddInstrument,
    Deposit,
    OpenAccount,
    SeedHistory,
    SetFeeSchedule,
    SetIndexPrice,
    SetLimits,
    SetPairStatus,
    SetProtection,
    SetSystemStatus,
    UseNonce,
)
from krakenbox.model.event import (
    AccountOpened,
    AssetListed,
    BalancePosted,
    HistorySeeded,
    InstrumentListed,
    LedgerKind,
    LimitsSet,
    NonceUsed,
    SystemStatusChanged,
)
from krakenbox.model.fixed import Amount
from krakenbox.model.ids import DEPOSIT, LEDGER
from krakenbox.model.instrument import Instrument
from krakenbox.model.order import VENUE_PREFIX, AccountId, Reference
from krakenbox.model.reject import Reject
from krakenbox.venue import fees
from krakenbox.venue.accounts import Account
from krakenbox.venue.aftermath import Priced, Resumed
from krakenbox.venue.market import Market
from krakenbox.venue.moment import NOBODY, Moment
from krakenbox.venue.venue import Venue


def _refuse(now: Moment, field: str, account: AccountId = NOBODY) -> None:
    now.reject(Reject.INVALID_ARGUMENT.text(field=field), account)


def add_asset(venue: Venue, now: Moment, command: AddAsset) -> None:
    """List an asset; the decimals of a listed one never change."""
    listed = venue.instruments.assets.get(command.asset.asset)
    if listed is not None and listed.decimals != command.asset.decimals:
        _refuse(now, "decimals")
        return
    venue.instruments.add_asset(command.asset)
    now.emit(AssetListed(now.time_ns, command.asset))


def add_instrument(venue: Venue, now: Moment, command: AddInstrument) -> None:
    """List an instrument, or replace the limits and the status of a listed one."""
    instrument = command.instrument
    if not {instrument.base, instrument.quote} <= venue.instruments.assets.keys():
        _refuse(now, "asset")
        return
    if not _sound(instrument):
        _refuse(now, "instrument")
        return
    market = venue.markets.get(instrument.symbol)
    if market is None:
        market = venue.markets[instrument.symbol] = Market(instrument, venue.instruments)
    elif _fixed_part(market.instrument) != _fixed_part(instrument):
        _refuse(now, "decimals")
        return
    _list(venue, now, market, instrument)


def _sound(instrument: Instrument) -> bool:
    """Whether prices and quantities have steps, and a cost no decimals that a product lacks."""
    i = instrument
    return i.price_increment > 0 and i.qty_increment > 0 and 0 <= i.cost_decimals <= i.exact_decimals


def _fixed_part(instrument: Instrument) -> tuple[object, ...]:
    """What open orders and balances are counted in."""
    i = instrument
    return i.base, i.quote, i.price_decimals, i.qty_decimals, i.cost_decimals


def _list(venue: Venue, now: Moment, market: Market, instrument: Instrument) -> None:
    halted = not venue.matching(market)
    market.instrument = instrument
    market.triggers.increment = instrument.price_increment
    venue.instruments.add(instrument)
    now.emit(InstrumentListed(now.time_ns, instrument))
    if halted and venue.matching(market):
        venue.aftermath.append(Resumed(market))


def set_pair_status(venue: Venue, now: Moment, command: SetPairStatus) -> None:
    """Change the mode of one pair."""
    market = venue.markets.get(command.symbol)
    if market is None:
        _refuse(now, "symbol")
        return
    _list(venue, now, market, replace(market.instrument, status=command.status))


def set_system_status(venue: Venue, now: Moment, command: SetSystemStatus) -> None:
    """Change the engine mode of the venue."""
    halted = [market for market in venue.markets.values() if not venue.matching(market)]
    venue.status = command.status
    now.emit(SystemStatusChanged(now.time_ns, command.status))
    venue.aftermath.extend(Resumed(market) for market in halted if venue.matching(market))


def set_fee_schedule(venue: Venue, now: Moment, command: SetFeeSchedule) -> None:
    """Define a schedule; fills from now on are charged by it."""
    if not fees.well_formed(command.tiers):
        _refuse(now, "tiers")
        return
    venue.schedules[command.name] = fees.Schedule(command.tiers)


def set_limits(venue: Venue, now: Moment, command: SetLimits) -> None:
    """Switch counters and caps."""
    venue.limits_enforced = command.enforced
    now.emit(LimitsSet(now.time_ns, command.enforced))


def set_protection(venue: Venue, now: Moment, command: SetProtection) -> None:
    """Bound what market orders trade at, from the next one on."""
    if not 0 < command.protection_ppm <= fees.PPM:
        _refuse(now, "protection_ppm")
        return
    venue.protection_ppm = command.protection_ppm


def set_index_price(venue: Venue, now: Moment, command: SetIndexPrice) -> None:
    """Set the index price of a pair."""
    market = venue.markets.get(command.symbol)
    if market is None or command.price <= 0:
        _refuse(now, "symbol" if market is None else "price")
        return
    market.index_price = command.price
    venue.aftermath.append(Priced(market, Reference.INDEX, command.price))


def seed_history(venue: Venue, now: Moment, command: SeedHistory) -> None:
    """Give a market that never traded a past: its last price, and numbers for its trades."""
    market = venue.markets.get(command.symbol)
    if market is None or market.trade_id:
        _refuse(now, "symbol")
        return
    first = market.trade_id + 1
    market.trade_id += len(command.trades)
    if command.trades:
        market.last_price = command.trades[-1].price
    elif command.bars:
        market.last_price = command.bars[-1].close
    if market.last_price:
        venue.aftermath.append(Priced(market, Reference.LAST, market.last_price))
    now.emit(HistorySeeded(now.time_ns, command.symbol, command.bars, command.trades, first))


def open_account(venue: Venue, now: Moment, command: OpenAccount) -> None:
    """Open an account, or change its tier."""
    if not command.account or command.account.startswith(VENUE_PREFIX):
        _refuse(now, "account", command.account)
        return
    account = venue.accounts.get(command.account)
    if account is None:
        venue.accounts[command.account] = Account(command.account, command.tier)
    else:
        account.tier = command.tier
    now.emit(AccountOpened(now.time_ns, command.account, command.tier))


def deposit(venue: Venue, now: Moment, command: Deposit) -> None:
    """Credit an account."""
    account = venue.accounts.get(command.account)
    if account is None:
        _refuse(now, "account", command.account)
        return
    if command.asset not in venue.instruments.assets or command.amount <= 0:
        field = "amount" if command.asset in venue.instruments.assets else "asset"
        _refuse(now, field, command.account)
        return
    venue.ledger.move(venue.ledger.outside, account, command.asset, command.amount)
    now.emit(
        BalancePosted(
            now.time_ns,
            command.account,
            command.asset,
            now.mint(LEDGER),
            now.mint(DEPOSIT),
            LedgerKind.DEPOSIT,
            command.amount,
            Amount(0),
            Amount(account.balances[command.asset]),
        )
    )


def use_nonce(venue: Venue, now: Moment, command: UseNonce) -> None:
    """Remember the highest nonce of an API key."""
    if command.nonce > venue.nonces.get(command.key_id, -1):
        venue.nonces[command.key_id] = command.nonce
        now.emit(NonceUsed(now.time_ns, command.key_id, command.nonce))
