"""The price table of `stacks/prices.yaml`: list prices with a date, a source each, and what is assumed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from infra.datafile import read
from infra.errors import ConfigError

FILE = Path(__file__).resolve().parents[2] / "stacks" / "prices.yaml"


@dataclass(frozen=True)
class Price:
    """`by_region` has `""` where one price holds everywhere; else classes of regions, or regions."""

    key: str
    unit: str
    by_region: Mapping[str, float]
    source: str
    confirmed: bool


@dataclass(frozen=True)
class Prices:
    """`hours` of a month; `free` are beginnings of types that cost nothing in themselves."""

    date: str
    currency: str
    hours: int
    regions: Mapping[str, str]
    usage: Mapping[str, float]
    prices: Mapping[str, Price]
    free: tuple[str, ...]

    def at(self, key: str, region: str) -> float | None:
        """The unit price there; None where the table does not say."""
        known, place = self.prices[key].by_region, region.lower()
        for name in (place, self.regions.get(place), ""):
            if name is not None and name in known:
                return known[name]
        return None

    def is_free(self, kind: str) -> bool:
        """IAM members are free wherever they are."""
        return "IAM" in kind.rsplit(":", 1)[-1].upper() or kind.startswith(self.free)

    def using(self, usage: Mapping[str, float]) -> Prices:
        """With other assumptions; an unknown one lists those there are."""
        for key, value in usage.items():
            if key not in self.usage:
                raise ConfigError(f"--usage {key}", value, self.usage)
        return replace(self, usage={**self.usage, **usage})


def load(path: Path = FILE) -> Prices:
    """Read and check the table; an error names the file and the key."""
    given = read(path, FILE.with_name("prices.schema.json"))
    prices = {
        key: Price(
            key,
            each["unit"],
            each["price"] if isinstance(each["price"], dict) else {"": each["price"]},
            each["source"],
            each["confirmed"],
        )
        for key, each in given["prices"].items()
    }
    return Prices(
        given["date"],
        given["currency"],
        given["hours"],
        given["regions"],
        given["usage"],
        prices,
        tuple(given["free"]),
    )
