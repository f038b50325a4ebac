"""What one connection is subscribed to: requests to the hub, one reply per symbol.

A connection has at most one subscription per channel and symbol, whatever its depth, interval or trigger:
Kraken says so of level3 and its recordings of ohlc; frames do not tell which of two they belong to.
"""

from collections.abc import Callable
from typing import Any, assert_never

from msgspec import Struct
from msgspec.structs import replace

from krakenbox.feeds.hub import INSTRUMENT, ExecutionOptions, Subscriber, ViewKey
from krakenbox.feeds.market import WITH_DOLLARS
from krakenbox.gateway.credentials import Credentials
from krakenbox.gateway.desk import Desk, Host, Origin
from krakenbox.gateway.keys import ApiKey, Permission
from krakenbox.gateway.preview import Feature, is_live
from krakenbox.gateway.replies import Replies
from krakenbox.model.command import Tier
from krakenbox.model.reject import Reject
from krakenbox.protocol.v2 import results
from krakenbox.protocol.v2.methods import (
    BalancesParams,
    BookParams,
    ChannelParams,
    ExecutionsParams,
    HeartbeatParams,
    InstrumentParams,
    Level3Params,
    OhlcParams,
    TickerParams,
    TradeParams,
)

SymbolParams = TickerParams | BookParams | Level3Params | TradeParams | OhlcParams
TokenParams = Level3Params | ExecutionsParams | BalancesParams
_CHANNEL_NAMES: dict[type[TokenParams], str] = {
    Level3Params: "level3",
    ExecutionsParams: "executions",
    BalancesParams: "balances",
}

MAX_SYMBOLS = 2_000
"""Symbols one request may name: Kraken lists about 1,450 pairs."""
MAX_LEVEL3 = 200
"""Symbols of level3 per connection (Kraken, level3 channel)."""
DEFAULT_LEVEL3_DEPTH = 10

MAX_RATE_COUNTS = {Tier.STARTER: 60, Tier.INTERMEDIATE: 125, Tier.PRO: 180}
"""Thresholds of the trading counter, told in the ack of executions (Kraken, trading rate limits)."""
HOUSE_RATE_COUNT = 0
"""Of accounts that have none."""

PUBLIC_HOSTS = frozenset((Host.WS, Host.BETA_WS))
PRIVATE_HOSTS = frozenset((Host.WS_AUTH, Host.BETA_WS_AUTH))
LEVEL3_HOSTS = PRIVATE_HOSTS | {Host.WS_L3}
"""Its own host, and the private ones, where it was before December 2025."""


class Channel(Struct, frozen=True):
    """One channel: where it is served and who handles it."""

    hosts: frozenset[Host]
    elsewhere: Reject
    """What is said on other hosts."""
    subscribe: Callable[["Subscriptions", Origin, Any], None]
    unsubscribe: Callable[["Subscriptions", Origin, Any], None]


