"""What a private REST method is made of: the rows of `rest.PRIVATE_METHODS` are its values.

A request that is let in becomes a `Call`, the method makes an `Answer` of it, and once the answer's commands
are durable `Answer.told` is what leaves.
"""

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from krakenbox.feeds.hub import Hub
from krakenbox.gateway.keys import ApiKey, Permission
from krakenbox.gateway.tokens import Tokens
from krakenbox.model.command import Command
from krakenbox.model.event import Event, Rejected
from krakenbox.protocol.rest import encode_errors, encode_result

Events = Sequence[Event]
"""All that happened by one command."""
Reply = Callable[[Events], bytes]
"""What the last command has come to -> the body that tells it, its refusal too."""


class Call(Struct, frozen=True, kw_only=True):
    """A private request whose key, signature, nonce and permission hold."""

    key: ApiKey
    fields: Mapping[str, str]
    """Of the body."""
    now_ns: int
    hub: Hub
    tokens: Tokens


class Answer(Struct, frozen=True, kw_only=True):
    """What to journal before anything is sent, and what to send then."""

    body: bytes = b""
    """For an answer that does not depend on what its commands do."""
    commands: tuple[Command, ...] = ()
    reply: Reply | None = None
    """Instead of `body`."""
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
