"""What a command leaves to be done after its own matching, first in, first out; `waking` does it."""

from collections import deque

from msgspec import Struct

from krakenbox.model.fixed import Price, Qty
from krakenbox.model.order import Order, Reference
from krakenbox.venue.market import Market


class Priced(Struct, frozen=True, gc=False):
    """A reference got a price: it may move triggers and wake orders."""

    market: Market
    reference: Reference
    price: Price


class Filled(Struct, frozen=True, gc=False):
    """An order with a `conditional` was filled: it enters an order of the fill's size."""

    order: Order
    qty: Qty


class Resumed(Struct, frozen=True, gc=False):
    """A market matches again: what happened to its prices and its scheduled orders meanwhile counts now."""

    market: Market


Aftermath = deque[Priced | Filled | Resumed]
"""Empty between commands. Finite: an order fires once, and what a fill enters has no `conditional`."""
