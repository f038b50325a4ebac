"""Simulated connections: late, stalled, unread, cut; never out of order within one."""

from krakenbox.sim.links import Link


def test_messages_arrive_in_order_once_they_are_due() -> None:
    link = Link(delay_ns=10)
    link.ask(b"a", 0)
    link.ask(b"b", 5)
    assert link.up.arrived(9) == []
    assert link.up.arrived(10) == [b"a"]
    assert not link.drained
    assert link.up.arrived(99) == [b"b"]
    assert link.drained


def test_a_stalled_direction_delivers_nothing_until_later_and_the_other_does() -> None:
    link = Link()
    link.down.stalled_until_ns = 50
    link.ask(b"up", 0)
    link.tell(b"down", 0)
    assert (link.up.arrived(49), link.down.arrived(49)) == ([b"up"], [])
    assert link.backlog(49) == 4
    assert link.down.arrived(50) == [b"down"]


def test_what_nobody_reads_is_a_backlog_and_what_is_only_late_is_none() -> None:
    link = Link(delay_ns=10)
    link.tell(b"1234", 0)
    assert link.backlog(0) == 0
    link.reads = False
    assert link.backlog(0) == 4


def test_a_cut_loses_what_is_under_way_but_for_what_got_through() -> None:
    link = Link(delay_ns=10)
    for data in (b"a", b"b", b"c"):
        link.tell(data, 0)
    assert link.down.first(2) == [b"a", b"b"]
    link.tell(b"d", 0)
    link.cut()
    link.tell(b"e", 0)
    link.ask(b"f", 0)
    assert (link.is_open, link.drained, link.down.waiting_bytes) == (False, True, 0)
