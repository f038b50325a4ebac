"""What a krakenbox can be told: the tables of its TOML file, and the checked `Config` they become."""

from collections.abc import Iterator
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from krakenbox.durable.home import Data
from krakenbox.gateway.certificates import Tls
from krakenbox.gateway.keys import ApiKey, Permission
from krakenbox.model.command import FeeTier, Tier
from krakenbox.model.fixed import Amount, Price
from krakenbox.model.instrument import Asset, AssetStatus, Instrument, PairStatus
from krakenbox.model.order import AccountId


class Limits(StrEnum):
    """The one switch for trading counters, open-order caps, the REST counter and connects."""

    REAL = "real"
    OFF = "off"


class MarketLevel(StrEnum):
    """How much the seeded market trades."""

    OFF = "off"
    CALM = "calm"
    BUSY = "busy"


class Server(Struct, frozen=True, kw_only=True):
    """Table `[server]`: where and how to listen."""

    hosts: tuple[str, ...] = ("127.0.0.1", "::1")
    ws_hosts: tuple[str, ...] = ()
    """Addresses of the WebSocket port, where they are not `hosts`: both ports can then be 443."""
    http_port: int = 8080
    ws_port: int = 8081
    flush_ms: int = 10
    """Pace of the public fan-out; 0 = every tick."""
    limits: Limits = Limits.REAL
    limit_loopback: bool = False
    """Whether the bound on connects counts this machine's own too."""
    admin_token: str = ""
    """Bearer token that lets other machines use /admin; empty: only this one may."""


class Trading(Struct, frozen=True, kw_only=True):
    """Table `[trading]`: rules of the venue that may be set."""

    price_protection: Decimal = Decimal(5)
    """How far from the last price, in percent, a market order trades at most."""


class Market(Struct, frozen=True, kw_only=True):
    """Table `[market]`: the seeded market."""

    level: MarketLevel = MarketLevel.CALM
    seed: int | None = None
    """Without a seed every start is another market, with other ids."""


class Key(Struct, frozen=True, kw_only=True):
    """One `[[accounts.NAME.keys]]`: an API key."""

    name: str
    api_key: str
    api_secret: str
    permissions: frozenset[Permission] = frozenset(Permission)
    nonce_window: int = 0


class AssetTable(Struct, frozen=True, kw_only=True):
    """Table `[assets.NAME]`; NAME is the v2 name."""

    rest_id: str
    altname: str
    decimals: int
    display_decimals: int
    status: AssetStatus = AssetStatus.ENABLED
    borrowable: bool = False
    collateral_value: Decimal = Decimal(0)
    margin_rate: Decimal = Decimal(0)


class InstrumentTable(Struct, frozen=True, kw_only=True):
    """Table `[instruments."BASE/QUOTE"]`; both are assets."""

    wsname: str
    rest_id: str
    altname: str
    price_decimals: int
    qty_decimals: int = 8
    cost_decimals: int
    price_increment: Decimal | None = None
    """One unit of the last price decimal unless told otherwise; likewise `qty_increment`."""
    qty_increment: Decimal | None = None
    qty_min: Decimal
    cost_min: Decimal
    start_price: Decimal
    """Where the seeded market begins and what fees convert at until something trades."""
    market: bool = True
    """Whether the seeded market trades it."""
    status: PairStatus = PairStatus.ONLINE
    fee_schedule: str = "spot"
    has_index: bool = True
    margin_initial: Decimal = Decimal(0)
    """Above 0 the pair is listed as marginable; nothing more follows from it."""
    position_limit_long: int = 0
    position_limit_short: int = 0


class FeeStep(Struct, frozen=True, kw_only=True):
    """One entry of `fee_schedules.NAME`: from this 30-day volume in USD, rates in percent."""

    volume: int
    taker: Decimal
    maker: Decimal


class AccountTable(Struct, frozen=True, kw_only=True):
    """Table `[accounts.NAME]`."""

    tier: Tier
    balances: dict[str, Decimal] = {}
    keys: tuple[Key, ...] = ()


class File(Struct, frozen=True, kw_only=True):
    """A whole file."""

    defaults: bool = True
    """Whether the shipped file lies under this one."""
    server: Server = Server()
    trading: Trading = Trading()
    tls: Tls = Tls()
    data: Data = Data()
    market: Market = Market()
    assets: dict[str, AssetTable] = {}
    instruments: dict[str, InstrumentTable] = {}
    fee_schedules: dict[str, tuple[FeeStep, ...]] = {}
    accounts: dict[str, AccountTable] = {}


class Account(Struct, frozen=True, kw_only=True):
    """An account as it is opened."""

    name: str
    tier: Tier
    balances: dict[str, Amount]
    keys: tuple[Key, ...]


class Access(Struct, frozen=True, kw_only=True):
    """How to use an account: its first key."""

    name: str
    api_key: str
    api_secret: str
    tier: Tier


class Config(Struct, frozen=True, kw_only=True):
    """Everything a start needs, checked and in the model's integers."""

    server: Server
    protection_ppm: int
    """Price protection of market orders, in millionths."""
    tls: Tls
    data: Data
    market: Market
    assets: tuple[Asset, ...]
    instruments: tuple[Instrument, ...]
    start_prices: dict[str, Price]
    traded: frozenset[str]
    """Symbols of the instruments that the seeded market trades."""
    fee_schedules: dict[str, tuple[FeeTier, ...]]
    accounts: dict[str, Account]

    def accesses(self) -> dict[str, Access]:
        """How to use each account that has a key, by name."""
        return {
            name: Access(
                name=name,
                api_key=account.keys[0].api_key,
                api_secret=account.keys[0].api_secret,
                tier=account.tier,
            )
            for name, account in self.accounts.items()
            if account.keys
        }

    def keys(self) -> Iterator[ApiKey]:
        """Every key of every account."""
        for account in self.accounts.values():
            for key in account.keys:
                yield ApiKey(
                    key_id=key.api_key,
                    secret=key.api_secret,
                    account=AccountId(account.name),
                    permissions=key.permissions,
                    nonce_window=key.nonce_window,
                )
