"""One life of the exchange's process in a simulated world: `local` and `gateway.server` without sockets.

It ends by being forgotten. What it leaves is on the disk and on the shelf, and what its clients were told.
"""

import base64

from krakenbox.durable import imaging
from krakenbox.durable.recovery import Started
from krakenbox.feeds.hub import Hub, Subscriber
from krakenbox.gateway.desk import Desk, Host, Origin
from krakenbox.gateway.keys import ApiKey, Keyring
from krakenbox.gateway.session import HEARTBEAT_NS, Session
from krakenbox.gateway.subscriptions import PRIVATE_HOSTS
from krakenbox.gateway.tokens import SALT_BYTES, Tokens
from krakenbox.journal import snapshot
from krakenbox.model.command import Command
from krakenbox.model.event import Outcome, Rejected
from krakenbox.model.order import AccountId
from krakenbox.model.reject import Reject
from krakenbox.sim.chronicle import Chronicle
from krakenbox.sim.disk import Shelf
from krakenbox.sim.links import Link
from krakenbox.sim.stage import NAMES

_SECRET = b"a simulated secret"
_SALT = bytes(SALT_BYTES)


class Times:
    """What time it is: in the world, and on the clock of the process, which may be stepped."""

    def __init__(self, start_ns: int) -> None:
        self.world_ns = 0
        """Since the world began; never steps."""
        self.offset_ns = start_ns

    def clock_ns(self) -> int:
        """What the process reads."""
        return self.offset_ns + self.world_ns


class Process:
    """A running exchange with its connections."""

    def __init__(self, started: Started, times: Times, chronicle: Chronicle, *, limited: bool) -> None:
        self.exchange = started.exchange
        self.hub = started.hub
        self.log = started.log
        self.sequencer = started.sequencer
        self.sequencer.publish = self._publish
        self.sequencer.on_unavailable = self._unavailable
        self._times = times
        self._chronicle = chronicle
        self._keyring = Keyring()
        for name in NAMES:
            secret = base64.b64encode(name.encode()).decode()
            self._keyring.add(ApiKey(key_id=name, secret=secret, account=name))
        self._tokens = Tokens(self._keyring, _SECRET, lambda: _SALT)
        self._desk = Desk(self.hub, self._tokens, self._submit, times.clock_ns, limited=limited)
        self._sessions: dict[Subscriber, Session] = {}
        self._hosts: dict[Subscriber, Host] = {}
        self._beats: dict[Subscriber, int] = {}
        self.links: dict[Subscriber, Link] = {}
        self._last_who = 0
        self._draft: tuple[int, bytes] | None = None
        """A snapshot whose last command may not be durable yet."""
        self.refused = 0
        """Commands answered as unavailable."""

    # --- from clients

    def token(self, account: AccountId) -> str:
        """A new WebSocket token."""
        key = self._keyring.get(account)
        assert key is not None, f"{account} has no key"
        return self._tokens.issue(key, self._times.clock_ns())

    def open(self, link: Link, host: Host) -> Subscriber:
        """A connection arrived; its greeting is on the way."""
        self._last_who += 1
        who = Subscriber(self._last_who)
        session = Session(who, host, self._desk, self._last_who, self._times.clock_ns())
        self._sessions[who], self._hosts[who], self.links[who] = session, host, link
        self._beats[who] = self._times.world_ns + HEARTBEAT_NS
        self._collect(who)
        return who

    def receive(self, who: Subscriber, text: bytes) -> None:
        """A message arrived."""
        self._sessions[who].receive(text, self._times.clock_ns())
        self._collect(who)

    def drop(self, who: Subscriber) -> None:
        """A connection is gone."""
        del self._sessions[who], self._hosts[who], self._beats[who]
        self.links.pop(who).cut()
        self.hub.drop(who)

    def private(self) -> list[Subscriber]:
        """Every private connection: a server whose journal fails ends them."""
        return [who for who, host in self._hosts.items() if host in PRIVATE_HOSTS]

    # --- the tick

    def submit(self, command: Command) -> None:
        """A command of the operator's."""
        self.sequencer.submit(command)

    def drain(self) -> None:
        """Apply what was submitted, batch by batch."""
        self.sequencer.tick()
        while self.sequencer.pending():
            self.sequencer.drain()

    def flush(self) -> None:
        """Send public frames."""
        for who in self.hub.dirty():
            self._tell(who, self.hub.take(who))

    def pass_time(self) -> None:
        """Tell sessions the time, once a second each."""
        for who, due_ns in list(self._beats.items()):
            if self._times.world_ns < due_ns:
                continue
            self._beats[who] = self._times.world_ns + HEARTBEAT_NS
            session = self._sessions[who]
            session.on_time(self._times.clock_ns())
            self._collect(who)
            if session.closing is not None:
                self.drop(who)

    # --- snapshots

    def draw(self, rules: int) -> None:
        """Make a snapshot of what is applied, durable or not, as a forked child would."""
        if self._draft is None and not self.sequencer.failed:
            views = Hub()
            views.restore(self.hub.capture())
            found = imaging.image(self.exchange, views, self.sequencer.held(), rules)
            self._draft = found.seq, snapshot.encode(found)

    def keep(self, shelf: Shelf) -> bool:
        """Put the snapshot on the shelf once all it tells of is durable."""
        sequencer = self.sequencer
        if self._draft is None or sequencer.failed or sequencer.durable_seq < self._draft[0]:
            return False
        shelf.put(*self._draft)
        self._draft = None
        return True

    # --- the way out

    def _submit(self, command: Command, origin: Origin) -> None:
        refused = self.refused
        self.sequencer.submit(command, origin)
        told = self.refused - refused
        assert told == self.sequencer.failed, f"{told} answers at once, failed: {self.sequencer.failed}"

    def _publish(self, outcomes: list[Outcome]) -> None:
        assert not self.sequencer.failed, "something was published after a failure"
        for outcome in outcomes:
            self._chronicle.published(outcome)
            self._answer(outcome)
            self.hub.apply(outcome)
            for who, frame in self.hub.take_private():
                self._tell(who, frame)

    def _answer(self, outcome: Outcome) -> None:
        origin = outcome.origin
        if isinstance(origin, Origin) and origin.who in self._sessions:
            self._sessions[origin.who].complete(outcome, self._times.clock_ns())
            self._collect(origin.who)

    def _unavailable(self, command: Command, origin: object) -> None:
        self.refused += 1
        now_ns = self._times.clock_ns()
        refusal = Rejected(now_ns, getattr(command, "account", AccountId("")), Reject.UNAVAILABLE)
        self._answer(Outcome(0, now_ns, [refusal], origin))

    def _collect(self, who: Subscriber) -> None:
        self._tell(who, self._sessions[who].messages_to_send())

    def _tell(self, who: Subscriber, frames: bytes) -> None:
        if frames and who in self.links:
            self.links[who].tell(frames, self._times.world_ns)
