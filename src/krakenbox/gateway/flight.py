"""Commands of one connection on their way: submitted, their outcome still to come."""

from krakenbox.gateway.desk import Desk, Origin
from krakenbox.gateway.method import Submission

MAX_IN_FLIGHT = 1_024
"""Commands of one connection that may wait for their outcome; more are refused as too many messages."""


class Flight:
    """Submits a connection's commands, and counts those without an outcome."""

    __slots__ = ("_count", "_desk")

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._count = 0

    def submit(self, origin: Origin, submissions: list[Submission]) -> bool:
        """Submit what a request has come to; False, and none of it, if that is too much."""
        if self._count + len(submissions) > MAX_IN_FLIGHT:
            return False
        self._count += len(submissions)
        asked = (origin.who, origin.method, origin.req_id, origin.time_in_ns)
        for each in submissions:
            self._desk.submit(each.command, Origin(*asked, each.ref, each.warnings, each.batch, each.typed))
        return True

    def landed(self) -> None:
        """One outcome came."""
        self._count -= 1
