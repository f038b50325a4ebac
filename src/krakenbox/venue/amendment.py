"""An amend that asks to be carried out, and the checks that may refuse it (Kraken, guide "spot amends").

A check answers with the exact wire text, or None. `arguments` come first, then the trading counter is
charged, then come the rest in `CHECKS`.
"""

from collections.abc import Callable

from msgspec.structs import replace

from krakenbox.engine.matching import plan
from krakenbox.engine.triggers import priced, rises
from krakenbox.model.command import AmendOrder
from krakenbox.model.fixed import Price, Qty
from krakenbox.model.order import Order, OrderType, PriceType, Side, Trigger
from krakenbox.model.reject import Reject
from krakenbox.venue.accounts import Account
from krakenbox.venue.checks import display_refusal, mode_refusal
from krakenbox.venue.venue import Venue


class Amendment:
    """An open order and what an amend would make of it: everything its checks look at."""

    __slots__ = (
        "account",
        "command",
        "display_qty",
        "hold",
        "limit_price",
        "market",
        "order",
        "qty",
        "terms",
        "time_ns",
        "trigger_price",
        "venue",
    )

    def __init__(
        self, venue: Venue, account: Account, order: Order, command: AmendOrder, time_ns: int
    ) -> None:
        self.venue = venue
        self.account = account
        self.order = order
        self.command = command
        self.time_ns = time_ns
        self.market = venue.markets[order.terms.symbol]
        self.qty = order.qty if command.qty is None else command.qty
        self.display_qty = order.display_qty if command.display_qty is None else command.display_qty
        self.terms = order.terms
        """With another trigger, or another offset of a trailing limit; the other terms stay as entered."""
        self.limit_price = order.limit_price
        self.trigger_price = order.trigger_price
        """Both worked out by `prices`."""
        self.hold = int(order.hold)
        """Ledger units the order must hold; worked out by `funds`."""

    @property
    def waiting(self) -> bool:
        """Whether the order's trigger has not fired."""
        return self.order.terms.trigger is not None and not self.order.triggered

    @property
    def resting(self) -> bool:
        """Whether the order is in the book."""
        return not self.waiting and not self.order.scheduled

    @property
    def remaining(self) -> int:
        """Quantity left to fill."""
        return self.qty - self.order.filled

    @property
    def ends(self) -> bool:
        """Whether nothing is left to fill: the rest of the order is canceled."""
        return self.remaining <= 0

    @property
    def crosses(self) -> bool:
        """Whether the order would match at once."""
        if not self.resting or self.ends or self.limit_price == self.order.limit_price:
            return False
        return self.market.book.opposite(self.terms.side).reaches(self.limit_price)


Check = Callable[[Amendment], str | None]


def arguments(amendment: Amendment) -> str | None:
    """What the order's own terms do not allow to amend."""
    for wrong, field in _ARGUMENTS:
        if wrong(amendment):
            return Reject.INVALID_ARGUMENT.text(field=field)
    return None


def _wrong_qty(amendment: Amendment) -> bool:
    return amendment.qty <= 0 or amendment.qty % amendment.market.instrument.qty_increment != 0


def _wrong_display(amendment: Amendment) -> bool:
    return amendment.command.display_qty is not None and not amendment.order.display_qty


def _wrong_limit_price(amendment: Amendment) -> bool:
    return amendment.command.limit_price is not None and not amendment.order.limit_price


def _wrong_limit_type(amendment: Amendment) -> bool:
    command = amendment.command
    if command.limit_price is None or command.limit_price_type is PriceType.STATIC:
        return False
    return amendment.terms.order_type is not OrderType.TRAILING_STOP_LIMIT


def _wrong_trigger(amendment: Amendment) -> bool:
    return amendment.command.trigger_price is not None and not amendment.waiting


_ARGUMENTS: tuple[tuple[Callable[[Amendment], bool], str], ...] = (
    # Kraken, guide "spot amends": orders with conditional close cannot be amended.
    (lambda amendment: amendment.terms.conditional is not None, "conditional"),
    (_wrong_qty, "order_qty"),
    (_wrong_display, "display_qty"),
    (_wrong_limit_price, "limit_price"),
    (_wrong_limit_type, "limit_price_type"),
    (_wrong_trigger, "trigger_price"),
)
"""What makes a field of an amend wrong for its order."""


def first_refusal(amendment: Amendment) -> str | None:
    """The text of the first check that fails; None lets the amend happen."""
    for check in CHECKS:
        text = check(amendment)
        if text is not None:
            return text
    return None


def prices(amendment: Amendment) -> str | None:
    """Work out the limit and the trigger price; both are above 0, and the trigger is not met already."""
    command, order = amendment.command, amendment.order
    if command.limit_price is not None:
        if order.terms.order_type is OrderType.TRAILING_STOP_LIMIT:
            amendment.terms = replace(
                amendment.terms,
                limit_price=Price(command.limit_price),
                limit_price_type=command.limit_price_type,
            )
        else:
            amendment.limit_price = Price(command.limit_price)
    if command.trigger_price is not None:
        amendment.terms = replace(amendment.terms, trigger=_trigger(amendment, command.trigger_price))
    if amendment.terms is not order.terms and not _reprice(amendment):
        return Reject.INVALID_PRICE.text()
    sound = amendment.limit_price > 0 or not order.limit_price
    sound = sound and (amendment.trigger_price > 0 or not order.trigger_price)
    return None if sound else Reject.INVALID_PRICE.text()


