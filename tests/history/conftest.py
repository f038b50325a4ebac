"""The same tests on SQLite and on a real PostgreSQL server, started here where its programs are found.

KRAKENBOX_POSTGRES=required makes a missing server an error instead of a skip: continuous integration sets it.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from history.postgres import Server, programs


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL server of this run alone."""
    found = programs()
    if found is None:
        reason = "no PostgreSQL programs found (Debian: apt install postgresql)"
        if os.environ.get("KRAKENBOX_POSTGRES") == "required":
            pytest.fail(reason)
        pytest.skip(reason)
    with Server(found) as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/history.sqlite"
    return str(request.getfixturevalue("server").database())
