"""Quick by default, thorough under `make soak`: KRAKENBOX_SOAK=1 switches markers, counts and hypothesis."""

import os

import pytest
from hypothesis import HealthCheck, settings

SOAK = os.environ.get("KRAKENBOX_SOAK", "") not in ("", "0")

# Quick runs draw the same examples every time, so that red means a change, not luck. Soak runs look for new
# ones.
settings.register_profile(
    "quick", max_examples=60, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "soak",
    max_examples=5_000,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("soak" if SOAK else "quick")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave tests marked `soak` out of quick runs; the closing line counts them as deselected."""
    if SOAK:
        return
    left_out = [item for item in items if item.get_closest_marker("soak")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("soak")]


@pytest.fixture(scope="session")
def soak() -> bool:
    """Whether this run may take its full counts, such as 200,000 operations instead of 50,000."""
    return SOAK
