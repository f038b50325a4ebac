"""What a method of trading is made of: the rows of `v2.TRADING` are its values.

A request passes `static`, its token, `needs` and `commands`; the outcome of each command goes to `answer`.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from msgspec import Struct

from krakenbox.feeds.hub import Hub
from krakenbox.gateway.desk import Named, Origin
from krakenbox.gateway.keys import Permission
from krakenbox.gateway.replies import Replies
from krakenbox.model.command import Command, OrderRef
from krakenbox.model.event import Event, Rejected
from krakenbox.model.instrument import InstrumentTable
from krakenbox.model.order import AccountId

MAX_ID = 36
"""Characters of the longest identifier, a UUID. Longer ones name no order and do not enter the journal."""
NO_ORDER = OrderRef()
"""Names no order: the venue answers as it does for every unknown one."""

# Kraken, API keys guide: create & modify orders; cancel & close orders, or create & modify.
MODIFY = frozenset((Permission.MODIFY_TRADES,))
CLOSE = frozenset((Permission.MODIFY_TRADES, Permission.CLOSE_TRADES))


class Refusal(Struct, frozen=True):
    """Why a request is refused before its token is looked at."""

    text: str = ""
    pair: str = ""
    """Instead of a text: the symbol that is not listed."""


class Submission(NamedTuple):
    """A command, and what its reply repeats or warns of."""

    command: Command
    ref: OrderRef
    warnings: tuple[str, ...] = ()
    batch: tuple[Named, ...] = ()
    typed: tuple[str, ...] = ()


Static = Callable[[Any, InstrumentTable, int], Refusal | None]
"""Request, listed instruments, time -> what needs no account to be refused."""
Commands = Callable[[Any, AccountId, Hub, int], list[Submission] | str]
"""Request, account, views, time -> what to submit, or the text of a refusal."""
Answer = Callable[[Replies, Origin, Sequence[Event]], None]
"""Where to reply, what was asked, all that happened -> the replies.

A command's outcome may hold more than its own doing: timers that fell due before it, orders woken by its
trades or entered by its fills. An answer picks what can only be the command's.
"""
ResultOf = Callable[[Event, Origin], str | None]
"""An event -> the result of a reply, if it makes one."""


class Method(Struct, frozen=True):
    """One method that trades."""

    needs: frozenset[Permission]
    """One of these."""
    static: Static
    commands: Commands
    answer: Answer


def answer_once(result_of: ResultOf) -> Answer:
    """One reply: the command's refusal or the first result."""

    def answer(replies: Replies, origin: Origin, events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event, Rejected):
                replies.refuse(origin, event.text)
                return
            result = result_of(event, origin)
            if result is not None:
                replies.ack(origin, result)
                return

    return answer


def answer_each(result_of: ResultOf) -> Answer:
    """A reply for every result, or the command's refusal."""

    def answer(replies: Replies, origin: Origin, events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event, Rejected):
                replies.refuse(origin, event.text)
                return
            result = result_of(event, origin)
            if result is not None:
                replies.ack(origin, result)

    return answer


def refused(text: str | None) -> Refusal | None:
    """The refusal with a text, if there is one."""
    return None if text is None else Refusal(text)
