"""E-mail addresses: found in what people type around them, in one normal form, told apart from what only looks like one.

Belongs here: the form of addresses, role mailboxes, what a broken address was probably meant to be. Does not belong: what
is known of domains (`email_domains`) and whether two addresses are the same person (`matching`). Plus tags and dots stay: they are part of the address.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from typing import Final

import polars as pl

from contact_pipeline.cleaning.cells import Reading, read_cells
from contact_pipeline.cleaning.email_domains import (
    DISPOSABLE_DOMAINS,
    FREE_MAIL_DOMAINS,
    in_domains,
    may_be_mistyped,
    mistyped_domains,
)
from contact_pipeline.cleaning.text import is_blank_word, visible
from contact_pipeline.cleaning.vocabulary import lines

# Stands in the kept copies of a file where an erased person's address stood; nobody can have it.
TOMBSTONE_EMAIL: Final = "erased@contact-pipeline.invalid"

ROLE_MAILBOXES: Final[frozenset[str]] = lines("role_mailboxes")

NOT_AN_ADDRESS = "is not an e-mail address"
MIXED_ALPHABETS = "mixes alphabets in one word: may imitate another address"
MISTYPED_DOMAIN = "has a domain that looks mistyped"
NO_SUCH_DOMAIN = "has a domain that does not exist"
PLACEHOLDER = "looks like a placeholder, not somebody's address"

_LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_EVERYDAY = rf"^[a-z0-9_][a-z0-9_+-]*(?:\.[a-z0-9_+-]+)*@(?:{_LABEL}\.)+[a-z]{{2,24}}$"
_EVERYDAY_LONGEST = 64
_ATOM = r"[\w!#$%&'*+/=?^`{|}~-]+"
_LOCAL_PART = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_HOST = re.compile(rf"(?:{_LABEL}\.)+(?:[a-z]{{2,63}}|xn--[a-z0-9-]+)")
_ADDRESS_IN_ANGLES = re.compile(r"<\s*([^<>\s]+)\s*>")
_DISPLAY_NAME = re.compile(r"""(?:"[^"]*"|[^<>"@;,])*$""")
_COMMENT = re.compile(r"\([^()@]*\)")
_LABELLED = re.compile(r"^(?:mailto|e-?mail|smtp)\s*:\s*", re.IGNORECASE)
_BETWEEN = re.compile(r"[\s;,|]+|:::|/(?=[^@]*@)")
# What people and programs write for @ and dots, doubled or misplaced marks; in this order.
_SLIPS: Final = tuple(
    (re.compile(pattern), mended)
    for pattern, mended in (
        (r"\s*[\[({<]\s*(?:at|ät|arroba|@)\s*[\])}>]\s*|\s+(?:at|@)\s+", "@"),
        (r"\s*[\[({<]\s*(?:dot|punkt|punto|point)\s*[\])}>]\s*|\s+dot\s+", "."),
        (r"@{2,}", "@"),
        (r"(?<=@)(.*)$", lambda found: re.sub(r"[,;]|\s*\.\s*", ".", found[0])),
        (r"\.{2,}", "."),
        (r"^\.+|\.+(?=@)|(?<=@)[.-]+", ""),
    )
)
_WRAPPING = "\"'<>()[]"
_PLACEHOLDERS = frozenset(
    f"{local}@{domain}"
    for local in ("none", "test", "no", "na", "x", "noemail", "nomail", "no-email", "noreply", "null", "unknown")
    for domain in (
        "none.com",
        "test.com",
        "no.com",
        "na.na",
        "na.com",
        "x.x",
        "x.com",
        "example.com",
        "noemail.com",
        "email.com",
    )
)


def read_emails(raw: pl.Series) -> pl.DataFrame:
    """Addresses of each cell in normal form, one blank between several: value, reason. See `read_cells`."""
    lowered = pl.col("raw").str.to_lowercase()
    sure = (
        (pl.col("raw").str.len_bytes() <= _EVERYDAY_LONGEST)
        & lowered.str.contains(_EVERYDAY)
        & ~lowered.is_in(sorted(_PLACEHOLDERS))
    )
    return read_cells(raw, _read_email, regular=pl.when(sure).then(lowered))


def is_role_address(email: pl.Expr) -> pl.Expr:
    """True where the address belongs to a function (info@, sales@), not to a person. Null stays null."""
    return email.str.extract(r"^([^@+]+)").is_in(sorted(ROLE_MAILBOXES))


def is_free_mail(email: pl.Expr) -> pl.Expr:
    """True where the domain says nothing about the employer. Null stays null."""
    return in_domains(email, FREE_MAIL_DOMAINS | DISPOSABLE_DOMAINS)


def is_disposable(email: pl.Expr) -> pl.Expr:
    """True where the address is one to throw away. Null stays null."""
    return in_domains(email, DISPOSABLE_DOMAINS)


def doubts(emails: pl.Series, missing: Collection[str] = ()) -> pl.Series:
    """Why a readable address is probably not somebody's: its domain looks mistyped, or is one of `missing`; else null.

    Nothing is changed for it. Of several addresses in a cell the first counts.
    """
    domains = first_domains(emails)
    mistyped = mistyped_domains(domains.filter(may_be_mistyped(domains)).drop_nulls().unique())
    reasons = dict.fromkeys(mistyped, MISTYPED_DOMAIN) | dict.fromkeys(missing, NO_SUCH_DOMAIN)
    if not reasons:
        return pl.repeat(None, len(emails), dtype=pl.String, eager=True)
    return domains.replace_strict(reasons, default=None, return_dtype=pl.String)


def first_domains(emails: pl.Series) -> pl.Series:
    """What follows the @ of the first address of each cell."""
    behind = emails.str.splitn("@", 2).struct.field("field_1")
    return behind.str.splitn(" ", 2).struct.field("field_0")


def suggest(raw: pl.Series) -> pl.Series:
    """The addresses that texts were probably meant to be; null where nothing can be told."""
    distinct = raw.drop_nulls().unique()
    meant = {text: address for text in distinct if (address := _meant(text))}
    return raw.replace_strict(meant, default=None, return_dtype=pl.String)


def domain_of(email: pl.Expr) -> pl.Expr:
    """What follows the @."""
    return email.str.extract(r"@(.+)$")


def _read_email(text: str) -> Reading:
    shown = visible(text)
    if is_blank_word(shown):
        return Reading()
    addresses = [_normal(candidate) for candidate in _candidates(shown)]
    if not addresses or None in addresses:
        return Reading(None, NOT_AN_ADDRESS)
    found = [address for address in addresses if address]
    if len(found) == 1 and found[0] in _PLACEHOLDERS:
        return Reading(found[0], PLACEHOLDER)
    if any(_mixes_alphabets(address) for address in found):
        return Reading(None, MIXED_ALPHABETS)
    ready = [_ascii_host(address) for address in found]
    if None in ready:
        return Reading(None, NOT_AN_ADDRESS)
    return Reading(" ".join(dict.fromkeys(address for address in ready if address)))


def _meant(text: str) -> str | None:
    """One address out of a text that is none, or is one with a slip in its domain; None where several are possible."""
    shown = visible(text).lower().removesuffix(".")
    for pattern, mended in _SLIPS:
        shown = pattern.sub(mended, shown)
    reading = _read_email(shown)
    if not reading.value or reading.reason or " " in reading.value or re.search(r"@[\d.]+$", reading.value):
        return None
    local, _, domain = reading.value.rpartition("@")
    return f"{local}@{mistyped_domains([domain]).get(domain, domain)}"


def _candidates(text: str) -> list[str]:
    """The texts of a cell that should be addresses; what stands around them is taken off first."""
    found = _ADDRESS_IN_ANGLES.findall(text)
    if found and _DISPLAY_NAME.match(text[: text.index("<")]):
        return found
    bare = _LABELLED.sub("", _COMMENT.sub(" ", text).strip())
    parts = (_LABELLED.sub("", part).strip(_WRAPPING) for part in _BETWEEN.split(bare))
    return [part for part in parts if part]


def _normal(candidate: str) -> str | None:
    """One address in lower case, or None when it is none."""
    address = _LABELLED.sub("", unicodedata.normalize("NFKC", candidate)).replace("\u200c", "").replace("\u200d", "")
    address = address.split("?subject=", maxsplit=1)[0].rstrip(".,;:").lower()
    local, at, host = address.rpartition("@")
    fits = at and host and 1 <= len(local.encode()) <= 64 and len(address) <= 254
    return address if fits and _LOCAL_PART.fullmatch(local) and not re.search(r"%0[ad]", local) else None


def _ascii_host(address: str) -> str | None:
    """The address with the domain as DNS spells it (xn-- for letters outside a-z), or None when that is no domain."""
    local, _, host = address.rpartition("@")
    labels = [label if label.isascii() else "xn--" + label.encode("punycode").decode() for label in host.split(".")]
    ascii_host = ".".join(labels)
    fits = all(0 < len(label) <= 63 for label in labels) and _HOST.fullmatch(ascii_host)
    return f"{local}@{ascii_host}" if fits else None


def _mixes_alphabets(address: str) -> bool:
    """True when one word of the address mixes Latin with Cyrillic or Greek letters, which look alike."""
    return not address.isascii() and any(len(_alphabets(word)) > 1 for word in re.split(r"[@.]", address))


def _alphabets(word: str) -> set[str]:
    names = {unicodedata.name(letter, "").split(" ")[0] for letter in word if letter.isalpha()}
    return names & {"LATIN", "CYRILLIC", "GREEK"}
