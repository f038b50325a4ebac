"""Listening sockets: one port on several addresses of this machine."""

import errno
import os
import socket

from msgspec import Struct

from krakenbox.errors import ConfigError

BACKLOG = 1_024
PORT_TRIES = 20
"""How often a free port of one address may turn out to be taken on another before giving up."""

_ABSENT = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
_REACHED_BY = {"0.0.0.0": "127.0.0.1", "::": "::1"}


class Addresses(Struct, frozen=True):
    """Where an exchange is reached."""

    hosts: tuple[str, ...] = ()
    """Addresses listened on: those asked for that the machine has."""
    http_port: int = 0
    ws_port: int = 0
    ws_hosts: tuple[str, ...] = ()
    """Those of the WebSocket port, where it has its own."""
    secure: bool = False
    """Whether it speaks https and wss."""

    @property
    def http_url(self) -> str:
        """Base address of REST, health and metrics."""
        return f"http{self._s}://{self._authority(self.hosts, self.http_port)}"

    @property
    def ws_url(self) -> str:
        """WebSocket v2: market data."""
        return f"{self._ws}/v2"

    @property
    def ws_auth_url(self) -> str:
        """WebSocket v2: trading and private channels."""
        return f"{self._ws}/ws-auth/v2"

    @property
    def ws_l3_url(self) -> str:
        """WebSocket v2: level3."""
        return f"{self._ws}/ws-l3/v2"

    @property
    def _s(self) -> str:
        return "s" if self.secure else ""

    @property
    def _ws(self) -> str:
        return f"ws{self._s}://{self._authority(self.ws_hosts or self.hosts, self.ws_port)}"

    def _authority(self, hosts: tuple[str, ...], port: int) -> str:
        assert hosts, "an exchange has addresses once it was started"
        host = _REACHED_BY.get(hosts[0], hosts[0])
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def listen(hosts: tuple[str, ...], port: int) -> list[socket.socket]:
    """Listen on `port` of every host the machine has; port 0 is a free one, the same for all."""
    for _ in range(PORT_TRIES if port == 0 else 1):
        opened: list[socket.socket] = []
        try:
            for host in hosts:
                wanted = port or (opened[0].getsockname()[1] if opened else 0)
                opened.extend(_listen_on(host, wanted))
        except OSError as error:
            _close(opened)
            if error.errno != errno.EADDRINUSE or port or not opened:
                raise _explained(error, port) from None
            continue
        if not opened:
            raise ConfigError(f"this machine has none of the addresses {', '.join(hosts)}")
        return opened
    raise ConfigError(f"no port is free on all of {', '.join(hosts)}")


def port_of(sockets: list[socket.socket]) -> int:
    """The one port of what `listen` returned."""
    port = sockets[0].getsockname()[1]
    assert isinstance(port, int)
    return port


def _listen_on(host: str, port: int) -> list[socket.socket]:
    """A listening socket, or none where the machine has no such address."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        sock = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        if error.errno in _ABSENT:
            return []
        raise
    try:
        if os.name == "posix":
            # A restart need not wait for the connections of the one before. Elsewhere it would steal ports.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.setblocking(False)
        sock.bind((host, port))
        sock.listen(BACKLOG)
    except OSError as error:
        sock.close()
        if error.errno in _ABSENT:
            return []
        error.filename = host
        raise
    return [sock]


def _close(sockets: list[socket.socket]) -> None:
    for sock in sockets:
        sock.close()


def _explained(error: OSError, port: int) -> ConfigError:
    where = f"port {port} of {error.filename}"
    if error.errno == errno.EADDRINUSE:
        return ConfigError(f"{where} is in use by another program")
    if error.errno == errno.EACCES:
        return ConfigError(f"{where} may not be listened on without privileges")
    return ConfigError(f"{where} cannot be listened on: {error.strerror}")
