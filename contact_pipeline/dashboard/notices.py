"""The small pages: what somebody reads who may not look, or asked for what there is not.

Belongs here: their words, and the page around them. Does not belong: when they are shown (`guard`, `opening`, `app`).
They hold no personal data, for anybody may read them. Their look comes from /static/open.js, the one script that needs no link.
"""

from __future__ import annotations

from base64 import b64encode
from html import escape
from typing import NamedTuple

from starlette.responses import HTMLResponse

from contact_pipeline.dashboard.links import Refusal
from contact_pipeline.dashboard.static_files import static_file


class Notice(NamedTuple):
    """A status, what is the matter, and what to do about it."""

    status: int
    title: str
    text: str


_ASK = "ask the person who sent it to you for a new one."

OPEN_YOUR_LINK = Notice(
    401, "Open your link", "These leads are shown to those who have a link. Open the one that you were sent."
)
REFUSALS = {
    Refusal.UNKNOWN: OPEN_YOUR_LINK,
    Refusal.ENDED: Notice(401, "Please open your link again", "You were away for a while, so your visit has ended."),
    Refusal.EXPIRED: Notice(403, "This link has expired", f"It held for a limited time. Please {_ASK}"),
    Refusal.REVOKED: Notice(403, "This link was withdrawn", f"It opens nothing any more. Please {_ASK}"),
}
UNKNOWN_TOKEN = Notice(403, "This link is not known", f"Was it copied whole, to its last letter? If so, {_ASK}")
TOO_MANY_TRIES = Notice(
    429, "Too many tries", "Several wrong links were tried from here. Wait a minute, then open yours again."
)
ELSEWHERE = Notice(
    403, "This was asked from another page", "Nothing was changed. Do it on the page of the leads itself."
)
FAULT = Notice(
    500, "Something went wrong", "It was noted for the people who run this page. Go back and try something else."
)

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<link rel="icon" href="{icon}">
<script src="/static/open.js"></script>
</head>
<body>
<main aria-live="polite">
<img src="{icon}" alt="" width="32" height="32">
<h1>{title}</h1>
<p>{text}</p>
{more}
</main>
</body>
</html>
"""
_NEEDS_SCRIPT = "<noscript><p>Opening a link needs JavaScript, which is switched off in this browser.</p></noscript>"
_BACK = '<p><a href="/">Go to the leads</a></p>'


def notice_page(notice: Notice, *, way_back: bool = False) -> HTMLResponse:
    """The page that says it, with the status of the notice; `way_back` for those who may look."""
    return HTMLResponse(_page(notice, _BACK if way_back else ""), notice.status)


def opening_page() -> HTMLResponse:
    """What a link leads to: the script reads the token there and sends it."""
    return HTMLResponse(_page(OPEN_YOUR_LINK, _NEEDS_SCRIPT))


def _page(notice: Notice, more: str) -> str:
    return _PAGE.format(icon=_icon(), title=escape(notice.title), text=escape(notice.text), more=more)


def _icon() -> str:
    """Within the page: what a page asks for is refused to who has no link."""
    icon = static_file("icon.svg")
    return f"data:{icon.media_type};base64,{b64encode(icon.content).decode()}"