def _trigger(amendment: Amendment, price: int) -> Trigger:
    trigger, price_type = amendment.terms.trigger, amendment.command.trigger_price_type
    assert trigger is not None, f"{amendment.order.order_id} has no trigger"
    if amendment.terms.order_type.trailing and price_type is PriceType.STATIC:
        # A distance has no absolute price: the default of the request leaves its kind as it was.
        price_type = trigger.price_type
    return Trigger(price, price_type, trigger.reference)


def _reprice(amendment: Amendment) -> bool:
    """Work out the prices of changed terms; whether they make sense beside the reference."""
    order, terms, triggers = amendment.order, amendment.terms, amendment.market.triggers
    trigger = terms.trigger
    assert trigger is not None, f"{order.order_id} has no trigger"
    reference = triggers.price(trigger.reference)
    beside = order.peak_price if terms.order_type.trailing else reference
    if trigger.price_type is not PriceType.STATIC and not beside:
        return False
    if terms.order_type.trailing and trigger.price <= 0:
        return False
    found = priced(terms, beside, amendment.market.instrument.price_increment)
    if terms.order_type is OrderType.TRAILING_STOP_LIMIT:
        amendment.limit_price = found.limit_price
    if amendment.command.trigger_price is None:
        return True
    amendment.trigger_price = found.trigger_price
    # At entry such an order would end at once; an amend that cannot be meant so is refused.
    met = reference >= found.trigger_price if rises(terms) else reference <= found.trigger_price
    return not (met and reference and order.dormant)


def mode(amendment: Amendment) -> str | None:
    """The mode of the venue and of the pair; where nothing may match, an amend that would not is let in."""
    status = amendment.market.instrument.status
    return mode_refusal(amendment.venue.status, status, passive=not amendment.crosses)


def quantity_minimum(amendment: Amendment) -> str | None:
    """At least the pair's minimum quantity, unless the amend ends the order."""
    small = amendment.qty < amendment.market.instrument.qty_min and not amendment.ends
    return Reject.VOLUME_MINIMUM.text() if small and amendment.command.qty is not None else None


def tick_size(amendment: Amendment) -> str | None:
    """Absolute prices are multiples of the pair's increment."""
    command, increment = amendment.command, amendment.market.instrument.price_increment
    trigger = amendment.terms.trigger
    off = command.limit_price is not None and amendment.limit_price % increment
    if command.trigger_price is not None and trigger is not None and trigger.price_type is PriceType.STATIC:
        off = off or amendment.trigger_price % increment
    return Reject.TICK_SIZE.text() if off else None


def cost_minimum(amendment: Amendment) -> str | None:
    """At least the pair's minimum cost, where quantity or limit price change."""
    command = amendment.command
    if amendment.ends or not amendment.limit_price or (command.qty, command.limit_price) == (None, None):
        return None
    met = amendment.market.worth_minimum(amendment.limit_price * amendment.qty)
    return None if met else Reject.COST_MINIMUM.text()


def display(amendment: Amendment) -> str | None:
    """An iceberg shows enough of what remains."""
    command = amendment.command
    if not amendment.display_qty or amendment.ends or (command.qty, command.display_qty) == (None, None):
        return None
    return display_refusal(amendment.market.instrument, amendment.display_qty, amendment.remaining)


def post_only(amendment: Amendment) -> str | None:
    """The amend's own `post_only`: the order's is not asked again."""
    refused = amendment.command.post_only and amendment.crosses
    return Reject.POST_ONLY_ORDER.text() if refused else None


def funds(amendment: Amendment) -> str | None:
    """What the order holds more than before is available."""
    order, market = amendment.order, amendment.market
    if amendment.ends:
        return None

    def needs(price: int, qty: int) -> int:
        exact = 0
        if order.terms.side is Side.BUY:
            exact = price * qty or _exact_now(amendment, qty)
        return market.hold(order.terms.side, exact, qty, order.hold_ppm)

    before = needs(order.limit_price or order.trigger_price, order.remaining)
    after = needs(amendment.limit_price or amendment.trigger_price, amendment.remaining)
    # A hold may be a few units short of what it once was: an amend that needs no more keeps that.
    amendment.hold = after if after > before else min(after, order.hold)
    missing = amendment.hold - order.hold > amendment.account.available(order.hold_asset)
    return Reject.FUNDS.text() if missing else None


def _exact_now(amendment: Amendment, qty: int) -> int:
    """Exact price x qty of a market order that waits for its start, as the book stands."""
    order, market, venue = amendment.order, amendment.market, amendment.venue
    terms = replace(order.working_terms, qty=Qty(qty))
    book, last_price = market.book, market.last_price
    return plan(book, market.instrument, order.account, terms, last_price, venue.protection_ppm).exact


def deadline(amendment: Amendment) -> str | None:
    """The engine does not amend after the request's own deadline."""
    late = 0 < amendment.command.deadline_ns < amendment.time_ns
    return Reject.DEADLINE.text() if late else None


CHECKS: tuple[Check, ...] = (
    prices,
    mode,
    quantity_minimum,
    tick_size,
    cost_minimum,
    display,
    post_only,
    funds,
    deadline,
)
"""In the order of the checks of an entry."""
