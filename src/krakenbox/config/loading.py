"""From TOML to `Config`: the shipped `default.toml` under the user's file, every value checked.

A table of the user's file adds to, or changes key by key, the shipped table of the same name;
`defaults = false` at its top starts from nothing instead. Decimals are taken by their text.
"""

import base64
import binascii
import tomllib
from collections.abc import Iterator
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from krakenbox.config.reading import Place, read
from krakenbox.config.settings import (
    Account,
    AccountTable,
    AssetTable,
    Config,
    FeeStep,
    File,
    InstrumentTable,
    Key,
    Server,
)
from krakenbox.errors import ConfigError
from krakenbox.model.command import FeeTier, Tier
from krakenbox.model.fixed import Amount, Cost, Price, Qty, from_decimal
from krakenbox.model.instrument import Asset, Instrument
from krakenbox.model.order import CLIENT_NAMES, AccountId, is_client_name

SHIPPED = "default.toml"
SECRET_BYTES = 64
"""Decoded length of a Kraken API secret."""
MAX_DECIMALS = 18
MIN_ADMIN_TOKEN = 16
MAX_PORT = 65_535

PPM_DECIMALS = 6
PERCENT_PPM_DECIMALS = 4
"""A millionth is 0.0001 percent."""
MILLI_DECIMALS = 3
MAX_PERCENT = 100


def load_default() -> Config:
    """The configuration as shipped."""
    place = Place(SHIPPED)
    return _checked(read(_shipped(), File, place), place)