class Subscriptions:
    """The subscriptions of one connection."""

    def __init__(
        self, who: Subscriber, host: Host, desk: Desk, credentials: Credentials, replies: Replies
    ) -> None:
        self._who = who
        self._host = host
        self._desk = desk
        self._hub = desk.hub
        self._credentials = credentials
        self._replies = replies
        # By channel and symbol: the views of public channels and of level3.
        self._views: dict[str, dict[str, ViewKey]] = {}

    @property
    def live(self) -> bool:
        """Whether there is any."""
        return (
            any(self._views.values())
            or self._hub.has_executions(self._who)
            or self._hub.has_balances(self._who)
        )

    def subscribe(self, origin: Origin, params: ChannelParams) -> None:
        """Open what a request asks for, symbol by symbol."""
        self._send_waiting()
        channel = CHANNELS[type(params)]
        if self._is_here(origin, channel):
            channel.subscribe(self, origin, params)

    def unsubscribe(self, origin: Origin, params: ChannelParams) -> None:
        """End what a request names, symbol by symbol."""
        self._send_waiting()
        channel = CHANNELS[type(params)]
        if self._is_here(origin, channel):
            channel.unsubscribe(self, origin, params)

    def _send_waiting(self) -> None:
        # What was seen under the subscriptions so far goes before any reply that changes them.
        self._replies.framed(self._hub.take(self._who))

    def _is_here(self, origin: Origin, channel: Channel) -> bool:
        """Whether the channel is served on this host, or a refusal."""
        if self._host in channel.hosts:
            return True
        self._replies.refuse(origin, channel.elsewhere)
        return False

    # --- public views of one symbol

    def _subscribe_public(self, origin: Origin, params: SymbolParams) -> None:
        self._open_all(origin, params, lambda view: None)

    def _unsubscribe_public(self, origin: Origin, params: SymbolParams) -> None:
        if self._too_many(origin, params):
            return
        for symbol in params.symbol:
            view = self._view_of(params, symbol)
            active = self._views.get(view.channel, {})
            if active.get(symbol) != view:
                self._replies.refuse(origin, Reject.SUBSCRIPTION_NOT_FOUND, symbol)
                continue
            del active[symbol]
            self._hub.unsubscribe(self._who, view)
            self._replies.ack(origin, results.unsubscribed(params, symbol))

    def _open_all(
        self, origin: Origin, params: SymbolParams, refusal: Callable[[ViewKey], Reject | None]
    ) -> None:
        """Open one view per symbol, all replies before the snapshots."""
        if self._too_many(origin, params):
            return
        opened = [view for symbol in params.symbol if (view := self._open(origin, params, symbol, refusal))]
        if params.snapshot:
            for view in opened:
                self._replies.framed(self._hub.snapshot(view, self._desk.now_ns()))

    def _open(
        self, origin: Origin, params: SymbolParams, symbol: str, refusal: Callable[[ViewKey], Reject | None]
    ) -> ViewKey | None:
        if self._hub.reference.table.get(symbol) is None:
            self._replies.refuse_pair(origin, symbol)
            return None
        view = self._view_of(params, symbol)
        active = self._views.setdefault(view.channel, {})
        refused = _already(active[symbol], view) if symbol in active else refusal(view)
        if refused is not None:
            self._replies.refuse(origin, refused)
            return None
        active[symbol] = view
        self._hub.subscribe(self._who, view)
        self._replies.ack(origin, results.subscribed(params, symbol))
        return view

    def _view_of(self, params: SymbolParams, symbol: str) -> ViewKey:
        view = _view_of(params, symbol)
        if view.channel == "ticker" and is_live(Feature.TICKER_VOLUME_USD, self._host):
            return view._replace(param=f"{view.param}{WITH_DOLLARS}")
        return view

    def _too_many(self, origin: Origin, params: SymbolParams) -> bool:
        if len(params.symbol) <= MAX_SYMBOLS:
            return False
        self._replies.refuse(origin, Reject.MSG_RATE)
        return True

    # --- level3

    def _subscribe_level3(self, origin: Origin, params: Level3Params) -> None:
        key = self._key(origin, params)
        if key is None:
            return
        tier = self._tier(key)

        def refusal(view: ViewKey) -> Reject | None:
            if len(self._views[view.channel]) >= MAX_LEVEL3:
                return Reject.SYMBOL_LIMIT
            counter = self._desk.level3_counter
            depth = params.depth or DEFAULT_LEVEL3_DEPTH
            if counter is None or counter.charge(key.account, tier, depth, origin.time_in_ns):
                return None
            return Reject.MSG_RATE

        self._open_all(origin, params, refusal)

    def _unsubscribe_level3(self, origin: Origin, params: Level3Params) -> None:
        if self._key(origin, params) is not None:
            self._unsubscribe_public(origin, params)

    # --- instrument

    def _subscribe_instrument(self, origin: Origin, params: InstrumentParams) -> None:
        active = self._views.setdefault("instrument", {})
        if active:
            self._replies.refuse(origin, Reject.ALREADY_SUBSCRIBED)
            return
        active[""] = INSTRUMENT
        self._hub.subscribe(self._who, INSTRUMENT)
        self._replies.ack(origin, results.subscribed(params))
        if params.snapshot:
            self._replies.framed(self._hub.snapshot(INSTRUMENT, self._desk.now_ns()))

    def _unsubscribe_instrument(self, origin: Origin, params: InstrumentParams) -> None:
        if self._views.pop("instrument", None):
            self._hub.unsubscribe(self._who, INSTRUMENT)
            self._replies.ack(origin, results.unsubscribed(params))
        else:
            self._replies.refuse(origin, Reject.SUBSCRIPTION_NOT_FOUND)

    # --- executions

    def _subscribe_executions(self, origin: Origin, params: ExecutionsParams) -> None:
        needs = [Permission.QUERY_OPEN_TRADES]
        options = _execution_options(params)
        if options.snap_trades:
            needs.append(Permission.QUERY_CLOSED_TRADES)
        key = self._key(origin, params, *needs)
        if key is None:
            return
        if self._hub.has_executions(self._who):
            self._replies.refuse(origin, Reject.ALREADY_SUBSCRIBED)
            return
        rate_count = MAX_RATE_COUNTS.get(self._tier(key), HOUSE_RATE_COUNT)
        used = replace(params, snap_orders=options.snap_orders, snap_trades=options.snap_trades)
        self._replies.ack(origin, results.subscribed(used, max_rate_count=rate_count))
        self._replies.framed(self._hub.subscribe_executions(self._who, key.account, options))

    def _unsubscribe_executions(self, origin: Origin, params: ExecutionsParams) -> None:
        if self._key(origin, params) is None:
            return
        if self._hub.has_executions(self._who):
            self._hub.unsubscribe_executions(self._who)
            self._replies.ack(origin, results.unsubscribed(params))
        else:
            self._replies.refuse(origin, Reject.SUBSCRIPTION_NOT_FOUND)

    # --- balances

    def _subscribe_balances(self, origin: Origin, params: BalancesParams) -> None:
        key = self._key(origin, params, Permission.QUERY_FUNDS)
        if key is None:
            return
        if self._hub.has_balances(self._who):
            self._replies.refuse(origin, Reject.ALREADY_SUBSCRIBED)
            return
        snapshot = params.snapshot and params.users is None
        self._replies.ack(origin, results.subscribed(params))
        self._replies.framed(self._hub.subscribe_balances(self._who, key.account, snapshot))

    def _unsubscribe_balances(self, origin: Origin, params: BalancesParams) -> None:
        if self._key(origin, params) is None:
            return
        if self._hub.has_balances(self._who):
            self._hub.unsubscribe_balances(self._who)
            self._replies.ack(origin, results.unsubscribed(params))
        else:
            self._replies.refuse(origin, Reject.SUBSCRIPTION_NOT_FOUND)

    # --- heartbeat

    def _subscribe_heartbeat(self, origin: Origin, params: HeartbeatParams) -> None:
        """Agree: it comes by itself, but Kraken's reconnection guide tells clients to subscribe to it."""
        self._replies.ack(origin, results.subscribed(params))

    def _unsubscribe_heartbeat(self, origin: Origin, params: HeartbeatParams) -> None:
        """Agree; it goes on all the same (recorded: nothing ends it)."""
        self._replies.ack(origin, results.unsubscribed(params))

    def _tier(self, key: ApiKey) -> Tier:
        """The account's tier; the lowest while its opening is not durable yet."""
        return self._hub.accounts.get(key.account, Tier.STARTER)

    def _key(self, origin: Origin, params: TokenParams, *needs: Permission) -> ApiKey | None:
        """The key behind a request's token, or a refusal."""
        key = self._credentials.key(params.token, origin.time_in_ns)
        if key is None:
            self._replies.refuse_session(origin, _CHANNEL_NAMES[type(params)])
        elif not key.permissions.issuperset(needs):
            self._replies.refuse(origin, Reject.PERMISSION_DENIED)
            return None
        return key


