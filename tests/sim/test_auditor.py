"""The auditor: whatever differs between venue, views and clients is found."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from krakenbox.feeds.hub import Hub
from krakenbox.model.order import OrderStatus
from krakenbox.sim import auditor
from krakenbox.sim.clients import Trader
from krakenbox.sim.faults import Feature, drawn
from krakenbox.sim.world import World


def rested() -> World:
    """A world at rest, whose one trader has orders open."""
    features = frozenset((Feature.HOUSE, Feature.BOOKS, Feature.LEVEL3, Feature.BALANCES))
    world = World(replace(drawn(8, 60), features=features, faults=frozenset(), clients=1, symbols=1))
    world.run()
    for client in world.clients:
        world._connect(client)
    for _ in range(2):
        world._serve(drain=True, flush=True)
    assert auditor.check(world.process, world.clients) == len(world.clients) == 3
    return world


def trader(world: World) -> Trader:
    [found] = [client for client in world.clients if isinstance(client, Trader)]
    return found


def _forget_order(world: World) -> None:
    own = trader(world).orders.open
    del own[next(iter(own))]


def _change_order(world: World) -> None:
    next(iter(trader(world).orders.open.values())).row["limit_price"] = "1.0"


def _fill_order(world: World) -> None:
    next(iter(trader(world).orders.open.values())).filled += 1


def _change_balance(world: World) -> None:
    balances = trader(world).balances
    assert balances is not None
    balances.held["USD"] = "1.0000"


def _drop_level(world: World) -> None:
    [book] = [book for client in world.clients for book in client.books.values()]
    book.sides["bids"].pop(book.prices("bids")[0])


def _swap_queue(world: World) -> None:
    [queues] = [queues for client in world.clients for queues in client.queues.values()]
    next(iter(queues.sides["asks"].values())).append({"order_id": "O", "order_qty": "1"})


def _end_order(world: World) -> None:
    account = world.process.exchange.venue.accounts[trader(world).account]
    next(iter(account.orders.values())).status = OrderStatus.CANCELED


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (_forget_order, "ann has .* open; knows of"),
        (_change_order, "it knows"),
        (_fill_order, "has filled"),
        (_change_balance, "ann has .*; it knows of"),
        (_drop_level, "the bids are .*; a client sees"),
        (_swap_queue, "the asks queue as .*; a client sees"),
        (_end_order, "is open and canceled"),
    ],
)
def test_whatever_differs_is_found(change: Callable[[World], None], why: str) -> None:
    world = rested()
    change(world)
    with pytest.raises(AssertionError, match=why):
        auditor.check(world.process, world.clients)


def test_a_client_with_something_under_way_is_not_compared() -> None:
    world = rested()
    for client in world.clients:
        client.link.tell(b"late", 0)
    assert auditor.check(world.process, world.clients) == 0


def test_views_that_differ_after_a_restart_are_found() -> None:
    world = rested()
    auditor.same_views(world.process, world.process.hub, 0)
    other = Hub()
    other.seq = world.process.hub.seq
    with pytest.raises((AssertionError, KeyError)):
        auditor.same_views(world.process, other, 0)
    other.seq += 1
    with pytest.raises(AssertionError, match="the views stand at"):
        auditor.same_views(world.process, other, 0)
