"""A state machine that does what clients do and holds every invariant of the design after each step.

Audited by `Pit.send` after every command: postings of each asset sum to zero, nobody holds more than there
is, a level is the sum of its orders, no book is crossed, nothing fills more than was asked. Held here: ids
are unique and ascend with the sequence, a replay is the live state, clients' replicas are the server's views,
and own orders folded from the private stream are the venue's open orders.
"""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from builders import DAY_NS, SECOND_NS, VENUE_ID, Pit, buy, cancel, cancel_all, place, sell
from krakenbox.feeds.executions import ExecutionOptions
from krakenbox.feeds.hub import Subscriber, ViewKey
from krakenbox.model.command import (
    AmendOrder,
    CancelOrders,
    Command,
    EditOrder,
    OrderRef,
    PlaceOrders,
    SetCancelTimer,
    SetLimits,
    Stamped,
    Tick,
)
from krakenbox.model.event import OrderAccepted
from krakenbox.model.fixed import Qty
from krakenbox.model.ids import IdMint
from krakenbox.model.order import AccountId, StpType, TimeInForce
from krakenbox.venue.exchange import Exchange
from krakenbox.venue.state import state_hash
from screens import BookReplica, Floor, OrdersReplica, read, texts, venue
from sleepers import dormant, index, oto

WHO = st.sampled_from(["alice", "bob"])
SIDES = st.sampled_from([buy, sell])
PRICES = st.sampled_from(["99", "99.5", "100", "100.5", "101"])
QTYS = st.sampled_from(["0.5", "1", "2.5", "15"])
TIMES = st.sampled_from([TimeInForce.GTC, TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK])
SLEEPERS = st.sampled_from(["stop-loss", "take-profit"])
WATCHER, ALICE = Subscriber(99), AccountId("alice")
UNITS = 10**8


