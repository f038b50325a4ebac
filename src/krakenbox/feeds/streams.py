"""Private subscriptions: who listens to which account, and how many messages each has been sent."""

from collections.abc import Iterable
from typing import Generic, NewType, TypeVar

from krakenbox.model.order import AccountId

Subscriber = NewType("Subscriber", int)
"""Key of one connection."""

Options = TypeVar("Options")


class Stream(Generic[Options]):
    """One subscription to one private channel.

    `sequence` counts its messages, not its rows (Kraken, websocket-v2/executions).
    """

    __slots__ = ("account", "options", "sequence", "who")

    def __init__(self, who: Subscriber, account: AccountId, options: Options) -> None:
        self.who = who
        self.account = account
        self.options = options
        self.sequence = 0

    def count(self) -> int:
        """The next message's number: 1, 2, 3..."""
        self.sequence += 1
        return self.sequence


class Streams(Generic[Options]):
    """Subscriptions to one private channel, at most one a connection."""

    __slots__ = ("_by_account", "_by_subscriber")

    def __init__(self) -> None:
        self._by_account: dict[AccountId, dict[Subscriber, Stream[Options]]] = {}
        self._by_subscriber: dict[Subscriber, Stream[Options]] = {}

    def add(self, who: Subscriber, account: AccountId, options: Options) -> Stream[Options]:
        """Open a subscription."""
        assert who not in self._by_subscriber, f"a connection subscribes once; {who} has"
        stream = Stream(who, account, options)
        self._by_subscriber[who] = stream
        self._by_account.setdefault(account, {})[who] = stream
        return stream

    def remove(self, who: Subscriber) -> None:
        """End the subscription of a connection, if it has one."""
        stream = self._by_subscriber.pop(who, None)
        if stream is None:
            return
        listeners = self._by_account[stream.account]
        del listeners[who]
        if not listeners:
            del self._by_account[stream.account]

    def of(self, account: AccountId) -> Iterable[Stream[Options]]:
        """Subscriptions to an account, oldest first."""
        listeners = self._by_account.get(account)
        return listeners.values() if listeners else ()

    def __contains__(self, who: Subscriber) -> bool:
        return who in self._by_subscriber
