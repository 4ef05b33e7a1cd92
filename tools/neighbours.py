"""Does the wheel install beside packages that its users have, and change none of them?

Two of these need cffi 2, which `atomics` takes in any version. The exporters work with several
versions of the libraries that they export to.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

#: Newest versions, and of each package an older minor version.
NEIGHBOURS: Final = {
    "the newest": ("cryptography", "PyNaCl", "opentelemetry-sdk", "prometheus_client"),
    "older": ("cryptography<50", "PyNaCl<1.6", "opentelemetry-sdk<1.45", "prometheus_client<0.26"),
}
#: The lowest versions that the exporters' extras allow, and the newest.
EXPORTED_TO: Final = (
    ("prometheus_client==0.20.0", "opentelemetry-sdk==1.20.0"),
    ("prometheus_client", "opentelemetry-sdk<2"),
)
_EXPORT: Final = """\
from importlib.metadata import version
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from prometheus_client import CollectorRegistry, generate_latest
from ringbuffer import RingBuffer
from ringbuffer.diagnostics import opentelemetry, prometheus

ring = RingBuffer.of_values(8)
registry, reader = CollectorRegistry(), InMemoryMetricReader()
registry.register(prometheus.RingBufferCollector(ring))
opentelemetry.instrument(MeterProvider([reader]).get_meter("trial"), ring)
ring.publish_value("x")
text = generate_latest(registry).decode()
assert "ringbuffer_capacity" in text, text
[of_resource] = reader.get_metrics_data().resource_metrics
[of_scope] = of_resource.scope_metrics
assert len(of_scope.metrics) > 3, of_scope
names = ("prometheus_client", "opentelemetry-sdk")
print(", ".join(f"{name} {version(name)}" for name in names))
"""

type Run = Callable[[Sequence[str | Path], Path], str]


class NeighbourError(Exception):
    """The wheel changes what else is installed."""


def check(python: Path, wheel: Path, folder: Path, run: Run) -> list[str]:
    """Returns a line for each set of neighbours. pip plans; it installs nothing.

    Args:
        python: that has pip, of a build for which the neighbours have wheels.
        wheel: of this library; with its exporters.
        folder: where the commands run.
        run: runs a command there, and returns what it prints.

    Raises:
        NeighbourError: pip would install another version of a neighbour, or of what it needs.
    """
    lines = []
    for which, neighbours in NEIGHBOURS.items():
        alone = _planned(python, neighbours, folder, run)
        extras = f"{wheel}[prometheus,opentelemetry]"
        beside = _planned(python, (*neighbours, extras), folder, run)
        changed = {name: (version, beside.get(name)) for name, version in alone.items()}
        changed = {name: pair for name, pair in changed.items() if pair[0] != pair[1]}
        if changed:
            raise NeighbourError(
                "beside the wheel pip would install other versions: "
                + ", ".join(f"{name} {a} -> {b}" for name, (a, b) in sorted(changed.items()))
            )
        named = (each.split("<")[0].lower().replace("_", "-") for each in neighbours)
        versions = ", ".join(f"{name} {alone[name]}" for name in named)
        lines.append(f"{which}: {versions}; none of {len(alone)} packages changes")
    return lines


def _planned(python: Path, wanted: Sequence[str], folder: Path, run: Run) -> dict[str, str]:
    """Returns the versions that pip would install into an empty environment."""
    command: list[str | Path] = [python, "-m", "pip", "--disable-pip-version-check", "install"]
    options = ["--quiet", "--dry-run", "--ignore-installed", "--report", "-"]
    report = json.loads(run([*command, *options, "--only-binary", ":all:", *wanted], folder))
    planned = (each["metadata"] for each in report["install"])
    return {each["name"].lower().replace("_", "-"): each["version"] for each in planned}


def export(python: Path, folder: Path, run: Run) -> list[str]:
    """Returns the versions with which the exporters of the installed library worked.

    Args:
        python: of an environment that has the library, and gets what it exports to.
        folder: where the commands run.
        run: runs a command there, and returns what it prints.
    """
    lines = []
    pip: list[str | Path] = [python, "-m", "pip", "--disable-pip-version-check", "install", "-q"]
    for libraries in EXPORTED_TO:
        run([*pip, "--upgrade", *libraries], folder)
        lines.append(run([python, "-W", "ignore", "-c", _EXPORT], folder).strip())
    return lines
