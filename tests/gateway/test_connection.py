"""Frames in, whole messages out, whatever the peer does."""

import asyncio
from collections.abc import Awaitable, Callable

import picows
import pytest

from gateway.peer import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, Frame, Peer, run
from krakenbox.gateway.connection import (
    FRAGMENT_COST,
    HIGH_WATER,
    MAX_MESSAGE,
    TURN_BYTES,
    TURN_MESSAGES,
    Connection,
    echoed,
    is_utf8,
)
from krakenbox.gateway.desk import Host
from krakenbox.protocol.framing import text_frame


class Echo:
    """A gate that sends every message back and remembers what it was told.

    `prompt` writes at once; else it is for the test to `flush`, as a server does at the end of each tick.
    """

    def __init__(self, max_outbox: int = 1 << 20) -> None:
        self.max_outbox = max_outbox
        self.prompt = True
        self.answer_bytes = 0
        self.connection: Connection
        self.received_texts: list[bytes] = []
        self.open = 0
        self.gone = asyncio.Event()

    def opened(self, connection: Connection) -> None:
        self.connection = connection
        self.open += 1

    def received(self, connection: Connection, text: bytes) -> None:
        self.received_texts.append(text)
        connection.pending.append(text_frame(text.ljust(self.answer_bytes)))
        if self.prompt:
            connection.flush()

    def closed(self, connection: Connection) -> None:
        self.open -= 1
        self.gone.set()


def served(test: Callable[[Echo, Peer], Awaitable[None]], max_outbox: int = 1 << 20) -> Echo:
    """Run a test against a gate and one connected peer."""

    async def serve() -> Echo:
        echo = Echo(max_outbox)
        server = await picows.ws_create_server(
            lambda _: Connection(echo, Host.WS, "127.0.0.1", max_outbox),
            "127.0.0.1",
            0,
            enable_auto_pong=False,
            max_frame_size=MAX_MESSAGE,
        )
        peer = await Peer.open(server.sockets[0].getsockname()[1], receive_buffer=4096)
        assert (await peer.upgrade())[0] == 101
        try:
            await test(echo, peer)
        finally:
            await peer.hang_up()
            await echo.gone.wait()
            server.close()
            await server.wait_closed()
        assert echo.open == 0
        return echo

    return run(serve())


def test_messages_go_through_whole() -> None:
    async def test(echo: Echo, peer: Peer) -> None:
        for payload in (b"{}", b"x" * 126, b"y" * 70_000, "£".encode(), b""):
            peer.send(payload)
        assert [await peer.receive() for _ in range(4)] == [
            Frame(TEXT, b"{}"),
            Frame(TEXT, b"x" * 126),
            Frame(TEXT, b"y" * 70_000),
            Frame(TEXT, "£".encode()),
        ]
        assert await peer.receive() == Frame(TEXT, b"")

    assert len(served(test).received_texts) == 5


def test_fragments_are_put_together_around_control_frames() -> None:
    async def test(echo: Echo, peer: Peer) -> None:
        peer.send(b"a", fin=False)
        peer.send(b"?", PING)
        peer.send("£".encode()[:1], CONTINUATION, fin=False)
        peer.send("£".encode()[1:], CONTINUATION)
        assert await peer.receive() == Frame(PONG, b"?")
        assert await peer.receive() == Frame(TEXT, "a£".encode())

    served(test)


def test_a_binary_message_is_no_text() -> None:
    async def test(echo: Echo, peer: Peer) -> None:
        peer.send(b'{"method":"ping"}', BINARY)
        peer.send(b'{"meth', BINARY, fin=False)
        peer.send(b'od":"ping"}', CONTINUATION)
        assert [await peer.receive() for _ in range(2)] == [Frame(TEXT, b"")] * 2

    assert served(test).received_texts == [b"", b""]


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        ([(b"\xff", TEXT, True)], 1007),
        ([(b"\xc2", TEXT, False), (b"\x41", CONTINUATION, True)], 1007),
        ([(b"a", CONTINUATION, True)], 1002),
        ([(b"a", TEXT, False), (b"b", TEXT, True)], 1002),
        ([(b"x" * (MAX_MESSAGE + 1), TEXT, True)], 1009),
        ([(b"x" * (MAX_MESSAGE >> 1), TEXT, False), (b"x" * (MAX_MESSAGE >> 1), CONTINUATION, True)], 1009),
        ([(b"x" * 126, PING, True)], 1002),
        ([(b"x", PING, False)], 1002),
        ([(b"x", 0x3, True)], 1002),
        ([(b"\x03", CLOSE, True)], 1002),
    ],
)
def test_misuse_is_closed_with_a_code(frames: list[tuple[bytes, int, bool]], code: int) -> None:
    async def test(echo: Echo, peer: Peer) -> None:
        for payload, opcode, fin in frames:
            peer.send(payload, opcode, fin)
        frame = await peer.receive()
        assert (frame.opcode, frame.code) == (CLOSE, code)
        peer.send(code.to_bytes(2, "big"), CLOSE)
        assert await peer.ended()

    assert served(test).received_texts == []


@pytest.mark.parametrize("bits", [0x40, 0x20, 0x10])
def test_a_reserved_bit(bits: int) -> None:
    async def test(echo: Echo, peer: Peer) -> None:
        peer.send(b"{}", bits=bits)
        frame = await peer.receive()
        assert (frame.opcode, frame.code) == (CLOSE, 1002)

    served(test)


