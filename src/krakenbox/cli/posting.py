"""Requests to the operator's endpoint of a running exchange."""

import json
import urllib.error
import urllib.request
from typing import Annotated, Any

import typer

from krakenbox.cli.failure import failing
from krakenbox.errors import ConfigError

Url = Annotated[str, typer.Option(help="HTTP address of the running exchange.", show_default=True)]
LOCAL_URL = "http://127.0.0.1:8080"
TIMEOUT_S = 10


def post(url: str, what: str, body: dict[str, Any]) -> dict[str, Any]:
    """What `/admin/` answers; ends the command with the text of a refusal."""
    request = urllib.request.Request(
        f"{url.rstrip('/')}/admin/{what}",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    with failing(ConfigError):
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:
                told = json.load(response)
        except urllib.error.HTTPError as error:
            raise ConfigError(json.load(error)["error"]) from None
        except urllib.error.URLError as error:
            raise ConfigError(f"no exchange at {url}: {error.reason}") from None
    assert isinstance(told, dict), f"the endpoint answers objects; was {told}"
    return told
