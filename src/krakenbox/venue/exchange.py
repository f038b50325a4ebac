"""The exchange: one deterministic function from a stamped command to the events it causes."""

from collections.abc import Callable
from typing import Any

from krakenbox.model.command import (
    AddAsset,
    AddInstrument,
    AmendOrder,
    CancelAll,
    CancelOrder,
    CancelOrders,
    Command,
    Deposit,
    EditOrder,
    OpenAccount,
    PlaceOrder,
    PlaceOrders,
    SeedHistory,
    SetCancelTimer,
    SetFeeSchedule,
    SetIndexPrice,
    SetLimits,
    SetPairStatus,
    SetProtection,
    SetSystemStatus,
    Stamped,
    Tick,
    UseNonce,
    Void,
)
from krakenbox.model.event import Event
from krakenbox.model.instrument import InstrumentTable
from krakenbox.venue import batches, setup, trading
from krakenbox.venue.amend import amend
from krakenbox.venue.edit import edit
from krakenbox.venue.moment import Moment
from krakenbox.venue.switch import set_cancel_timer
from krakenbox.venue.venue import Venue
from krakenbox.venue.waking import settle_down

RULES = 1
"""Raised by every change of what `Exchange.apply` does: a journal is replayed by the rules it came under."""


class Exchange:
    """Books, accounts and rules behind `apply`. Empty at first: everything arrives as commands."""

    __slots__ = ("venue",)

    def __init__(self, venue_id: int) -> None:
        self.venue = Venue(venue_id)

    @property
    def instruments(self) -> InstrumentTable:
        """Assets and instruments, in order of listing."""
        return self.venue.instruments

    def apply(self, stamped: Stamped) -> list[Event]:
        """Fire every timer due at or before the stamp, each at its own time, then do the command."""
        venue = self.venue
        assert stamped.seq > venue.seq, f"seq {stamped.seq} after {venue.seq}"
        assert stamped.time_ns > venue.time_ns, f"time {stamped.time_ns} after {venue.time_ns}"
        venue.seq, venue.time_ns = stamped.seq, stamped.time_ns
        now = Moment(venue.mint, stamped.seq, stamped.time_ns)
        while (due := venue.timers.pop_due(stamped.time_ns)) is not None:
            now.time_ns, timer = due
            trading.fire(venue, now, timer)
            settle_down(venue, now)
        now.time_ns = stamped.time_ns
        _HANDLERS[type(stamped.command)](venue, now, stamped.command)
        settle_down(venue, now)
        return now.events

    def next_deadline(self) -> int | None:
        """When the next timer falls due, in ns."""
        return self.venue.timers.next_deadline()


def _nothing(venue: Venue, now: Moment, command: Tick | Void) -> None:
    """Time passed, or recovery skipped a command: neither does anything here."""


_HANDLERS: dict[type[Command], Callable[[Venue, Moment, Any], None]] = {
    AddAsset: setup.add_asset,
    AddInstrument: setup.add_instrument,
    SetFeeSchedule: setup.set_fee_schedule,
    SetLimits: setup.set_limits,
    SetProtection: setup.set_protection,
    SetIndexPrice: setup.set_index_price,
    SeedHistory: setup.seed_history,
    OpenAccount: setup.open_account,
    Deposit: setup.deposit,
    UseNonce: setup.use_nonce,
    PlaceOrder: trading.place,
    CancelOrder: trading.cancel,
    AmendOrder: amend,
    EditOrder: edit,
    PlaceOrders: batches.place_orders,
    CancelOrders: batches.cancel_orders,
    SetCancelTimer: set_cancel_timer,
    CancelAll: trading.cancel_all,
    SetSystemStatus: setup.set_system_status,
    SetPairStatus: setup.set_pair_status,
    Tick: _nothing,
    Void: _nothing,
}
"""Every command and what does it."""
