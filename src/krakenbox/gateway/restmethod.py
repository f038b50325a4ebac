"""What a REST method is made of: the rows of `rest.PUBLIC_METHODS` and `rest.PRIVATE_METHODS` are its values.

A public request is a `Query`, a private one that is let in a `Call`; the method makes an `Answer` of it. Once
the answer's commands are durable `Answer.told` is what leaves, or what a `Look` into the history finds.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection

from krakenbox.feeds.hub import Hub
from krakenbox.gateway.keys import ApiKey, Permission
from krakenbox.gateway.tokens import Tokens
from krakenbox.model.command import Command, FeeTier
from krakenbox.model.event import Event, Rejected
from krakenbox.protocol.rest import encode_errors, encode_result

Events = Sequence[Event]
"""All that happened by one command."""
Reply = Callable[[Events], bytes]
"""What the last command has come to -> the body that tells it, its refusal too."""
Fields = Mapping[str, str]
"""A request's fields by name, as text."""
Schedules = Mapping[str, tuple[FeeTier, ...]]
"""Fee schedules by name."""


class Query(Struct, frozen=True, kw_only=True):
    """A public request."""

    fields: Fields
    """Of the query and the body."""
    now_ns: int
    hub: Hub
    fees: Schedules


class Call(Query, frozen=True, kw_only=True):
    """A private request whose key, signature, nonce and permission hold; its fields are the body's."""

    key: ApiKey
    tokens: Tokens


class Look(Struct, frozen=True):
    """What an answer still has to be read from: tables that hold everything that came before."""

    find: Callable[[Connection], Any]
    """Called on a thread of its own."""
    tell: Callable[[Any], bytes]
    """What was found -> the body."""


class Answer(Struct, frozen=True, kw_only=True):
    """What to journal before anything is sent, and what to send then."""

    body: bytes = b""
    """For an answer that does not depend on what its commands do."""
    commands: tuple[Command, ...] = ()
    reply: Reply | None = None
    """Instead of `body`."""
    look: Look | None = None
    """Instead of `body`, unless a command is refused."""
    log: str = ""
    """For whoever runs the exchange; empty when there is nothing to say."""

    def told(self, ends: Sequence[Events]) -> bytes:
        """The body to send, given what each command has come to."""
        assert len(ends) == len(self.commands), f"{len(ends)} ends of {len(self.commands)} commands"
        if self.reply is None:
            refusal = first_refusal(ends)
            return self.body if refusal is None else encode_errors(refusal.text)
        # What comes before the last command only makes it possible: the nonce.
        refusal = first_refusal(ends[:-1])
        return self.reply(ends[-1]) if refusal is None else encode_errors(refusal.text)


class PrivateMethod(Struct, frozen=True):
    """A private method: what it does, what it needs, what it costs."""

    answer: Callable[[Call], Answer]
    """Raises ProtocolError for what is no such request."""
    needs: frozenset[Permission] = frozenset()
    """One of these."""
    needs_all: frozenset[Permission] = frozenset()
    """Each of these."""
    calls: int = 1
    """On the key's call counter."""


def first_refusal(ends: Sequence[Events]) -> Rejected | None:
    """The first refusal of a command, if one was refused."""
    for events in ends:
        for event in events:
            if isinstance(event, Rejected):
                return event
    return None


def answered(result: object) -> Answer:
    """The envelope of a success."""
    return Answer(body=encode_result(result))


def refused(error: str, log: str = "") -> Answer:
    """The envelope of a refusal: no `result` key."""
    return Answer(body=encode_errors(error), log=log)
