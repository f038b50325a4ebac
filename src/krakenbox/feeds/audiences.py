"""Who sees which public views, and the framed messages each still has to be sent.

Connections with the same set of views form one audience: one list of frames for all of them, and each member
remembers up to where it was served. Frames are in the order they were published, across all views of the
audience, and that order never depends on when they are taken.

The frames of an audience are bounded by its slowest member: whoever flushes takes for every member of `dirty`
each time, also for those whose sockets lag, and closes connections whose own outbox grows too large.
"""

from typing import NamedTuple

from krakenbox.feeds.streams import Subscriber


class ViewKey(NamedTuple):
    """One view: `("book", "BTC/USD", 10)`, `("ticker", "BTC/USD", "bbo")`, `("instrument", "", 0)`."""

    channel: str
    symbol: str = ""
    param: int | str = 0


class Audience:
    """Connections that see the same views. Positions count frames since the audience began."""

    __slots__ = ("_base", "_frames", "_joined", "_span", "members", "views")

    def __init__(self, views: frozenset[ViewKey]) -> None:
        self.views = views
        self.members: dict[Subscriber, Member] = {}
        self._frames: list[bytes] = []
        self._base = 0
        """Position of the first frame still kept."""
        self._span = (0, 0)
        self._joined = b""
        """Frames of `_span`, joined once for all members that stand at its beginning."""

    @property
    def end(self) -> int:
        """Position behind the last frame."""
        return self._base + len(self._frames)

    @property
    def kept(self) -> int:
        """How many frames some member still has to be sent, or had to at the last look."""
        return len(self._frames)

    def publish(self, frame: bytes) -> None:
        """Add one frame for every member."""
        self._frames.append(frame)

    def joined(self, position: int) -> bytes:
        """Every frame from a position on; the same object for the same position until more is published."""
        span = (position, self.end)
        if position == span[1]:
            return b""
        if span != self._span:
            self._span = span
            self._joined = b"".join(self._frames[position - self._base :])
        return self._joined

    def waiting(self) -> list[Subscriber]:
        """Members that were not served everything."""
        end = self.end
        return [who for who, member in self.members.items() if member.position < end]

    def forget(self) -> None:
        """Forget the frames that every member was served."""
        served = min(member.position for member in self.members.values())
        del self._frames[: served - self._base]
        self._base = served
        if not self._frames:
            self._joined = b""


class Member:
    """One connection: its audience and where it stands there."""

    __slots__ = ("audience", "carried", "position")

    def __init__(self) -> None:
        self.audience = Audience(frozenset())
        self.position = 0
        self.carried = b""
        """Frames of an audience it has left meanwhile, and its own: sent before all others."""

    def take(self) -> bytes:
        """Everything it still has to be sent, in order."""
        pending = self.audience.joined(self.position)
        self.position = self.audience.end
        if self.carried:
            pending, self.carried = self.carried + pending, b""
        return pending


class Audiences:
    """All connections, by the views they see."""

    __slots__ = ("_by_view", "_by_views", "_carrying", "_members")

    def __init__(self) -> None:
        self._members: dict[Subscriber, Member] = {}
        self._by_views: dict[frozenset[ViewKey], Audience] = {}
        self._by_view: dict[ViewKey, dict[Audience, None]] = {}
        self._carrying: dict[Subscriber, None] = {}
        """Connections with carried frames."""

    def audiences(self) -> list[Audience]:
        """Every audience that sees anything."""
        return list(self._by_views.values())

    def views(self, who: Subscriber) -> frozenset[ViewKey]:
        """The views a connection sees."""
        member = self._members.get(who)
        return member.audience.views if member is not None else frozenset()

    def watched(self, view: ViewKey) -> bool:
        """Whether anybody sees this view."""
        return view in self._by_view

    def publish(self, view: ViewKey, frame: bytes) -> None:
        """Add a frame for everybody who sees this view."""
        for audience in self._by_view[view]:
            audience.publish(frame)

    def send(self, who: Subscriber, frame: bytes) -> None:
        """Add a frame for one connection alone, behind all it still has to be sent."""
        member = self._member(who)
        self._carry(who, member, member.take() + frame)

    def change(self, who: Subscriber, views: frozenset[ViewKey]) -> None:
        """Give a connection another set of views; what it still has to be sent stays."""
        member = self._member(who)
        self._carry(who, member, member.take())
        left, joined = member.audience, self._by_views.get(views)
        if joined is None and len(left.members) == 1:
            self._rename(
                left, views
            )  # alone in it: spare one that subscribes to a thousand symbols the moves
            return
        if joined is None:
            joined = Audience(frozenset())
            self._rename(joined, views)
        joined.members[who] = member
        member.audience, member.position = joined, joined.end
        self._leave(left, who)

    def drop(self, who: Subscriber) -> None:
        """Forget a connection and what it still had to be sent."""
        member = self._members.pop(who, None)
        self._carrying.pop(who, None)
        if member is not None:
            self._leave(member.audience, who)

    def take(self, who: Subscriber) -> bytes:
        """Everything a connection still has to be sent; leaves nothing."""
        member = self._members.get(who)
        self._carrying.pop(who, None)
        return member.take() if member is not None else b""

    def dirty(self) -> list[Subscriber]:
        """Connections that still have to be sent something."""
        waiting = dict(self._carrying)
        for audience in self._by_views.values():
            if audience.kept:
                audience.forget()
                waiting.update(dict.fromkeys(audience.waiting()))
        return list(waiting)

    def _carry(self, who: Subscriber, member: Member, frames: bytes) -> None:
        if frames:
            member.carried = frames
            self._carrying[who] = None

    def _member(self, who: Subscriber) -> Member:
        member = self._members.get(who)
        if member is None:
            member = self._members[who] = Member()
            member.audience.members[who] = member
        return member

    def _leave(self, audience: Audience, who: Subscriber) -> None:
        del audience.members[who]
        if not audience.members:
            self._rename(audience, frozenset())

    def _rename(self, audience: Audience, views: frozenset[ViewKey]) -> None:
        old = audience.views
        if old:
            del self._by_views[old]
        audience.views = views
        if views:
            self._by_views[views] = audience
        for view in old - views:
            seen = self._by_view[view]
            del seen[audience]
            if not seen:
                del self._by_view[view]
        for view in views - old:
            self._by_view.setdefault(view, {})[audience] = None
