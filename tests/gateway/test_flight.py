"""Commands on their way: how many a connection may have."""

from harness import Venue
from krakenbox.feeds.hub import Subscriber
from krakenbox.gateway.desk import Desk, Origin
from krakenbox.gateway.flight import MAX_IN_FLIGHT, Flight
from krakenbox.gateway.method import Submission
from krakenbox.model.command import CancelAll, Command, OrderRef
from krakenbox.model.order import AccountId

ORIGIN = Origin(Subscriber(1), "addOrder", 7, 5)


def test_what_is_over_the_bound_is_not_submitted_at_all() -> None:
    submitted: list[tuple[Command, Origin]] = []
    venue = Venue()
    desk = Desk(
        venue.hub, venue.tokens, lambda command, origin: submitted.append((command, origin)), lambda: 0
    )
    flight = Flight(desk)
    command, ref = CancelAll(AccountId("alice")), OrderRef(userref=3)
    assert flight.submit(ORIGIN, [Submission(command, ref, ("careful",), typed=("0.9",))])
    assert submitted == [
        (command, Origin(Subscriber(1), "addOrder", 7, 5, ref, ("careful",), typed=("0.9",)))
    ]
    assert not flight.submit(ORIGIN, [Submission(command, ref)] * MAX_IN_FLIGHT)
    assert len(submitted) == 1
    flight.landed()
    assert flight.submit(ORIGIN, [Submission(command, ref)] * MAX_IN_FLIGHT)
    assert len(submitted) == 1 + MAX_IN_FLIGHT