def load(path: Path) -> Config:
    """The file at `path` over the shipped one; raises ConfigError."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise ConfigError(f"{path}: is no TOML: {error}") from None
    place = Place(str(path))
    if tables.get("defaults", True) is True:
        tables = _overlaid(_shipped(), tables)
    return _checked(read(tables, File, place), place)


def _shipped() -> dict[str, Any]:
    text = resources.files("krakenbox.config").joinpath(SHIPPED).read_text(encoding="utf-8")
    return tomllib.loads(text, parse_float=Decimal)


def _overlaid(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    merged = dict(under)
    for key, value in over.items():
        below = merged.get(key)
        both = isinstance(below, dict) and isinstance(value, dict)
        merged[key] = _overlaid(below, value) if both else value  # type: ignore[arg-type]
    return merged


def _checked(file: File, place: Place) -> Config:
    _check_server(file.server, place.at("server"))
    if bool(file.tls.cert) is not bool(file.tls.key):
        raise place.at("tls").error("must have both cert and key, or neither")
    if file.data.retain < 0:
        raise place.at("data").at("retain").error("must be 0 or more bytes", file.data.retain)
    fees = {
        name: tuple(_fee_tiers(steps, place.at("fee_schedules").at(name)))
        for name, steps in file.fee_schedules.items()
    }
    assets = {name: _asset(name, table, place.at("assets").at(name)) for name, table in file.assets.items()}
    instruments = []
    start_prices = {}
    for symbol, table in file.instruments.items():
        where = place.at("instruments").at(symbol)
        instrument = _instrument(symbol, table, where)
        _check_legs(instrument, assets, fees, where)
        instruments.append(instrument)
        start = where.at("start_price")
        start_prices[symbol] = Price(_positive(table.start_price, instrument.price_decimals, start))
    _check_names(instruments, place.at("instruments"))
    accounts = {
        name: _account(name, table, assets, place.at("accounts").at(name))
        for name, table in file.accounts.items()
    }
    _check_keys(accounts, place.at("accounts"))
    return Config(
        server=file.server,
        protection_ppm=_rate(file.trading.price_protection, place.at("trading").at("price_protection")),
        tls=replace(file.tls, enabled=file.tls.enabled or bool(file.tls.cert)),
        data=file.data,
        market=file.market,
        assets=tuple(assets.values()),
        instruments=tuple(instruments),
        start_prices=start_prices,
        traded=frozenset(symbol for symbol, table in file.instruments.items() if table.market),
        fee_schedules=fees,
        accounts=accounts,
    )


def _check_server(server: Server, place: Place) -> None:
    for key in ("http_port", "ws_port"):
        port = getattr(server, key)
        if not 0 <= port <= MAX_PORT:
            raise place.at(key).error(f"must be a port, 0 to {MAX_PORT}", port)
    if server.flush_ms < 0:
        raise place.at("flush_ms").error("must be 0 or more", server.flush_ms)
    if not server.hosts:
        raise place.at("hosts").error("must name at least one address")
    token = server.admin_token
    if token and not (len(token) >= MIN_ADMIN_TOKEN and token.isascii() and token.isprintable()):
        # What was found is a secret: it is not shown.
        raise place.at("admin_token").error(f"must be {MIN_ADMIN_TOKEN} or more printable ASCII characters")


def _fee_tiers(steps: tuple[FeeStep, ...], place: Place) -> Iterator[FeeTier]:
    volumes = [step.volume for step in steps]
    if not volumes or volumes[0] != 0 or volumes != sorted(set(volumes)):
        raise place.error("volumes must begin at 0 and rise", volumes)
    for index, step in enumerate(steps):
        where = place.at(index)
        yield FeeTier(
            volume_usd=step.volume,
            taker_ppm=_rate(step.taker, where.at("taker")),
            maker_ppm=_rate(step.maker, where.at("maker")),
        )


def _rate(percent: Decimal, place: Place) -> int:
    ppm = _units(percent, PERCENT_PPM_DECIMALS, place)
    if percent > MAX_PERCENT:
        raise place.error(f"must be at most {MAX_PERCENT}", percent)
    return ppm


def _asset(name: str, table: AssetTable, place: Place) -> Asset:
    for key in ("decimals", "display_decimals"):
        _check_decimals(getattr(table, key), place.at(key))
    return Asset(
        asset=name,
        rest_id=table.rest_id,
        altname=table.altname,
        decimals=table.decimals,
        display_decimals=table.display_decimals,
        status=table.status,
        borrowable=table.borrowable,
        collateral_milli=_units(table.collateral_value, MILLI_DECIMALS, place.at("collateral_value")),
        margin_rate_ppm=_units(table.margin_rate, PPM_DECIMALS, place.at("margin_rate")),
    )


def _instrument(symbol: str, table: InstrumentTable, place: Place) -> Instrument:
    base, slash, quote = symbol.partition("/")
    if not (base and slash and quote):
        raise place.error("must be named BASE/QUOTE", symbol)
    for key in ("price_decimals", "qty_decimals", "cost_decimals"):
        _check_decimals(getattr(table, key), place.at(key))
    exact_decimals = table.price_decimals + table.qty_decimals
    if table.cost_decimals > exact_decimals:
        expected = f"must be at most those of price and quantity together, {exact_decimals}"
        raise place.at("cost_decimals").error(expected, table.cost_decimals)
    margin_ppm = _units(table.margin_initial, PPM_DECIMALS, place.at("margin_initial"))
    return Instrument(
        symbol=symbol,
        wsname=table.wsname,
        rest_id=table.rest_id,
        altname=table.altname,
        base=base,
        quote=quote,
        price_decimals=table.price_decimals,
        qty_decimals=table.qty_decimals,
        cost_decimals=table.cost_decimals,
        price_increment=Price(
            _increment(table.price_increment, table.price_decimals, place.at("price_increment"))
        ),
        qty_increment=Qty(_increment(table.qty_increment, table.qty_decimals, place.at("qty_increment"))),
        qty_min=Qty(_positive(table.qty_min, table.qty_decimals, place.at("qty_min"))),
        cost_min=Cost(_units(table.cost_min, table.cost_decimals, place.at("cost_min"))),
        status=table.status,
        fee_schedule=table.fee_schedule,
        has_index=table.has_index,
        marginable=margin_ppm > 0,
        margin_initial_ppm=margin_ppm,
        position_limit_long=table.position_limit_long,
        position_limit_short=table.position_limit_short,
    )


def _check_legs(
    instrument: Instrument, assets: dict[str, Asset], fees: dict[str, tuple[FeeTier, ...]], place: Place
) -> None:
    for leg in (instrument.base, instrument.quote):
        if leg not in assets:
            raise place.error("both sides must be assets", leg)
    if instrument.base == instrument.quote:
        raise place.error("must be of two assets", instrument.base)
    if instrument.fee_schedule not in fees:
        listed = ", ".join(sorted(fees))
        raise place.at("fee_schedule").error(f"must be one of {listed}", instrument.fee_schedule)


def _check_names(instruments: list[Instrument], place: Place) -> None:
    for key in ("wsname", "rest_id", "altname"):
        owners: dict[str, str] = {}
        for instrument in instruments:
            name = getattr(instrument, key)
            if name in owners:
                raise place.at(instrument.symbol).at(key).error(f"is that of {owners[name]} too", name)
            owners[name] = instrument.symbol


def _account(name: str, table: AccountTable, assets: dict[str, Asset], place: Place) -> Account:
    if not is_client_name(name):
        raise place.error(f"must be named by {CLIENT_NAMES}")
    if table.tier is Tier.HOUSE:
        raise place.at("tier").error("must be one of starter, intermediate, pro", table.tier.value)
    balances = {}
    for asset, amount in table.balances.items():
        where = place.at("balances").at(asset)
        if asset not in assets:
            raise where.error(f"must be one of {', '.join(assets)}", asset)
        balances[asset] = Amount(_units(amount, assets[asset].decimals, where))
    for index, key in enumerate(table.keys):
        _check_key(key, place.at("keys").at(index))
    return Account(name=AccountId(name), tier=table.tier, balances=balances, keys=table.keys)


def _check_key(key: Key, place: Place) -> None:
    try:
        decoded = base64.b64decode(key.api_secret, validate=True)
    except binascii.Error:
        decoded = b""
    # The value is a secret: it is not repeated.
    if len(decoded) != SECRET_BYTES:
        raise place.at("api_secret").error(f"must be the base64 of {SECRET_BYTES} bytes")
    if not key.api_key.isascii() or not key.api_key:
        raise place.at("api_key").error("must be a text of ASCII characters", key.api_key)
    if key.nonce_window < 0:
        raise place.at("nonce_window").error("must be 0 or more", key.nonce_window)


def _check_keys(accounts: dict[str, Account], place: Place) -> None:
    owners: dict[str, str] = {}
    for name, account in accounts.items():
        for index, key in enumerate(account.keys):
            where = place.at(name).at("keys").at(index).at("api_key")
            if key.api_key in owners:
                raise where.error(f"is a key of {owners[key.api_key]} too", key.api_key)
            owners[key.api_key] = name


def _check_decimals(decimals: int, place: Place) -> None:
    if not 0 <= decimals <= MAX_DECIMALS:
        raise place.error(f"must be 0 to {MAX_DECIMALS}", decimals)


def _increment(value: Decimal | None, decimals: int, place: Place) -> int:
    return 1 if value is None else _positive(value, decimals, place)


def _positive(value: Decimal, decimals: int, place: Place) -> int:
    units = _units(value, decimals, place)
    if units == 0:
        raise place.error("must be above 0", value)
    return units


def _units(value: Decimal, decimals: int, place: Place) -> int:
    units = from_decimal(value, decimals)
    if units is None or units < 0:
        raise place.error(f"must be 0 or more with at most {decimals} decimals", value)
    return units
