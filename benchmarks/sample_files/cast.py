"""Who appears in which sample file.

Belongs here: the people, their overlap between files, and whose address is out of order. Does not belong: how a file spells
them.
"""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.dice import Dice
from benchmarks.outcomes import decide
from benchmarks.phone_book import PhoneBook
from benchmarks.synthetic import Person, Population

_WORLD = {"US": 46.0, "GB": 14.0, "DE": 12.0, "FR": 7.0, "CA": 6.0, "AU": 5.0, "SE": 4.0, "AT": 3.0, "CH": 3.0}
_ENGLISH_SPEAKING = {"US": 78.0, "GB": 12.0, "CA": 7.0, "AU": 3.0}
_GERMAN_SPEAKING = {"DE": 70.0, "AT": 15.0, "CH": 15.0}


@dataclass(frozen=True, slots=True)
class Cast:
    """The people of each file in file order; a person in two files is one object."""

    phones: PhoneBook
    hubspot: list[Person]
    without_email: frozenset[int]  # positions in `hubspot`
    with_broken_email: frozenset[int]
    with_shared_mailbox: tuple[int, ...]  # in pairs: two people, one info@ address
    salesforce: list[Person]
    known_to_hubspot: frozenset[str]  # e-mails of those in both of the above
    attendees: list[Person]
    kontakte: list[Person]


def make_cast(seed: int) -> Cast:
    """The people of all samples."""
    dice, phones = Dice(seed, "cast"), PhoneBook(Dice(seed, "phones"))
    population = Population(seed, phones)
    employers = population.companies(1_300, _WORLD)
    hubspot = population.people(4_880, employers)
    english_employers = population.companies(330, _ENGLISH_SPEAKING)
    new_leads = population.people(900, english_employers)
    new_guests = population.people(160, employers)
    new_kontakte = population.people(700, population.companies(240, _GERMAN_SPEAKING))
    decide([*hubspot, *new_leads], Dice(seed, "outcomes"))

    troubled = dice.sample(range(len(hubspot)), 61)
    sound = [person for position, person in enumerate(hubspot) if position not in set(troubled)]
    shared_leads = dice.sample([person for person in sound if person.country in _ENGLISH_SPEAKING], 600)
    german_speakers = [person for person in sound if person.country in _GERMAN_SPEAKING]
    attendees = [*dice.sample(sound, 120), *dice.sample(new_leads, 40), *new_guests]
    kontakte = [*dice.sample(german_speakers, 100), *new_kontakte]
    return Cast(
        phones=phones,
        hubspot=hubspot,
        without_email=frozenset(troubled[:40]),
        with_broken_email=frozenset(troubled[40:55]),
        with_shared_mailbox=tuple(troubled[55:]),
        salesforce=_shuffled(dice, [*shared_leads, *new_leads]),
        known_to_hubspot=frozenset(person.email for person in shared_leads),
        attendees=_shuffled(dice, attendees),
        kontakte=_shuffled(dice, kontakte),
    )


def _shuffled(dice: Dice, people: list[Person]) -> list[Person]:
    return dice.sample(people, len(people))
