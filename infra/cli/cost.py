"""`cost`: a month of a stack at list prices; what has no price is named, never counted as zero."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from infra.cli import charges
from infra.cli.cells import cell
from infra.cli.charges import Charge, Month, Unpriceable
from infra.cli.locations import home
from infra.cli.prices import Prices
from infra.cli.state import Resource, State


@dataclass(frozen=True)
class Line:
    """`amount` is None where only traffic decides; `assumed` and `confirmed` say how firm it is."""

    room: str
    resource: str
    type: str
    why: str
    quantity: float | None
    unit: str
    price: float
    amount: float | None
    assumed: bool
    confirmed: bool
    source: str


@dataclass(frozen=True)
class Unpriced:
    resource: str
    type: str
    why: str


@dataclass(frozen=True)
class Estimate:
    stack: str
    date: str
    currency: str
    lines: tuple[Line, ...]
    unpriced: tuple[Unpriced, ...]
    usage: dict[str, float]

    @property
    def total(self) -> float:
        return round(sum(line.amount or 0 for line in self.lines), 2)

    @property
    def assumed(self) -> float:
        """The part of the total that rests on assumptions, not on configuration."""
        return round(sum(line.amount or 0 for line in self.lines if line.assumed), 2)

    @property
    def data(self) -> dict[str, Any]:
        return {**asdict(self), "total": self.total, "assumed": self.assumed}


def estimate(state: State, prices: Prices) -> Estimate:
    """Every resource is a line, unpriced, or of a type that is free."""
    lines: list[Line] = []
    unpriced: list[Unpriced] = []
    month = Month(prices.hours, prices.usage)
    for resource in state.google:
        rule = charges.RULES.get(resource.type)
        if rule is None:
            if not prices.is_free(resource.type):
                unpriced.append(Unpriced(resource.name, resource.type, "no rule for this type"))
            continue
        try:
            found = rule(resource.properties, month)
        except Unpriceable as error:
            unpriced.append(Unpriced(resource.name, resource.type, str(error)))
            continue
        for charge in found:
            _add(state, resource, charge, prices, lines, unpriced)
    return Estimate(
        state.stack, prices.date, prices.currency, tuple(lines), tuple(unpriced), dict(prices.usage)
    )


def _add(
    state: State,
    resource: Resource,
    charge: Charge,
    prices: Prices,
    lines: list[Line],
    unpriced: list[Unpriced],
) -> None:
    region = home(resource, state)
    price, known = prices.prices[charge.price], prices.at(charge.price, region)
    if known is None:
        unpriced.append(
            Unpriced(resource.name, resource.type, f"no price of {charge.price} in {region or '?'}")
        )
        return
    amount = None if charge.quantity is None else round(charge.quantity * known, 4)
    lines.append(
        Line(
            state.room(resource),
            resource.name,
            resource.type,
            charge.why,
            charge.quantity,
            price.unit,
            known,
            amount,
            charge.assumed,
            price.confirmed,
            price.source,
        )
    )


def markdown(found: Estimate) -> str:
    """Rooms with their sums, then the lines, what only traffic decides, and what has no price."""
    fixed = [line for line in found.lines if line.amount is not None]
    lines = [
        f"## Monthly cost of {found.stack}: {found.total:,.2f} {found.currency}",
        "",
        f"List prices of {found.date}, before discounts, taxes and free tiers: check them before a decision "
        f"rests on them. {found.assumed:,.2f} of it rests on assumed usage (~). † marks a price that was not "
        "read on its source.",
        "",
        "| room | resource | what | quantity | unit price | a month |",
        "|---|---|---|---:|---:|---:|",
    ]
    lines += [
        f"| {line.room} | {cell(line.resource)} | {cell(line.why)} | {'~' if line.assumed else ''}"
        f"{line.quantity:,.6g} | {_price(line)} | {line.amount:,.2f} |"
        for line in sorted(fixed, key=lambda line: (-(line.amount or 0), line.room, line.resource))
    ]
    lines.append(f"| | | | | **total** | **{found.total:,.2f}** |")
    return "\n".join([*lines, *_by_use(found), *_without(found), *_assumptions(found)])


def _by_use(found: Estimate) -> list[str]:
    rates = sorted({(_price(line), line.why, line.room) for line in found.lines if line.amount is None})
    if not rates:
        return []
    rows = [f"- {room}, {cell(why)}: {price}" for price, why, room in rates]
    return ["", "Charged by use, not in the total:", "", *rows]


def _without(found: Estimate) -> list[str]:
    if not found.unpriced:
        return []
    rows = [f"- {cell(each.resource)} (`{each.type}`): {cell(each.why)}" for each in found.unpriced]
    return ["", "**Unpriced**, so the total is too low by them:", "", *rows]


def _assumptions(found: Estimate) -> list[str]:
    given = ", ".join(f"{key}={value:g}" for key, value in sorted(found.usage.items()))
    return ["", f"Assumed a month for each resource (change with --usage): {given}."]


def _price(line: Line) -> str:
    return f"{line.price:.10g}{'' if line.confirmed else '†'} a {line.unit}"
