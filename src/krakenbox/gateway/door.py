"""The WebSocket port's door: accepted sockets until they are upgraded, or turned away with a reason.

picows tells nothing of a socket before its request is parsed, but bounds and a timeout need to know of all:
so this extends its protocol class. That is not picows' public face; pyproject.toml allows the minor version
this was written for.
"""

import asyncio
import logging
import socket
from http import HTTPStatus
from typing import NamedTuple, Protocol

from picows import WSAutoPingStrategy, WSUpgradeRequest, WSUpgradeResponse, WSUpgradeResponseWithListener
from picows.picows import WSProtocol  # type: ignore[attr-defined]

from krakenbox.gateway.connection import HIGH_WATER, MAX_MESSAGE, Connection

HANDSHAKE_TIMEOUT_S = 5.0
SEND_BUFFER = 256 << 10
"""The kernel's share of a stalled peer; left to itself it grows to megabytes."""
RECEIVE_BUFFER = 128 << 10
"""The kernel's share of a peer in a hurry, and so how much of it one tick may have to take in."""
READ_BUFFER = 4 << 10
"""A connection's first read buffer: most requests fit, and thousands of idle connections stay small."""

_picows_logger = logging.getLogger("krakenbox.gateway.picows")
# It reports every protocol error of a peer as an error of ours.
_picows_logger.setLevel(logging.CRITICAL)


class Refusal(NamedTuple):
    """An upgrade is turned away: the status and text of the HTTP answer."""

    status: HTTPStatus
    text: str


class Porter(Protocol):
    """Who decides at the door."""

    def arrived(self, door: "Door") -> bool:
        """A socket was accepted; whether it may stay."""

    def admit(self, address: str, host: str, target: str) -> Connection | Refusal:
        """An upgrade was asked for."""

    def left(self, door: "Door") -> None:
        """The socket is gone. Told once, whatever became of it."""


class Door(WSProtocol):  # type: ignore[misc]
    """One accepted socket."""

    def __init__(self, porter: Porter) -> None:
        super().__init__(
            None,
            None,
            False,  # is_client_side
            self._admit,
            _picows_logger,
            True,  # disconnect_on_exception
            None,  # websocket_handshake_timeout: its expiry would be reported as a traceback
            False,  # enable_auto_ping
            10,
            10,
            WSAutoPingStrategy.PING_WHEN_IDLE,
            False,  # enable_auto_pong: a peer that pings and never reads would fill our memory
            MAX_MESSAGE,
            None,
            READ_BUFFER,
        )
        self._porter = porter
        self._address = ""
        self._socket: asyncio.Transport
        self._timeout: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:
        """A socket was accepted."""
        self._socket = transport
        self._address = (transport.get_extra_info("peername") or ("",))[0]
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        transport.set_write_buffer_limits(high=HIGH_WATER)
        super().connection_made(transport)
        if self._porter.arrived(self):
            self._timeout = asyncio.get_running_loop().call_later(HANDSHAKE_TIMEOUT_S, self.abort)
        else:
            self.abort()

    def connection_lost(self, error: Exception | None) -> None:
        """The socket is gone."""
        self._settled()
        super().connection_lost(error)
        self._porter.left(self)

    def abort(self) -> None:
        """Cut the socket without a word."""
        self._socket.abort()

    def _settled(self) -> None:
        if self._timeout is not None:
            self._timeout.cancel()
            self._timeout = None

    def _admit(self, request: WSUpgradeRequest) -> Connection | WSUpgradeResponseWithListener:
        self._settled()
        headers = request.headers
        # RFC 9110, 7.6.1: a list; some clients send "keep-alive, Upgrade"; picows knows one word.
        words = [word.strip().lower() for word in headers.get("Connection", "").split(",")]
        if "upgrade" in words:
            headers["Connection"] = "Upgrade"
        target = request.path.decode("ascii", "replace")
        admitted = self._porter.admit(self._address, headers.get("Host", ""), target)
        if isinstance(admitted, Connection):
            return admitted
        response = WSUpgradeResponse.create_error_response(admitted.status, admitted.text.encode())
        return WSUpgradeResponseWithListener(response, None)
