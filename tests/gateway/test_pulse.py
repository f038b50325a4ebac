"""Heartbeats keep a connection's phase, and a minute without a request is idle."""

from krakenbox.gateway.pulse import HEARTBEAT_NS, IDLE_NS, Pulse

TENTH = HEARTBEAT_NS // 10


def beats(pulse: Pulse, tenths: range) -> list[int]:
    return [tenth for tenth in tenths if pulse.beat(tenth * TENTH)]


def test_no_beat_until_they_begin_and_then_one_a_second() -> None:
    pulse = Pulse(0)
    assert beats(pulse, range(25)) == []
    pulse.beats = True
    assert beats(pulse, range(25, 60)) == [29, 39, 49, 59]


def test_a_late_clock_skips_what_it_missed() -> None:
    pulse = Pulse(0)
    pulse.beats = True
    assert beats(pulse, range(35, 50)) == [35, 39, 49]


def test_only_a_request_puts_idleness_off() -> None:
    pulse = Pulse(0)
    assert not pulse.idle(IDLE_NS - 1)
    assert pulse.idle(IDLE_NS)
    pulse.asked(IDLE_NS)
    assert not pulse.idle(2 * IDLE_NS - 1)
