"""Which virtual host and API a WebSocket upgrade asked for, by its Host header or its path.

v1 is at the root of a host, v2 at `/v2` of it (Kraken, WebSocket introduction); clients come with and without
a final slash.
"""

from typing import NamedTuple

from krakenbox.gateway.desk import Api, Host


class Route(NamedTuple):
    """A virtual host, and what is spoken there."""

    host: Host
    api: Api


class NoRoute(NamedTuple):
    """Nothing is served there: the text of a 404."""

    text: str


_HOSTS = {host.value: host for host in Host}
_PATHS = {
    Api.V1: ", ".join(("/", *(f"/{host}" for host in Host if host is not Host.WS_L3))),
    Api.V2: ", ".join(("/v2", *(f"/{host}/v2" for host in Host))),
}


def route(host_header: str, target: str) -> Route | NoRoute:
    """Where to: the host by the first label of `host_header` if that names one, else by the path."""
    path = target.partition("?")[0].rstrip("/")
    label = host_header.lower().partition(":")[0].partition(".")[0]
    named = _HOSTS.get(label)
    first, _, rest = path[1:].partition("/")
    if named is None and first in _HOSTS:
        host, spoken = _HOSTS[first], rest
    else:
        host, spoken = named or Host.WS, path[1:]
    # Clients of a named host also find the plain paths; `//v2` is none of them.
    if spoken == "v2" and path.endswith("/v2") and "//" not in path:
        return Route(host, Api.V2)
    if spoken == "" and host is not Host.WS_L3:
        return Route(host, Api.V1)
    if spoken == "":
        return NoRoute("level3 is of v2 alone, at /ws-l3/v2\n")
    if named is not None:
        return NoRoute(f"on the host {label} v1 is at / and v2 at /v2; there is no {path}\n")
    return NoRoute(f"there is no {path}; v1 is at {_PATHS[Api.V1]}; v2 is at {_PATHS[Api.V2]}\n")
