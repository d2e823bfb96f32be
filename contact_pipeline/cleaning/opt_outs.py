"""Signs that people want no marketing, in the name of a file or sheet and in the words of a status.

Belongs here: telling such texts from others. Does not belong: columns that are about nothing else (`choices`) and which
columns hold a status (`mapping.consent`). Light to import, for the settings of a file depend on its name.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import PurePath

from contact_pipeline.cleaning.vocabulary import fold, toml

_CAMEL = re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z])")
_DIGIT_EDGE = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")


def file_says_opt_out(name: str) -> bool:
    """Whether the name of a file says that everybody in it wants no marketing: unsubscribed_2024.csv, Abmeldungen.xlsx."""
    return says_opt_out(PurePath(name).stem)


def says_opt_out(text: str) -> bool:
    """Whether a name or a status says that people want no marketing. "not unsubscribed" and "subscribed" do not."""
    words = fold(_DIGIT_EDGE.sub(" ", _CAMEL.sub(" ", text)))
    found = _any_of("says").search(words)
    if found is None or _any_of("unless_before").search(words[: found.start()]):
        return False
    return not _any_of("unless").search(_any_of("says").sub(" ", words))


@cache
def _any_of(name: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(toml('opt_out_signs')[name])})\b")
