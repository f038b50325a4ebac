"""What all sessions of an exchange share, and the plain values they pass on."""

from collections.abc import Callable
from enum import StrEnum

from msgspec import Struct

from krakenbox.feeds.hub import Hub, Subscriber
from krakenbox.gateway.level3counter import Level3Counter
from krakenbox.gateway.tokens import Tokens
from krakenbox.model.command import Command, OrderRef


class Host(StrEnum):
    """Virtual hosts of the WebSocket port (Kraken, WebSocket introduction; for `ws-l3` its level3 page)."""

    WS = "ws"
    WS_AUTH = "ws-auth"
    WS_L3 = "ws-l3"
    BETA_WS = "beta-ws"
    BETA_WS_AUTH = "beta-ws-auth"


class Api(StrEnum):
    """What a connection speaks: v1 at a host's own path, v2 behind it."""

    V1 = "v1"
    V2 = "v2"


class Named(Struct, frozen=True, gc=False):
    """What a reply repeats of one order of a batch, and what it warns of."""

    ref: OrderRef = OrderRef()
    warnings: tuple[str, ...] = ()


class Origin(Struct, frozen=True, gc=False):
    """Where a request came from and what its reply repeats; never journaled."""

    who: Subscriber
    method: str
    req_id: int | None
    time_in_ns: int
    ref: OrderRef = OrderRef()
    """What the request named its order by; of a new order, the userref it was given."""
    warnings: tuple[str, ...] = ()
    """What the reply warns of."""
    batch: tuple[Named, ...] = ()
    """The orders of a batch, in the order of the request."""
    typed: tuple[str, ...] = ()
    """Prices as they were typed, which v1 repeats."""


Submit = Callable[[Command, Origin], None]
"""Hands a command to the sequencer; its outcome comes back with the origin, never at once."""


class Desk:
    """Views, tokens, the way to the sequencer and the clock: one for all sessions of an exchange."""

    def __init__(
        self,
        hub: Hub,
        tokens: Tokens,
        submit: Submit,
        now_ns: Callable[[], int],
        *,
        limited: bool = True,
    ) -> None:
        """`limited` counts subscriptions to level3 per account and second."""
        self.hub = hub
        self.tokens = tokens
        self.submit = submit
        self.now_ns = now_ns
        self.level3_counter = Level3Counter() if limited else None
