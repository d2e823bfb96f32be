"""Mail domains: whose they are, which ones look mistyped, which ones do not exist.

Belongs here: facts about the part behind the @. Does not belong: the form of an address (`emails`).
"""

from __future__ import annotations

import queue
import socket
import string
import threading
import time
from collections.abc import Callable, Iterable
from functools import cache
from typing import Final

import polars as pl

from contact_pipeline.cleaning.vocabulary import lines

FREE_MAIL_DOMAINS: Final[frozenset[str]] = lines("free_mail")
DISPOSABLE_DOMAINS: Final[frozenset[str]] = lines("disposable_domains")

# Names long enough that one slip of a finger does not make another well-known name.
_OFTEN_MISTYPED = ("gmail", "googlemail", "yahoo", "hotmail", "outlook", "icloud", "protonmail", "comcast", "verizon")
_COM_MISTYPED = ("con", "cmo", "ocm", "comm", "coom", "cim", "cpm", "vom", "xom", "om", "cm", "co", "c0m", "com.com")
_REAL_NEIGHBOURS = frozenset({"yahoo.co", "yahoo.cm", "comcast.co"})
_LOOKUPS_AT_ONCE = 16


def may_be_mistyped(domains: pl.Series) -> pl.Series:
    """Which domains have a name that `mistyped_domains` looks at; of a long column they are few."""
    return domains.str.splitn(".", 2).struct.field("field_0").is_in([*_OFTEN_MISTYPED, *_slips()])


def mistyped_domains(domains: Iterable[str]) -> dict[str, str]:
    """Domain -> the well-known one probably meant, for those that are one slip away from it."""
    return {domain: meant for domain in domains if (meant := _meant(domain))}


def missing_domains(
    domains: Iterable[str], *, seconds: float, look_up: Callable[[str], object] | None = None
) -> frozenset[str]:
    """Domains that the name service says do not exist.

    Asks in threads of its own and stops after `seconds`: what is unknown by then, or cannot be asked, counts as existing.
    So do all where not one is found to exist: then it is the network that is missing. `look_up` raises socket.gaierror as
    socket.getaddrinfo does.
    """
    waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
    for domain in domains:
        waiting.put(domain)
    found: queue.SimpleQueue[tuple[str, bool]] = queue.SimpleQueue()
    arguments = (waiting, found, look_up or _look_up)
    # Daemons: a name server that never answers must not hold up the end of the process.
    threads = [threading.Thread(target=_ask, args=arguments, daemon=True) for _ in range(_LOOKUPS_AT_ONCE)]
    deadline = time.monotonic() + seconds
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    while not waiting.empty():  # nobody is to ask on after the time is up
        _taken(waiting)
    answers = dict(found.get() for _ in range(found.qsize()))
    return (
        frozenset(domain for domain, exists in answers.items() if not exists) if any(answers.values()) else frozenset()
    )


def in_domains(email: pl.Expr, domains: frozenset[str]) -> pl.Expr:
    """True where the address is of one of the domains. Null stays null."""
    return email.str.extract(r"@(.+)$").is_in(sorted(domains))


def _meant(domain: str) -> str | None:
    name, _, ending = domain.partition(".")
    if domain in FREE_MAIL_DOMAINS or domain in _REAL_NEIGHBOURS:
        return None
    right_name = name if name in _OFTEN_MISTYPED else _slips().get(name)
    right_ending = "com" if ending in _COM_MISTYPED or right_name == "gmail" else ending
    meant = f"{right_name or name}.{right_ending}"
    return meant if meant != domain and right_name and meant in FREE_MAIL_DOMAINS else None


@cache
def _slips() -> dict[str, str]:
    """Name with one letter left out, doubled or wrong, or two swapped -> name. The first letter is right but for a swap:
    mail.com, ymail.com and email.com are no slips."""
    slips: dict[str, str] = {}
    for name in _OFTEN_MISTYPED:
        cuts = [(name[:at], name[at:]) for at in range(len(name) + 1)]
        swapped = {a + b[1] + b[0] + b[2:] for a, b in cuts if len(b) > 1}
        left_out = {a + b[1:] for a, b in cuts[1:] if b}
        other = {a + letter + b[1:] for a, b in cuts[1:] if b for letter in string.ascii_lowercase}
        added = {a + letter + b for a, b in cuts[1:] for letter in string.ascii_lowercase}
        slips |= dict.fromkeys((swapped | left_out | other | added) - {name}, name)
    return slips


def _ask(
    waiting: queue.SimpleQueue[str], found: queue.SimpleQueue[tuple[str, bool]], look_up: Callable[[str], object]
) -> None:
    while (domain := _taken(waiting)) is not None:
        try:
            look_up(domain)
        except socket.gaierror as error:
            if error.errno == socket.EAI_NONAME:
                found.put((domain, False))
        except (OSError, UnicodeError):
            continue  # the question could not be asked, which says nothing of the domain
        else:
            found.put((domain, True))


def _taken(waiting: queue.SimpleQueue[str]) -> str | None:
    try:
        return waiting.get_nowait()
    except queue.Empty:
        return None


def _look_up(domain: str) -> object:
    return socket.getaddrinfo(domain, 25, type=socket.SOCK_STREAM)
