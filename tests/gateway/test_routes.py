"""Which virtual host an upgrade asked for."""

import pytest

from krakenbox.gateway.desk import Host
from krakenbox.gateway.routes import NoRoute, route

LOCAL = "127.0.0.1:8081"


@pytest.mark.parametrize(
    ("host", "target", "expected"),
    [
        # the first label of Host
        ("ws.kraken.com", "/v2", "ws"),
        ("ws-auth.kraken.com", "/v2", "ws-auth"),
        ("ws-l3.kraken.com:443", "/v2/", "ws-l3"),
        ("WS-Auth.Kraken.com", "/v2", "ws-auth"),
        ("beta-ws.localhost:8081", "/v2", "beta-ws"),
        ("beta-ws-auth", "/v2?x=1", "beta-ws-auth"),
        # else the first step of the path
        (LOCAL, "/ws/v2", "ws"),
        (LOCAL, "/ws-auth/v2", "ws-auth"),
        (LOCAL, "/ws-l3/v2/", "ws-l3"),
        ("localhost", "/beta-ws/v2", "beta-ws"),
        ("[::1]:8081", "/beta-ws-auth/v2", "beta-ws-auth"),
        ("", "/ws-auth/v2", "ws-auth"),
        # plain /v2 is ws
        (LOCAL, "/v2", "ws"),
        (LOCAL, "/v2/", "ws"),
    ],
)
def test_where_it_leads(host: str, target: str, expected: str) -> None:
    assert route(host, target) is Host(expected)


V2 = "v2 is at /v2, /ws/v2, /ws-auth/v2, /ws-l3/v2, /beta-ws/v2, /beta-ws-auth/v2\n"


@pytest.mark.parametrize(
    ("host", "target", "text"),
    [
        (LOCAL, "/", f"WebSocket API v1 is not served yet; {V2}"),
        (LOCAL, "/ws", f"WebSocket API v1 is not served yet; {V2}"),
        ("ws-auth.kraken.com", "/", f"WebSocket API v1 is not served yet; {V2}"),
        (LOCAL, "/v3", f"there is no /v3; WebSocket API {V2}"),
        (LOCAL, "/ws/v2/more", f"there is no /ws/v2/more; WebSocket API {V2}"),
        (LOCAL, "/V2", f"there is no /V2; WebSocket API {V2}"),
        (LOCAL, "//v2", f"there is no //v2; WebSocket API {V2}"),
        (
            "ws-auth.kraken.com",
            "/ws-l3/v2",
            "on the host ws-auth WebSocket API v2 is at /v2; there is no /ws-l3/v2\n",
        ),
    ],
)
def test_what_leads_nowhere_is_told_where_to_go(host: str, target: str, text: str) -> None:
    assert route(host, target) == NoRoute(text)
