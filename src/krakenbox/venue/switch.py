"""The dead man's switch: cancels every order of an account unless the account keeps putting it off.

Kraken, cancel_all_orders_after: one switch per account, whatever connection armed it; once it has fired it
is off until the next request.
"""

from krakenbox.model.command import SetCancelTimer
from krakenbox.model.event import CancelTimerSet
from krakenbox.model.order import AccountId, OrderStatus
from krakenbox.model.reject import Reason, Reject
from krakenbox.venue.lifecycle import withdraw
from krakenbox.venue.moment import Moment
from krakenbox.venue.timers import Timer, TimerKind
from krakenbox.venue.venue import Venue


def set_cancel_timer(venue: Venue, now: Moment, command: SetCancelTimer) -> None:
    """Arm the switch in place of an earlier time, or disarm it."""
    account, trigger_ns = command.account, command.trigger_ns
    if account not in venue.accounts or trigger_ns < 0:
        unknown = account not in venue.accounts
        text = Reject.PERMISSION_DENIED.text() if unknown else Reject.INVALID_ARGUMENT.text(field="timeout")
        now.reject(text, account)
        return
    timer = Timer(TimerKind.CANCEL_ALL, account)
    venue.timers.clear(timer)
    now.emit(CancelTimerSet(now.time_ns, account, trigger_ns))
    if trigger_ns > now.time_ns:
        venue.timers.set(timer, trigger_ns)
    elif trigger_ns:
        # It fell due between the request and the engine.
        cancel_everything(venue, now, account)


def cancel_everything(venue: Venue, now: Moment, account: AccountId) -> None:
    """The switch fires: every open order ends, in order of entry."""
    for order in list(venue.accounts[account].orders.values()):
        withdraw(venue, now, order, OrderStatus.CANCELED, Reason.CANCEL_TIMER)