class Clients(RuleBasedStateMachine):
    """Two accounts that place, change and cancel orders while prices and time move."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[Stamped] = []
        self.ids: list[tuple[int, int]] = []
        self.own: dict[str, None] = {}
        self.floor: Floor = venue()
        self.mint = IdMint(VENUE_ID)

    @property
    def pit(self) -> Pit:
        """The exchange under the floor."""
        assert self.floor.pit is not None
        return self.floor.pit

    @initialize()
    def open(self) -> None:
        """Let a first trade set the price; watch the book, its orders, and alice's own."""
        self._send(SetLimits(False), place(sell, 1, at=100, by="mia"), place(buy, 1, at=100, by="bob"))
        self._send(index(100))
        self.replicas: list[tuple[ViewKey, BookReplica | OrdersReplica]] = [
            (ViewKey("book", "BTC/USD", 10), BookReplica(10)),
            (ViewKey("level3", "BTC/USD", 10), OrdersReplica(10)),
        ]
        for who, (view, replica) in enumerate(self.replicas, 1):
            replica.receive(self.floor.watch(who, *view))
        self._hear(texts(self.floor.hub.subscribe_executions(WATCHER, ALICE, ExecutionOptions())))

    def _send(self, *commands: Command, later_ns: int = 0) -> None:
        """Apply commands one by one, remember them, and let everybody hear."""
        for command in commands:
            pit = self.pit
            at_ns = pit.time_ns + later_ns if later_ns else 0
            events = pit.send(command, at_ns)
            self.sent.append(Stamped(pit.seq, pit.time_ns, command))
            accepted = [event.order_id for event in events if isinstance(event, OrderAccepted)]
            self.ids += [origin for text in accepted if (origin := self.mint.origin(text))]
            self.floor.show(*events, time_ns=pit.time_ns)
            self._hear(self.floor.told(WATCHER))

    def _hear(self, messages: list[str]) -> None:
        for row in (row for text in messages for row in read(text)["data"]):
            if row["exec_type"] in ("pending_new", "new"):
                self.own[row["order_id"]] = None
            elif row["exec_type"] in ("filled", "canceled", "expired"):
                del self.own[row["order_id"]]

    def _some(self, who: str, which: int) -> OrderRef | None:
        orders = self.pit.orders(who)
        return OrderRef(order_id=orders[which % len(orders)].order_id) if orders else None

    # --- what clients do

    @rule(who=WHO, side=SIDES, qty=QTYS, at=PRICES, tif=TIMES, stp=st.sampled_from(StpType))
    def limit(self, who: str, side: Any, qty: str, at: str, tif: TimeInForce, stp: StpType) -> None:
        """A limit order that rests, takes, or is killed."""
        self._send(place(side, qty, at=at, by=who, time_in_force=tif, stp=stp))

    @rule(who=WHO, side=SIDES, at=PRICES)
    def post_only_and_iceberg(self, who: str, side: Any, at: str) -> None:
        """Two that mean to rest: one that never takes, one that hides."""
        self._send(place(side, 1, at=at, by=who, post_only=True), place(side, 15, at=at, by=who, display=1))

    @rule(who=WHO, side=SIDES, qty=QTYS)
    def market(self, who: str, side: Any, qty: str) -> None:
        """A market order by quantity, or by cash."""
        self._send(place(side, qty, by=who), place(buy, cash=250, by=who))

    @rule(who=WHO, side=SIDES, kind=SLEEPERS, at=st.sampled_from(["97", "99", "101", "103", "1%", "-1%"]))
    def sleeper(self, who: str, side: Any, kind: str, at: str) -> None:
        """Orders that wait for a price: alone, with a limit, trailing."""
        self._send(
            dormant(side, 1, kind, at, by=who),
            dormant(side, 1, f"{kind}-limit", at, "100", by=who),
            dormant(side, 1, "trailing-stop", "1.5q", by=who),
        )

    @rule(who=WHO, side=SIDES, at=PRICES)
    def enters_another(self, who: str, side: Any, at: str) -> None:
        """An order whose fills each enter a stop."""
        stop = "95" if side is buy else "105"
        self._send(place(side, 2, at=at, by=who, conditional=oto("stop-loss", stop)))

    @rule(who=WHO, side=SIDES, at=PRICES, seconds=st.integers(1, 90))
    def timed(self, who: str, side: Any, at: str, seconds: int) -> None:
        """One that expires, one that starts later."""
        second = self.pit.time_ns // SECOND_NS + 1 + seconds
        expiring = {"time_in_force": TimeInForce.GTD, "expire_ns": second * SECOND_NS}
        self._send(place(side, 1, at=at, by=who, **expiring))
        self._send(place(side, 1, at=at, by=who, effective_ns=second * SECOND_NS))

    @rule(who=WHO, side=SIDES, at=PRICES)
    def batch(self, who: str, side: Any, at: str) -> None:
        """Two in one command, then one of them, perhaps, in another."""
        orders = tuple(place(side, qty, at=at, by=who).terms for qty in (1, 2))
        self._send(PlaceOrders(AccountId(who), orders))

    @rule(
        who=WHO,
        which=st.integers(0, 9),
        qty=st.sampled_from([1, 3, 20]),
        at=st.sampled_from([None, 995, 1005]),
    )
    def amend(self, who: str, which: int, qty: int, at: int | None) -> None:
        """Another quantity, and perhaps another price."""
        if ref := self._some(who, which):
            self._send(AmendOrder(AccountId(who), ref, Qty(qty * UNITS), limit_price=at))

    @rule(who=WHO, which=st.integers(0, 9))
    def edit(self, who: str, which: int) -> None:
        """The same order under a new id."""
        if ref := self._some(who, which):
            self._send(EditOrder(AccountId(who), ref.order_id, "BTC/USD", Qty(4 * UNITS)))

    @rule(who=WHO, which=st.integers(0, 9))
    def cancel(self, who: str, which: int) -> None:
        """One order, then two at once."""
        if ref := self._some(who, which):
            self._send(cancel(ref.order_id, by=who))
        refs = tuple(filter(None, (self._some(who, which), self._some(who, which + 1))))
        self._send(CancelOrders(AccountId(who), refs))

    @rule(who=WHO)
    def cancel_everything(self, who: str) -> None:
        """All of an account's orders."""
        self._send(cancel_all(who))

    @rule(who=WHO, seconds=st.integers(0, 60))
    def switch(self, who: str, seconds: int) -> None:
        """Arm the dead man's switch, or turn it off."""
        self._send(SetCancelTimer(AccountId(who), self.pit.time_ns + seconds * SECOND_NS if seconds else 0))

    @rule(price=st.sampled_from(["96", "99", "100", "101", "104"]))
    def index_moves(self, price: str) -> None:
        """The broad market moves."""
        self._send(index(price))

    @rule(ns=st.sampled_from([SECOND_NS, 45 * SECOND_NS, DAY_NS]))
    def time_passes(self, ns: int) -> None:
        """Nothing but time."""
        self._send(Tick(), later_ns=ns)

    # --- what always holds

    @invariant()
    def ids_ascend(self) -> None:
        """Order ids are unique and ascend with the sequence."""
        assert self.ids == sorted(set(self.ids))

    @invariant()
    def replicas_are_the_views(self) -> None:
        """What a client holds is what a fresh snapshot shows, checksum included."""
        for who, (view, replica) in enumerate(getattr(self, "replicas", []), 1):
            for text in self.floor.seen(who):
                replica.receive(text)
            fresh = type(replica)(replica.depth)
            fresh.receive(self.floor.snapshot(*view))
            assert fresh.sides == replica.sides

    @invariant()
    def own_orders_are_the_open_ones(self) -> None:
        """The private stream, folded, is the venue's list."""
        if hasattr(self, "replicas"):
            assert set(self.own) == {order.order_id for order in self.pit.orders("alice")}

    def teardown(self) -> None:
        """A replay of what was sent ends in the same state."""
        copy = venue().pit
        assert copy is not None
        replayed: Exchange = copy.exchange
        for stamped in self.sent:
            replayed.apply(stamped)
        assert state_hash(replayed) == state_hash(self.pit.exchange)


test_invariants = Clients.TestCase