def _view_of(params: SymbolParams, symbol: str) -> ViewKey:
    match params:
        case TickerParams():
            return ViewKey("ticker", symbol, params.event_trigger)
        case BookParams():
            return ViewKey("book", symbol, params.depth)
        case Level3Params():
            return ViewKey("level3", symbol, params.depth or DEFAULT_LEVEL3_DEPTH)
        case TradeParams():
            return ViewKey("trade", symbol)
        case OhlcParams():
            return ViewKey("ohlc", symbol, params.interval)
        case _:
            assert_never(params)


def _already(active: ViewKey, wanted: ViewKey) -> Reject:
    other_interval = wanted.channel == "ohlc" and active != wanted
    return Reject.ALREADY_ONE_INTERVAL if other_interval else Reject.ALREADY_SUBSCRIBED


def _execution_options(params: ExecutionsParams) -> ExecutionOptions:
    """What a subscription asks for, in today's options and in the deprecated ones before them.

    Kraken, executions channel: `users` gets no snapshot; `snapshot_trades` one of trades only.
    """
    snapshot = params.snapshot is not False and params.users is None
    trades_only = params.snapshot_trades is True
    return ExecutionOptions(
        snap_orders=snapshot and params.snap_orders and not trades_only,
        snap_trades=snapshot and (params.snap_trades or trades_only),
        order_status=params.order_status,
        ratecounter=params.ratecounter,
    )


_S = Subscriptions
_PUBLIC = Channel(PUBLIC_HOSTS, Reject.PUBLIC_ELSEWHERE, _S._subscribe_public, _S._unsubscribe_public)

CHANNELS: dict[type[ChannelParams], Channel] = {
    TickerParams: _PUBLIC,
    BookParams: _PUBLIC,
    TradeParams: _PUBLIC,
    OhlcParams: _PUBLIC,
    InstrumentParams: Channel(
        PUBLIC_HOSTS, Reject.PUBLIC_ELSEWHERE, _S._subscribe_instrument, _S._unsubscribe_instrument
    ),
    Level3Params: Channel(
        LEVEL3_HOSTS, Reject.PRIVATE_ELSEWHERE, _S._subscribe_level3, _S._unsubscribe_level3
    ),
    ExecutionsParams: Channel(
        PRIVATE_HOSTS, Reject.PRIVATE_ELSEWHERE, _S._subscribe_executions, _S._unsubscribe_executions
    ),
    BalancesParams: Channel(
        PRIVATE_HOSTS, Reject.PRIVATE_ELSEWHERE, _S._subscribe_balances, _S._unsubscribe_balances
    ),
    HeartbeatParams: Channel(
        frozenset(Host), Reject.PUBLIC_ELSEWHERE, _S._subscribe_heartbeat, _S._unsubscribe_heartbeat
    ),
}
"""Every channel one can subscribe to."""
