"""Reads a header never seen before, from the concepts that its words stand for.

Belongs here: words to concepts (`words.toml`), sets of concepts to fields (`grammar.toml`). Does not belong: headers known
as a whole (`spellings`). A header is read only when every word is understood: "Email Status" holds more than EMAIL, so
it is no e-mail.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files

from contact_pipeline.mapping.claims import ADDRESS_FIELDS, RECORD_DATE, Claim, Place
from contact_pipeline.mapping.normalise import normalise_header

_AMBIGUOUS: dict[str, tuple[str, ...]] = {
    "_title": ("job_title", "salutation"),
    "_name": ("full_name", "last_name", "first_name", "company"),
    "_status": ("lead_status", "opted_out"),
    "_url": ("website", "linkedin_url"),
    "_account": ("company", "original_crm_id"),
}
_REACHABLE = frozenset({"email", "phone", "mobile_phone"})
_AT_WORK = frozenset({"company", "job_title", "department", "website"})
_SPARE_TITLES = frozenset({"ROLE", "JOB", "PROFESSION"})
_NAME_WORDS = frozenset({"NOM", "NOME"})  # "nom" beside a given name, "nome" beside a surname mean the other half
_AGENTS = frozenset({"by", "da", "par", "por", "von", "durch"})  # "Creato da", "Erstellt von": a person, not a time
# What these say changes with whom or what they are said of: "open leads" are no opened e-mails.
_NEVER_NARROWED = frozenset({"website_visits", "content_downloads", "email_opens", "email_clicks", "converted"})
_LONGEST_WORD = 24
_ASKING = re.compile(
    r"^(?:(?:hi|hello|hey|and|so|please|enter|provide|what s|what is|whats|what|which|in which|in what|wie lautet|wie ist"
    r"|quelle est|quel est|cual es|qual e|wat is|jaki jest) )+"
)
_ASKED = re.compile(
    r" (?:do you work (?:for|at)|are you (?:based|located|working)(?: in)?|do you live in|do you represent)$"
)


def _plain(word: str) -> str:
    return normalise_header(word).replace(" ", "")


@cache
def _concepts() -> dict[str, str]:
    """Word -> concept."""
    text = files("contact_pipeline.mapping").joinpath("words.toml").read_text(encoding="utf-8")
    table: dict[str, str] = tomllib.loads(text)
    return {_plain(word): concept for concept, words in table.items() for word in words.split()}


@cache
def _rules() -> tuple[dict[frozenset[str], str], dict[str, frozenset[str]]]:
    """Concept set -> field, and the groups of narrowing concepts."""
    text = files("contact_pipeline.mapping").joinpath("grammar.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    sets = {
        frozenset(words.split()): field for field, alternatives in table["fields"].items() for words in alternatives
    }
    return sets, {name: frozenset(words.split()) for name, words in table["narrowing"].items()}


def _split_compound(word: str) -> list[str] | None:
    """Concepts of a word glued from known ones ("arbejdstelefon", "勤務先住所"), the fewest; None if a part is unknown."""
    known = _concepts()
    shortest = 3 if word.isascii() else 1
    best: list[list[str] | None] = [[]] + [None] * len(word)
    for end in range(1, len(word) + 1):
        for start in range(max(0, end - _LONGEST_WORD), end):
            head, part = best[start], word[start:end]
            if head is None or len(part) < shortest or part not in known:
                continue
            tail = best[end]
            if tail is None or len(head) + 1 < len(tail):
                best[end] = [*head, known[part]]
    return best[len(word)]


def _read_words(normalised: str) -> list[str] | None:
    """Concepts in order, numbers kept as digits and fillers left out; None where a word is unknown."""
    read: list[str] = []
    for word in normalised.split():
        if word.isdecimal():
            read.append(word)
            continue
        concept = _concepts().get(word)
        parts = [concept] if concept else _split_compound(word)
        if parts is None:
            return None
        read.extend(parts)
    return [concept for concept in read if concept != "FILLER"]


def _allowed_beside(field: str) -> frozenset[str]:
    """Concepts that may narrow a field without making it another one."""
    groups = _rules()[1]
    allowed = groups["everywhere"]
    if field == "_url":  # a person's URL is their page in the tool that wrote the file
        return frozenset()
    if field in _NEVER_NARROWED:
        return frozenset()
    if field in _REACHABLE:
        return allowed | groups["reachable"]
    if field in ADDRESS_FIELDS:
        return allowed | groups["placed"]
    if field in _AT_WORK:
        return allowed | groups["at_work"]
    return allowed | {"OTHER"} if field == "notes" else allowed


def _field_of(concepts: frozenset[str]) -> str | None:
    """The field of a set of concepts: as a whole, else by its largest part that the rest only narrows."""
    sets = _rules()[0]
    if concepts in sets:
        return sets[concepts]
    plain = frozenset("NAME" if concept in _NAME_WORDS else concept for concept in concepts)
    if plain != concepts:
        return _field_of(plain)
    parts = [part for part in sets if part < concepts and concepts - part <= _allowed_beside(sets[part])]
    largest = max(parts, key=len, default=None)
    return sets[largest] if largest is not None else None


def _place_of(concepts: frozenset[str], field: str) -> Place:
    """Which address or number a header means."""
    if field in ADDRESS_FIELDS and concepts & {"COMPANY", "ACCOUNT", "BY_COMPANY"}:
        return Place.COMPANY
    order = (
        ("OTHER", Place.OTHER),
        ("SECOND", Place.OTHER),
        ("HOME", Place.HOME),
        ("BILLING", Place.BILLING),
        ("SHIPPING", Place.SHIPPING),
        ("PRIMARY", Place.PRIMARY),
        ("WORK", Place.WORK),
        ("BUSINESS", Place.WORK),
    )
    return next((place for concept, place in order if concept in concepts), Place.PLAIN)


def _ordinal(read: list[str], field: str) -> int | None:
    """Number of a further e-mail, phone or street line; None where the number makes it another person's or thing's.

    In "Address 2 - City" the number counts addresses, in "Address 2" it counts lines.
    """
    numbers = [(at, int(word)) for at, word in enumerate(read) if word.isdecimal()]
    high = [number for _, number in numbers if number != 1]
    if not high:
        return 1
    if len(high) > 1 or high[0] > 9 or field not in _REACHABLE | {"street_address", "website"}:
        return None
    at = next(at for at, number in numbers if number == high[0])
    before, after = read[at - 1] if at else "", read[at + 1] if at + 1 < len(read) else ""
    if before in {"PERSON", "LEAD", "COMPANY"} or (before == "ADDRESS" and after in {"STREET", "LINE"}):
        return None
    return high[0]


def _names_another(read: list[str]) -> bool:
    """Whether the last word is the thing and the rest only says whose: a company's contact, an address's company."""
    if len(read) < 2:
        return False
    of_company = read[-1] == "PERSON" and not {"COMPANY", "ACCOUNT"}.isdisjoint(read)
    return of_company or (read[-1] == "COMPANY" and read[0] == "ADDRESS" and read[1].isdecimal())


def concepts_of(normalised: str) -> frozenset[str] | None:
    """What the words of a header stand for, numbers left out; None where one of them is unknown or there is none."""
    read = _read_words(normalised)
    concepts = frozenset(word for word in read or () if not word.isdecimal())
    return concepts or None


def read_header(normalised: str) -> Claim | None:
    """The claim of a header by its words, or None if they are not all understood or name no field.

    A question ("What is your company?") is read by what it asks for.
    """
    return _read(normalised) or _read(_ASKED.sub("", _ASKING.sub("", normalised)))


def _read(normalised: str) -> Claim | None:
    read = _read_words(normalised)
    if not read or _names_another(read):
        return None
    concepts = frozenset(word for word in read if not word.isdecimal())
    field = _field_of(concepts)
    ordinal = _ordinal(read, field) if field else None
    if field is None or ordinal is None:
        return None
    if field == "job_title" and "LEAD" in concepts and concepts & _SPARE_TITLES:
        return None  # a lead's role in a deal
    if field in {"created_at", RECORD_DATE} and not _AGENTS.isdisjoint(normalised.split()):
        return None
    fields = _AMBIGUOUS.get(field, (field,))
    sure = 0.75 if len(fields) > 1 else 0.8 if concepts <= _SPARE_TITLES else 0.9
    return Claim(fields, sure, "names, by its words,", _place_of(concepts, field), ordinal)
