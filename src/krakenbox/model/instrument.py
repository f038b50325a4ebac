"""Assets, instruments and the table that knows each under all its names.

One market has four spellings (Kraken REST and WebSocket references): the v2 symbol `BTC/USD`, the v1 name
`XBT/USD`, the REST id `XXBTZUSD` and its altname `XBTUSD`. Ids follow history, not a rule, so they are data.
"""

from enum import StrEnum

from msgspec import Struct

from krakenbox.model.fixed import Cost, Price, Qty


class SystemStatus(StrEnum):
    """Engine mode of the whole venue (v2 `status` channel)."""

    ONLINE = "online"
    CANCEL_ONLY = "cancel_only"
    MAINTENANCE = "maintenance"
    POST_ONLY = "post_only"


class PairStatus(StrEnum):
    """Mode of one pair (v2 `instrument` channel)."""

    ONLINE = "online"
    CANCEL_ONLY = "cancel_only"
    DELISTED = "delisted"
    LIMIT_ONLY = "limit_only"
    MAINTENANCE = "maintenance"
    POST_ONLY = "post_only"
    REDUCE_ONLY = "reduce_only"
    WORK_IN_PROGRESS = "work_in_progress"


class AssetStatus(StrEnum):
    """Funding state of an asset (v2 `instrument` channel)."""

    ENABLED = "enabled"
    DEPOSIT_ONLY = "depositonly"
    WITHDRAWAL_ONLY = "withdrawalonly"
    FUNDING_DISABLED = "fundingtemporarilydisabled"
    DISABLED = "disabled"
    WORK_IN_PROGRESS = "workinprogress"


class Asset(Struct, frozen=True, kw_only=True):
    """One asset; `decimals` is its ledger precision."""

    asset: str
    """v2 name: `BTC`."""
    rest_id: str
    """REST id: `XXBT`."""
    altname: str
    """v1 and REST short name: `XBT`."""
    decimals: int
    display_decimals: int
    status: AssetStatus = AssetStatus.ENABLED
    asset_class: str = "currency"
    borrowable: bool = False
    collateral_milli: int = 0
    """Collateral value in thousandths: 1000 = 1.000."""
    margin_rate_ppm: int = 0
    """Margin rate in millionths; on the wire only for borrowable assets."""


class Instrument(Struct, frozen=True, kw_only=True):
    """One market and everything its orders are checked against."""

    symbol: str
    """v2 symbol: `BTC/USD`."""
    wsname: str
    """v1 name: `XBT/USD`."""
    rest_id: str
    """REST result key: `XXBTZUSD`."""
    altname: str
    """REST altname: `XBTUSD`."""
    base: str
    """v2 name of the base asset."""
    quote: str
    """v2 name of the quote asset."""
    price_decimals: int
    qty_decimals: int
    cost_decimals: int
    price_increment: Price
    """Tick size; a limit price is a multiple of it."""
    qty_increment: Qty
    qty_min: Qty
    cost_min: Cost
    status: PairStatus = PairStatus.ONLINE
    fee_schedule: str = "spot"
    """Name of the maker/taker schedule: `spot`, or `stable` for FX and stable pairs."""
    has_index: bool = True
    marginable: bool = False
    margin_initial_ppm: int = 0
    position_limit_long: int = 0
    position_limit_short: int = 0

    def cost(self, price: int, qty: int) -> int:
        """Exact price x qty at `price_decimals + qty_decimals` decimals; round it with `model.fixed`."""
        return price * qty

    @property
    def exact_decimals(self) -> int:
        """Decimals of an exact price x qty product."""
        return self.price_decimals + self.qty_decimals


class InstrumentTable:
    """Assets by v2 name and instruments by symbol, in order of listing."""

    __slots__ = ("_by_wsname", "assets", "instruments")

    def __init__(self) -> None:
        self.assets: dict[str, Asset] = {}
        self.instruments: dict[str, Instrument] = {}
        self._by_wsname: dict[str, str] = {}

    def add_asset(self, asset: Asset) -> None:
        """List or replace an asset."""
        self.assets[asset.asset] = asset

    def add(self, instrument: Instrument) -> None:
        """List or replace an instrument; both its assets must be listed."""
        for leg in (instrument.base, instrument.quote):
            assert leg in self.assets, f"{instrument.symbol}: asset {leg} is not listed"
        self.instruments[instrument.symbol] = instrument
        self._by_wsname[instrument.wsname] = instrument.symbol

    def get(self, symbol: str) -> Instrument | None:
        """The instrument of a v2 symbol."""
        return self.instruments.get(symbol)

    def named(self, wsname: str) -> Instrument | None:
        """The instrument of a v1 name."""
        symbol = self._by_wsname.get(wsname)
        return self.instruments[symbol] if symbol is not None else None

    def base_decimals(self, instrument: Instrument) -> int:
        """Ledger decimals of the base asset."""
        return self.assets[instrument.base].decimals

    def quote_decimals(self, instrument: Instrument) -> int:
        """Ledger decimals of the quote asset."""
        return self.assets[instrument.quote].decimals
