"""Many worlds: what one seed comes to, and the smallest world that fails as it did."""

from msgspec import Struct

from krakenbox.sim.faults import Fault, Feature, Plan, drawn
from krakenbox.sim.world import Broken, Report, World

STEPS = 240
"""Steps of a world unless told otherwise: some ten ends of its process in one that has them."""


class Failure(Struct, frozen=True):
    """A world that broke."""

    seed: int
    steps: int
    step: int
    without: tuple[str, ...]
    why: str

    @property
    def command(self) -> str:
        """What repeats it."""
        left_out = f" --without {','.join(self.without)}" if self.without else ""
        return f"krakenbox simulate --seed {self.seed} --steps {self.steps}{left_out}"


def run(seed: int, steps: int = STEPS, without: tuple[str, ...] = ()) -> Report | Failure:
    """Run the world of a seed, something left out."""
    try:
        return World(drawn(seed, steps).without(*without)).run()
    except Broken as broken:
        return Failure(seed, steps, broken.step, without, broken.why)


def shrunk(failure: Failure) -> Failure:
    """The same seed with as few steps, features and faults as still break."""
    smallest = failure
    if failure.step < failure.steps:
        smallest = _worse(smallest, max(failure.step, 1), failure.without)
    for name in _present(failure):
        smallest = _worse(smallest, smallest.steps, (*smallest.without, name))
    return _worse(smallest, max(smallest.step, 1), smallest.without)


def _worse(best: Failure, steps: int, without: tuple[str, ...]) -> Failure:
    """What a smaller world comes to, if it breaks too."""
    found = run(best.seed, steps, without)
    return found if isinstance(found, Failure) else best


def _present(failure: Failure) -> list[str]:
    plan: Plan = drawn(failure.seed, failure.steps).without(*failure.without)
    return [each.value for each in (*Fault, *Feature) if plan.has(each)]
