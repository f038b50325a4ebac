"""The package's own face: small to import."""

import subprocess
import sys

import pytest

import krakenbox
from krakenbox.local import LocalExchange


def test_the_exchange_is_there_for_whoever_asks() -> None:
    assert krakenbox.LocalExchange is LocalExchange


def test_nothing_else_is() -> None:
    with pytest.raises(AttributeError, match="module 'krakenbox' has no attribute 'Kraken'"):
        krakenbox.Kraken  # noqa: B018


def test_importing_it_imports_no_server() -> None:
    """Whoever only wants the protocol or the client pays for nothing else."""
    code = "import sys, krakenbox, krakenbox.protocol.v2.codec; print(list(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    for heavy in ("aiohttp", "picows", "uvloop", "typer", "rich", "prometheus_client"):
        assert f"'{heavy}'" not in loaded