def test_empty_fragments_without_end_are_bounded() -> None:
    async def test(echo: Echo, peer: Peer) -> None:
        peer.send(b"", fin=False)
        for _ in range(MAX_MESSAGE // FRAGMENT_COST):
            peer.send(b"", CONTINUATION, fin=False)
        frame = await peer.receive()
        assert (frame.opcode, frame.code) == (CLOSE, 1009)

    served(test)


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        (b"\x03\xe8bye", b"\x03\xe8"),
        (b"", b"\x03\xe8"),
        (b"\x0f\xa1", b"\x0f\xa1"),
        (b"\x03\xf3", b"\x03\xe8"),
    ],
)
def test_a_close_frame_is_answered_and_the_socket_closed(sent: bytes, answered: bytes) -> None:
    async def test(echo: Echo, peer: Peer) -> None:
        peer.send(b"last")
        peer.send(sent, CLOSE)
        peer.send(b"after")
        assert await peer.receive() == Frame(TEXT, b"last")
        assert await peer.receive() == Frame(CLOSE, answered)
        assert await peer.ended()

    assert served(test).received_texts == [b"last"]


def test_our_close_waits_for_the_answer_but_not_for_ever() -> None:
    async def test(echo: Echo, peer: Peer) -> None:
        echo.connection.close(1001, "shutting down")
        assert await peer.receive() == Frame(CLOSE, b"\x03\xe9shutting down")
        peer.send(b"ignored")
        assert await peer.ended()

    assert served(test).received_texts == []


def test_a_peer_that_does_not_read_is_closed_with_a_code_and_costs_no_more() -> None:
    """The outbox holds 1 MiB; what the peer reads before the close frame is whole messages."""
    message = b"m" * 100_000

    async def test(echo: Echo, peer: Peer) -> None:
        while echo.open:
            echo.connection.pending.append(text_frame(message))
            echo.connection.flush()
            assert echo.connection.waiting_bytes <= echo.max_outbox + len(message) + 10
            await asyncio.sleep(0)
        assert echo.connection.waiting_bytes == 0
        frame = await peer.receive()
        while frame.opcode == TEXT:
            assert frame.payload == message
            frame = await peer.receive()
        assert (frame.opcode, frame.payload) == (CLOSE, b"\x03\xf0slow consumer")

    served(test)


def test_a_peer_that_reads_late_gets_everything_in_order() -> None:
    async def test(echo: Echo, peer: Peer) -> None:
        count = 0
        while echo.connection.waiting_bytes < 200_000:
            echo.connection.pending.append(text_frame(b"%06d" % count * 1_000))
            echo.connection.flush()
            count += 1
            await asyncio.sleep(0)
        peer.send(b"1", PING)
        peer.send(b"2", PING)
        received = [await peer.receive() for _ in range(count)]
        assert [frame.payload[:6] for frame in received] == [b"%06d" % i for i in range(count)]
        assert echo.connection.waiting_bytes == 0
        # The pings came while nothing could be written: the last alone is answered.
        assert await peer.receive() == Frame(PONG, b"2")

    served(test)


async def turns(echo: Echo) -> list[int]:
    """How many messages each turn brings, until none comes."""
    counts, before = [], 0
    while counts[-1:] != [0]:
        for _ in range(20):
            await asyncio.sleep(0)
        counts.append(len(echo.received_texts) - before)
        before = len(echo.received_texts)
        echo.connection.flush()
    return counts[:-1]


def test_messages_in_a_burst_take_turns() -> None:
    """Whatever is left of a tick belongs to others: a burst of one peer is taken in a bit at a time."""
    texts = [b"%04d" % i for i in range(2 * TURN_MESSAGES + 5)]

    async def test(echo: Echo, peer: Peer) -> None:
        echo.prompt = False
        for text in texts:
            peer.send(text)
        peer.send(b"", CLOSE)
        peer.send(b"after")
        counts = await turns(echo)
        assert counts == [TURN_MESSAGES, TURN_MESSAGES, 5]
        assert [(await peer.receive()).payload for _ in texts] == texts
        assert await peer.receive() == Frame(CLOSE, b"\x03\xe8")
        assert await peer.ended()

    assert served(test).received_texts == texts


def test_long_answers_end_a_turn_too() -> None:
    async def test(echo: Echo, peer: Peer) -> None:
        echo.prompt, echo.answer_bytes = False, TURN_BYTES // 3
        for _ in range(8):
            peer.send(b"x")
        assert await turns(echo) == [3, 3, 2]

    served(test)


def test_requests_wait_while_their_answers_are_not_read() -> None:
    """A peer that asks and asks but never reads is heard no further; nothing piles up for it."""

    async def test(echo: Echo, peer: Peer) -> None:
        echo.answer_bytes = 100_000
        for i in range(200):
            peer.send(b"%03d" % i)
        for _ in range(1_000):
            await asyncio.sleep(0)
            assert echo.connection.waiting_bytes <= HIGH_WATER
        assert len(echo.received_texts) < 50
        received = [(await peer.receive()).payload for _ in range(200)]
        assert [text.strip() for text in received] == [b"%03d" % i for i in range(200)]

    served(test)


def test_pings_are_answered_in_order() -> None:
    async def test(echo: Echo, peer: Peer) -> None:
        peer.send(b"1", PING)
        peer.send(b"2", PING)
        peer.send(b"", PONG)
        assert [await peer.receive() for _ in range(2)] == [Frame(PONG, b"1"), Frame(PONG, b"2")]

    assert served(test).received_texts == []


def test_what_is_echoed() -> None:
    assert [echoed(code) for code in (1000, 1001, 3000, 4999, 0, 1002, 1006, 5000, 65535)] == [
        1000, 1001, 3000, 4999, 1000, 1000, 1000, 1000, 1000,
    ]  # fmt: skip


def test_what_is_text() -> None:
    assert [is_utf8(b) for b in (b"", b"a", "é".encode(), b"\xff", b"\xed\xa0\x80")] == [
        True, True, True, False, False,
    ]  # fmt: skip
