"""Which virtual host an upgrade asked for."""

import pytest

from krakenbox.gateway.desk import Api, Host
from krakenbox.gateway.routes import NoRoute, Route, route

LOCAL = "127.0.0.1:8081"


@pytest.mark.parametrize(
    ("host", "target", "expected"),
    [
        # the first label of Host
        ("ws.kraken.com", "/v2", "ws v2"),
        ("ws-auth.kraken.com", "/v2", "ws-auth v2"),
        ("ws-l3.kraken.com:443", "/v2/", "ws-l3 v2"),
        ("WS-Auth.Kraken.com", "/v2", "ws-auth v2"),
        ("beta-ws.localhost:8081", "/v2", "beta-ws v2"),
        ("beta-ws-auth", "/v2?x=1", "beta-ws-auth v2"),
        ("ws.kraken.com", "", "ws v1"),
        ("ws.kraken.com", "/", "ws v1"),
        ("ws-auth.kraken.com", "/?x=1", "ws-auth v1"),
        ("beta-ws.kraken.com", "/", "beta-ws v1"),
        ("beta-ws-auth.kraken.com", "/", "beta-ws-auth v1"),
        # else the first step of the path
        (LOCAL, "/ws/v2", "ws v2"),
        (LOCAL, "/ws-auth/v2", "ws-auth v2"),
        (LOCAL, "/ws-l3/v2/", "ws-l3 v2"),
        ("localhost", "/beta-ws/v2", "beta-ws v2"),
        ("[::1]:8081", "/beta-ws-auth/v2", "beta-ws-auth v2"),
        ("", "/ws-auth/v2", "ws-auth v2"),
        (LOCAL, "/ws", "ws v1"),
        (LOCAL, "/ws/", "ws v1"),
        (LOCAL, "/ws-auth", "ws-auth v1"),
        (LOCAL, "/beta-ws/", "beta-ws v1"),
        (LOCAL, "/beta-ws-auth", "beta-ws-auth v1"),
        # a plain path is of ws
        (LOCAL, "/v2", "ws v2"),
        (LOCAL, "/v2/", "ws v2"),
        (LOCAL, "/", "ws v1"),
    ],
)
def test_where_it_leads(host: str, target: str, expected: str) -> None:
    name, api = expected.split()
    assert route(host, target) == Route(Host(name), Api(api))


PATHS = (
    "v1 is at /, /ws, /ws-auth, /beta-ws, /beta-ws-auth; "
    "v2 is at /v2, /ws/v2, /ws-auth/v2, /ws-l3/v2, /beta-ws/v2, /beta-ws-auth/v2\n"
)
OTHER_HOST = "on the host ws-auth v1 is at / and v2 at /v2; there is no"


@pytest.mark.parametrize(
    ("host", "target", "text"),
    [
        (LOCAL, "/ws-l3", "level3 is of v2 alone, at /ws-l3/v2\n"),
        ("ws-l3.kraken.com", "/", "level3 is of v2 alone, at /ws-l3/v2\n"),
        (LOCAL, "/v3", f"there is no /v3; {PATHS}"),
        (LOCAL, "/ws/v2/more", f"there is no /ws/v2/more; {PATHS}"),
        (LOCAL, "/V2", f"there is no /V2; {PATHS}"),
        (LOCAL, "//v2", f"there is no //v2; {PATHS}"),
        ("ws-auth.kraken.com", "/ws-l3/v2", f"{OTHER_HOST} /ws-l3/v2\n"),
        ("ws-auth.kraken.com", "/ws-auth", f"{OTHER_HOST} /ws-auth\n"),
    ],
)
def test_what_leads_nowhere_is_told_where_to_go(host: str, target: str, text: str) -> None:
    assert route(host, target) == NoRoute(text)
