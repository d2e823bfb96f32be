"""Web addresses: with scheme, lower-case host; LinkedIn profiles under one spelling.

Belongs here: the form of an address and whether it is safe to show as a link. Does not belong: fetching; nothing here ever
connects to anything.
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

import polars as pl

from contact_pipeline.cleaning.cells import Reading, read_cells
from contact_pipeline.cleaning.text import is_blank_word, visible

NOT_AN_ADDRESS = "is not a web address"
UNSAFE = "only http and https addresses are kept"
HOLDS_LOGIN = "holds a user name or password"
NOT_LINKEDIN = "is not a LinkedIn address"

_EVERYDAY = r"^https?://[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,24}(?:/[A-Za-z0-9._~/?&=%#+-]*)?$"
_BARE_HOST = r"^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,24}$"
_SCHEME = re.compile(r"^([a-z][a-z0-9+.-]*):(?!\d+(?:/|$))", re.IGNORECASE)
_NOT_IN_HOST = r"\s/?#@:\[\].,;!()'&=+$*~_%"
_HOST = re.compile(
    rf"(?:[^{_NOT_IN_HOST}]+\.)+[^{_NOT_IN_HOST}\d-][^{_NOT_IN_HOST}]+|\d{{1,3}}(?:\.\d{{1,3}}){{3}}|\[[0-9a-f:.]+\]|localhost"
)
_LINKEDIN_HOST = re.compile(r"(?:[a-z0-9-]+\.)*linkedin\.com")
_LINKEDIN_PATH = re.compile(r"/?(in|pub|company|school|showcase)/([^/?#\s]+)", re.IGNORECASE)
_EVERYDAY_LINKEDIN = r"^https://www\.linkedin\.com/(?:in|company)/[a-z0-9%-]+$"


def read_urls(raw: pl.Series) -> pl.DataFrame:
    """Web addresses: value, reason. https is assumed where no scheme is given."""
    address = pl.col("raw")
    regular = (
        pl.when(address.str.contains(_EVERYDAY))
        .then(address)
        .when(address.str.contains(_BARE_HOST))
        .then(pl.concat_str(pl.lit("https://"), address))
    )
    return read_cells(raw, _read_url, regular=regular)


def read_linkedin_urls(raw: pl.Series) -> pl.DataFrame:
    """LinkedIn addresses as https://www.linkedin.com/in/...: value, reason."""
    known = pl.col("raw").str.contains(_EVERYDAY_LINKEDIN)
    return read_cells(raw, _read_linkedin_url, regular=pl.when(known).then(pl.col("raw")))


def _read_url(text: str) -> Reading:
    address = visible(text)
    if is_blank_word(address):
        return Reading()
    scheme = _SCHEME.match(address)
    if scheme and scheme.group(1).lower() not in {"http", "https"}:
        return Reading(None, UNSAFE)
    parts = _split(address if scheme else "https://" + address.lstrip("/"))
    if parts is None:
        return Reading(None, NOT_AN_ADDRESS)
    if "@" in parts.netloc:
        return Reading(None, HOLDS_LOGIN)
    return Reading(parts._replace(scheme=parts.scheme.lower(), netloc=parts.netloc.lower().rstrip(".")).geturl())


def _split(address: str) -> SplitResult | None:
    """The parts of an address, or None when it is none: blanks, no host, a host that cannot be."""
    if re.search(r"[\s<>\"\\^`{|}\x00-\x1f]", address):
        return None
    try:
        parts = urlsplit(address)
        host = parts.netloc.rpartition("@")[2].lower()
        _ = parts.port
    except ValueError:
        return None
    return parts if _HOST.fullmatch(re.sub(r":\d*$", "", host).rstrip(".")) else None


def _read_linkedin_url(text: str) -> Reading:
    address = visible(text)
    if is_blank_word(address):
        return Reading()
    bare = _LINKEDIN_PATH.match(address)
    if bare:
        return Reading(_canonical_linkedin(bare))
    parts = _split(address if "://" in address else "https://" + address.lstrip("/"))
    if parts is None or not _LINKEDIN_HOST.fullmatch(parts.netloc.lower()):
        return Reading(None, NOT_LINKEDIN)
    path = _LINKEDIN_PATH.match(parts.path)
    return Reading(_canonical_linkedin(path)) if path else Reading(f"https://www.linkedin.com{parts.path.rstrip('/')}")


def _canonical_linkedin(path: re.Match[str]) -> str:
    return f"https://www.linkedin.com/{path.group(1).lower()}/{path.group(2).lower()}"
