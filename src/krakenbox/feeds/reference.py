"""What is listed and in which mode the venue is (channels `instrument` and `status`)."""

from msgspec import Struct

from krakenbox.model.event import AssetListed, InstrumentListed, SystemStatusChanged
from krakenbox.model.instrument import Asset, Instrument, InstrumentTable, SystemStatus
from krakenbox.protocol.framing import text_frame
from krakenbox.protocol.v2 import channels


class ReferenceImage(Struct):
    """What is listed, in a snapshot of the views, in order of listing; new fields have a default."""

    status: SystemStatus
    assets: list[Asset]
    instruments: list[Instrument]


class Reference:
    """Assets, instruments and the engine mode; the text of each record is made once."""

    __slots__ = (
        "_assets",
        "_changed_assets",
        "_changed_pairs",
        "_pairs",
        "_snapshot",
        "changed",
        "status",
        "table",
    )

    def __init__(self) -> None:
        self.table = InstrumentTable()
        self.status = SystemStatus.ONLINE
        self._assets: dict[str, str] = {}
        self._pairs: dict[str, str] = {}
        self._snapshot: bytes | None = None
        self._changed_assets: dict[str, None] = {}
        self._changed_pairs: dict[str, None] = {}
        self.changed = False
        """Whether a record changed since the last update."""

    def list_asset(self, event: AssetListed) -> None:
        """Take in a new or changed asset."""
        name = event.asset.asset
        self.table.add_asset(event.asset)
        self._assets.pop(name, None)
        self._changed_assets[name] = None
        # Pairs print their minimum cost with the display decimals of their quote asset.
        for symbol, instrument in self.table.instruments.items():
            if instrument.quote == name:
                self._pairs.pop(symbol, None)
        self._change()

    def list_instrument(self, event: InstrumentListed) -> None:
        """Take in a new or changed instrument."""
        self.table.add(event.instrument)
        self._pairs.pop(event.instrument.symbol, None)
        self._changed_pairs[event.instrument.symbol] = None
        self._change()

    def _change(self) -> None:
        self._snapshot = None
        self.changed = True

    def change_status(self, event: SystemStatusChanged) -> None:
        """Take in a new engine mode."""
        self.status = event.status

    def capture(self) -> ReferenceImage:
        """Its state."""
        table = self.table
        return ReferenceImage(self.status, list(table.assets.values()), list(table.instruments.values()))

    def restore(self, image: ReferenceImage) -> None:
        """Take a state on."""
        self.status = image.status
        for asset in image.assets:
            self.table.add_asset(asset)
        for instrument in image.instruments:
            self.table.add(instrument)

    def update(self) -> str:
        """Text of the records changed since the last update, in order of change."""
        assets = [self._asset(name) for name in self._changed_assets]
        pairs = [self._pair(symbol) for symbol in self._changed_pairs]
        self.forget_changes()
        return channels.instrument("update", assets, pairs)

    def forget_changes(self) -> None:
        """Nobody watches: what changed is in the next snapshot."""
        self._changed_assets.clear()
        self._changed_pairs.clear()
        self.changed = False

    def snapshot(self) -> bytes:
        """Frame of every record, in order of listing; kept until one changes."""
        # Several hundred kilobytes for the 1,450 pairs that Kraken lists.
        if self._snapshot is None:
            assets = [self._asset(name) for name in self.table.assets]
            pairs = [self._pair(symbol) for symbol in self.table.instruments]
            self._snapshot = text_frame(channels.instrument("snapshot", assets, pairs).encode())
        return self._snapshot

    def _asset(self, name: str) -> str:
        if name not in self._assets:
            self._assets[name] = channels.asset_row(self.table.assets[name])
        return self._assets[name]

    def _pair(self, symbol: str) -> str:
        if symbol not in self._pairs:
            instrument = self.table.instruments[symbol]
            self._pairs[symbol] = channels.pair_row(instrument, self.table.assets[instrument.quote])
        return self._pairs[symbol]
