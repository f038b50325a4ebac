"""Which virtual host a WebSocket upgrade asked for, by its Host header or its path."""

from typing import NamedTuple

from krakenbox.gateway.desk import Host


class NoRoute(NamedTuple):
    """Nothing is served there: the text of a 404."""

    text: str


_HOSTS = {host.value: host for host in Host}
_PATHS = ", ".join(("/v2", *(f"/{host}/v2" for host in Host)))


def route(host_header: str, target: str) -> Host | NoRoute:
    """The virtual host: the first label of `host_header` if that names one, else the path's first step."""
    path = target.partition("?")[0].rstrip("/")
    label = host_header.lower().partition(":")[0].partition(".")[0]
    named = _HOSTS.get(label)
    if named is not None and path == "/v2":
        return named
    first, _, rest = path[1:].partition("/")
    if first == "v2" and not rest:
        return Host.WS
    if named is None and rest == "v2" and first in _HOSTS:
        return _HOSTS[first]
    if path == "" or path[1:] in _HOSTS:
        return NoRoute(f"WebSocket API v1 is not served yet; v2 is at {_PATHS}\n")
    if named is not None:
        return NoRoute(f"on the host {label} WebSocket API v2 is at /v2; there is no {path}\n")
    return NoRoute(f"there is no {path}; WebSocket API v2 is at {_PATHS}\n")
