"""Seeded people and companies that do not exist.

Belongs here: who they are, where they work, how to reach them, what they did before anybody decided about them. Does not
belong: whether they bought (`outcomes`), how an export spells them (`sample_files`), a million at once (`bulk`, whose
writer is offered here too).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from benchmarks.bulk import write_contacts_csv
from benchmarks.dice import Dice
from benchmarks.phone_book import Line, PhoneBook
from benchmarks.vocabulary import (
    COMPANY_STEMS,
    DEPARTMENTS,
    FIRST_NAMES,
    INDUSTRIES,
    LANGUAGE,
    LAST_NAMES,
    LEGAL_FORMS,
    PLACES,
    TITLES,
    Place,
    ascii_slug,
)

__all__ = ["AS_OF", "Company", "Person", "Population", "write_contacts_csv"]

AS_OF = datetime(2026, 3, 31, 18, 0)  # noqa: DTZ001 - exports carry local times without a zone

PERSONAL_MAIL_DOMAINS: tuple[str, ...] = ("freepost.example", "mailnest.example", "homemail.test")

SOURCES: dict[str, float] = {
    "Organic Search": 26,
    "Paid Search": 14,
    "Email Marketing": 10,
    "Referrals": 9,
    "Direct Traffic": 15,
    "Organic Social": 8,
    "Paid Social": 7,
    "Offline Sources": 11,
}
PRODUCTS: dict[str, float] = {"Starter": 34, "Platform": 31, "Analytics": 21, "Not sure yet": 14}
_SENIORITY_WEIGHTS: dict[str, float] = {
    "Owner": 7, "C-Level": 9, "VP": 8, "Director": 15, "Manager": 24, "Senior": 12, "Staff": 17, "Entry": 8,
}  # fmt: skip
_OWNERS: tuple[str, ...] = ("Quinn Ashdown", "Robin Castellan", "Sasha Merrow", "Toni Blakeway", "Alex Thornby")


@dataclass(frozen=True, slots=True)
class Company:
    """An employer. `revenue` is in units of its own currency a year."""

    stem: str
    legal_form: str
    domain: str
    place: Place
    industry: str
    headcount: int
    revenue: float
    mail_pattern: str

    @property
    def name(self) -> str:
        """Name with the legal form, as the register has it."""
        comma = "," if self.legal_form == "Inc." else ""
        return f"{self.stem}{comma} {self.legal_form}"


@dataclass(slots=True)
class Person:
    """A contact as it really is, before any export bends it. `outcome` is None as long as nothing is decided."""

    first_name: str
    last_name: str
    is_woman: bool
    seniority: str
    department: str
    job_title: str
    company: Company
    email: str
    landline: Line | None
    mobile: Line | None
    source: str
    product: str
    owner: str
    created_at: datetime
    last_activity_at: datetime
    interest: float  # hidden: standard normal, drives all engagement
    page_views: int
    downloads: int
    opens: int
    clicks: int
    saw_webinar: bool
    started_trial: bool
    opted_out: bool
    outcome: bool | None = None
    converted_at: datetime | None = field(default=None)

    @property
    def country(self) -> str:
        """ISO code of the country the person works in."""
        return self.company.place.country


class Population:
    """Makes people and companies; no two share an e-mail, a telephone line or a company domain."""

    def __init__(self, seed: int, phones: PhoneBook | None = None) -> None:
        self._dice = Dice(seed, "population")
        self._phones = phones or PhoneBook(Dice(seed, "phones"))
        self._emails: set[str] = set()
        self._domains: set[str] = set()

    def companies(self, count: int, countries: Mapping[str, float]) -> list[Company]:
        """`count` companies, spread over countries by weight."""
        return [self._company(self._dice.weighted(countries)) for _ in range(count)]

    def people(self, count: int, companies: list[Company]) -> list[Person]:
        """`count` people; companies early in the list employ more of them."""
        return [self._person(companies[int(self._dice.unit() ** 1.6 * len(companies))]) for _ in range(count)]

    def _company(self, country: str) -> Company:
        dice = self._dice
        stem, domain = self._free_name(LANGUAGE[country])
        headcount = max(1, round(10 ** (1.9 + 0.85 * dice.normal())))
        return Company(
            stem=stem,
            legal_form=dice.pick(LEGAL_FORMS[country]),
            domain=domain,
            place=dice.pick([place for place in PLACES if place.country == country]),
            industry=dice.pick(INDUSTRIES),
            headcount=headcount,
            revenue=round(headcount * 10 ** (5.1 + 0.25 * dice.normal()), -4),
            mail_pattern=dice.pick(("{f}.{l}", "{f}.{l}", "{i}{l}", "{i}.{l}", "{f}")),
        )

    def _free_name(self, language: str) -> tuple[str, str]:
        openings, endings = COMPANY_STEMS[language]
        while True:
            stem = self._dice.pick(openings) + self._dice.pick(endings)
            extra = self._dice.pick(("", "", "Group", "Systems", "Partners", "Logistics", "Labs", "Services"))
            name = f"{stem} {extra}".strip()
            domain = f"{ascii_slug(name.replace(' ', '-'))}.example"
            if domain not in self._domains:
                self._domains.add(domain)
                return name, domain

    def _person(self, company: Company) -> Person:
        dice = self._dice
        language = LANGUAGE[company.place.country]
        is_woman = dice.chance(0.48)
        first = dice.pick(FIRST_NAMES[language]["f" if is_woman else "m"])
        last = dice.pick(LAST_NAMES[language])
        seniority = dice.weighted(_SENIORITY_WEIGHTS)
        department = dice.pick(DEPARTMENTS)
        interest = dice.normal()
        created = self._created()
        return Person(
            first_name=first,
            last_name=last,
            is_woman=is_woman,
            seniority=seniority,
            department=department,
            job_title=dice.pick(TITLES[seniority]).format(d=department),
            company=company,
            email=self._email(first, last, company),
            landline=self._phones.landline(company.place.country) if self._has_landline(company) else None,
            mobile=self._phones.mobile(company.place.country) if self._has_mobile(company) else None,
            source=dice.weighted(SOURCES),
            product=dice.weighted(PRODUCTS),
            owner=dice.pick(_OWNERS),
            created_at=created,
            last_activity_at=self._last_activity(created, interest),
            interest=interest,
            page_views=self._count(1.3, interest),
            downloads=self._count(-0.6, interest),
            opens=self._count(1.0, interest),
            clicks=self._count(-0.4, interest),
            saw_webinar=dice.chance(0.12 + 0.06 * interest),
            started_trial=dice.chance(0.15 + 0.06 * interest),
            opted_out=dice.chance(0.06),
        )

    def _has_landline(self, company: Company) -> bool:
        return self._dice.chance(0.3 if company.place.country in ("AT", "CH") else 0.72)

    def _has_mobile(self, company: Company) -> bool:
        return self._dice.chance(0.06 if company.place.country in ("GB", "FR", "AU") else 0.3)

    def _created(self) -> datetime:
        minutes = int(self._dice.unit() * 820 * 24 * 60)
        return AS_OF - timedelta(minutes=minutes)

    def _last_activity(self, created: datetime, interest: float) -> datetime:
        """Keen people were seen lately; nobody was seen before becoming known."""
        days = -75 * (1 - 0.35 * max(-1.5, min(1.5, interest))) * math.log(1 - self._dice.unit())
        return max(created, AS_OF - timedelta(minutes=int(days * 24 * 60)))

    def _count(self, level: float, interest: float) -> int:
        return int(math.exp(level + 0.6 * interest + 0.55 * self._dice.normal()))

    def _email(self, first: str, last: str, company: Company) -> str:
        dice = self._dice
        parts = {"f": ascii_slug(first), "l": ascii_slug(last), "i": ascii_slug(first)[:1]}
        personal = dice.chance(0.07)
        local = ("{f}.{l}" if personal else company.mail_pattern).format(**parts)
        domain = dice.pick(PERSONAL_MAIL_DOMAINS) if personal else company.domain
        email, number = f"{local}@{domain}", 2
        while email in self._emails:
            email, number = f"{local}{number}@{domain}", number + 1
        self._emails.add(email)
        return email
