"""What a method of trading in v1 is made of: the rows of `v1.TRADING` are its values.

A request passes `read`, its token, `needs` and `commands`; the outcome of each command goes to `answer`. Both
of the first raise ProtocolError for what is refused, with a pair where that is all that was looked at.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from krakenbox.errors import ProtocolError
from krakenbox.feeds.hub import Hub
from krakenbox.gateway.desk import Origin
from krakenbox.gateway.figures import Names
from krakenbox.gateway.keys import Permission
from krakenbox.gateway.method import Submission
from krakenbox.gateway.v1replies import V1Replies
from krakenbox.gateway.v1subscriptions import pair_refusal
from krakenbox.model.event import Event, Rejected
from krakenbox.model.instrument import Instrument, InstrumentTable
from krakenbox.model.order import AccountId
from krakenbox.model.reject import Reject
from krakenbox.protocol.v1.methods import Request

Read = Callable[[Request, Hub, int], Any]
"""Request, views, time -> what it asks for, as far as that needs no account."""
Commands = Callable[[Any, AccountId, Hub, int], list[Submission]]
"""What `read` gave, account, views, time -> what to submit."""
Answer = Callable[[V1Replies, Origin, Sequence[Event], InstrumentTable], None]
MembersOf = Callable[[Event, Origin], Mapping[str, str] | None]
"""An event -> what the reply says of it, if it makes one."""


class V1Method(Struct, frozen=True):
    """One method that trades."""

    needs: frozenset[Permission]
    """One of these."""
    read: Read
    commands: Commands
    answer: Answer


def instrument_of(request: Request, hub: Hub) -> Instrument:
    """The instrument of a request's pair."""
    pair = request.fields["pair"]
    instrument = hub.reference.table.named(pair)
    if instrument is None:
        raise ProtocolError(pair_refusal(pair), symbol=pair)
    return instrument


def refuse_if(text: str | None, names: Names) -> None:
    """Raise a refusal made by rules of v2, under the names of v1, if there is one."""
    if text:
        begin, between, field = text.rpartition(":")
        if begin == Reject.INVALID_ARGUMENTS:
            text = begin + between + names.get(field, field)
        raise ProtocolError(text)


def answer_each(members_of: MembersOf, *, once: bool = False) -> Answer:
    """A reply for every event that makes one, or for the first; or the command's refusal."""

    def answer(replies: V1Replies, origin: Origin, events: Sequence[Event], table: InstrumentTable) -> None:
        for event in events:
            if isinstance(event, Rejected):
                replies.refuse(origin, event.text)
                return
            members = members_of(event, origin)
            if members is not None:
                replies.ack(origin, **members)
                if once:
                    return

    return answer
