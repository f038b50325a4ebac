"""What the README shows is run as it stands."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from acceptance.conftest import Served

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_the_first_order_is_filled(serve: Callable[..., Served]) -> None:
    served = serve("--market", "calm")
    environment = {
        **os.environ,
        "KRAKEN_REST_URL": served.http_url,
        "KRAKEN_WS_AUTH_URL": served.ws_auth_url,
    }
    script = [sys.executable, str(EXAMPLES / "first_order.py")]
    printed = subprocess.check_output(script, env=environment, text=True, timeout=30).splitlines()

    assert '"channel":"status"' in printed[0]
    assert any('"method":"add_order"' in line and '"success":true' in line for line in printed)
    assert '"exec_type":"filled"' in printed[-1]
