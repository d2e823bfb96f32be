"""How a file is refused: one line that names the file, what is wrong and what to do.

Belongs here: the wording around a refusal. Does not belong: deciding whether a file is refused.
"""

from __future__ import annotations

from contact_pipeline.errors import FileRefused


def shown(name: str) -> str:
    """A file or sheet name fit for one line of a log or terminal: control and bidi characters are escaped."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in name)


def refusal(name: str, reason: str, what: str) -> FileRefused:
    """The error to raise. `reason` is the stable code; `what` says what is wrong and what to do, as sentences."""
    return FileRefused(reason, f"{shown(name)}: {what}")
