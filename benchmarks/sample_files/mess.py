"""How people type: the same fact in the many spellings that exports are full of.

Belongs here: spellings that several source tools share. Does not belong: the layout of one tool (its own module).
"""

from __future__ import annotations

from benchmarks.dice import Dice
from benchmarks.phone_book import Line
from benchmarks.synthetic import Company
from benchmarks.vocabulary import COUNTRY_SPELLINGS

NBSP = "\u00a0"

_SPELLED_OUT = {
    "Inc.": "Incorporated", "Ltd": "Limited", "Corp.": "Corporation", "GmbH": "Gesellschaft mbH", "LLC": "L.L.C.",
}  # fmt: skip
_HEADCOUNT_RANGES = (
    (10, "1-10"), (50, "11-50"), (200, "51-200"), (500, "201-500"), (1000, "501-1,000"), (5000, "1001-5000"),
    (10000, "5001 - 10000"),
)  # fmt: skip


def name(dice: Dice, text: str) -> str:
    """A name as typed: mostly right, at times shouted, whispered or with blanks around it."""
    roll = dice.unit()
    if roll < 0.05:
        return text.upper()
    if roll < 0.09:
        return text.lower()
    if roll < 0.11:
        return f"{text} "
    if roll < 0.12:
        return f"{NBSP}{text}"
    return text


def company(dice: Dice, employer: Company) -> str:
    """A company name in one of the spellings its people use."""
    spellings = {
        employer.name: 60.0,
        employer.stem: 16.0,
        employer.name.replace(",", ""): 7.0,
        employer.name.rstrip("."): 5.0,
        employer.name.upper(): 5.0,
        f"{employer.stem} {_SPELLED_OUT.get(employer.legal_form, employer.legal_form)}": 4.0,
        f"{employer.stem.lower()}": 2.0,
        f" {employer.name}": 1.0,
    }
    return dice.weighted(spellings)


def country(dice: Dice, code: str) -> str:
    """A country as written somewhere in the world."""
    usual, *others = COUNTRY_SPELLINGS[code]
    return usual if dice.chance(0.6) else dice.pick(others)


def phone(dice: Dice, line: Line | None, home: str) -> str:
    """A telephone number as written by somebody in `home`; blank without a line."""
    if line is None:
        return ""
    if line.country != home:
        return line.written(line.international_style)
    written = line.written(dice.pick(line.styles))
    return f"{written} x{dice.between(101, 499)}" if home in ("US", "CA") and dice.chance(0.04) else written


def headcount(dice: Dice, employees: int) -> str:
    """A number, a number with separators, or the range of a pick list."""
    roll = dice.unit()
    if roll < 0.55:
        return str(employees)
    if roll < 0.62:
        return f"{employees:,}"
    return next((label for top, label in _HEADCOUNT_RANGES if employees <= top), "10,001+")


def revenue(dice: Dice, amount: float, symbol: str) -> str:
    """An amount in units, with separators, or short ($1.2M)."""
    roll = dice.unit()
    if roll < 0.6:
        return f"{amount:.0f}"
    if roll < 0.72:
        return f"{symbol}{amount:,.0f}"
    if amount >= 1e9:
        return f"{symbol}{amount / 1e9:.1f}B"
    return f"{symbol}{amount / 1e6:.1f}M" if amount >= 1e6 else f"{symbol}{amount / 1e3:.0f}K"


def broken_email(dice: Dice, email: str) -> str:
    """An address that cannot be one any more."""
    local, _, domain = email.partition("@")
    return dice.pick(
        (f"{local}@", f"{local}{domain}", f"{local}@@{domain}", f"{local} at {domain}", "n/a", f"{local}@{domain[:-8]}")
    )
