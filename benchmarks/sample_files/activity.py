"""web_and_mail_activity.csv: what some people of the samples did on the website and with mails, one row an activity.

Belongs here: when the activities were that add up to a person's engagement, and the rows of such a log that go wrong. Does not
belong: the people (`cast`) and what engagement does to the outcome (`outcomes`).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from benchmarks.dice import Dice
from benchmarks.sample_files.cast import Cast
from benchmarks.synthetic import AS_OF, Person

FILE_NAME = "web_and_mail_activity.csv"
HEADERS = ("Email", "Activity Type", "Activity Date", "Asset", "Count")

_FOLLOWED = 0.14  # the share of people whose activities were logged
_KEPT_DAYS = 540  # older rows were deleted
_BOUNCES = 0.02
_PAGES = ("/pricing", "/product", "/", "/blog/forecasting", "/customers", "/docs/start")
_MAILS = ("Spring newsletter", "Product update 7", "Invitation to the forum", "Customer story")
_PAPERS = ("Buyer's guide.pdf", "Benchmark report.pdf", "Security whitepaper.pdf")
_STRANGERS = ("visitor.one", "no.record", "cleared.out", "by.chance", "old.address", "typo.name", "left.company")


class _Row(NamedTuple):
    at: datetime
    email: str
    activity: str
    asset: str
    count: int


def write(cast: Cast, folder: Path, seed: int) -> Path:
    """Write the file into the folder; returns its path."""
    dice = Dice(seed, FILE_NAME)
    rows = [row for person in _followed(dice, cast) for row in _log_of(dice, person)]
    told_apart = {(row.email, row.activity, row.at): row for row in rows}.values()
    kept = [row for row in told_apart if row.at > AS_OF - timedelta(days=_KEPT_DAYS)]
    lines = [_cells(dice, row) for row in sorted([*kept, *_of_strangers(dice)])]
    lines[700:700] = [lines[650], lines[651]]  # the tool sent two rows again
    lines[1200] = (*lines[1200][:2], "", *lines[1200][3:])
    lines[1900] = (*lines[1900][:1], "Lead score threshold reached", *lines[1900][2:])
    path = folder / FILE_NAME
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([HEADERS, *lines])
    path.write_bytes(text.getvalue().encode())
    return path


def _followed(dice: Dice, cast: Cast) -> list[Person]:
    """Some people of the HubSpot and Salesforce files whose address is sound, each once."""
    troubled = {*cast.without_email, *cast.with_broken_email, *cast.with_shared_mailbox}
    sound = [person for position, person in enumerate(cast.hubspot) if position not in troubled]
    new = [person for person in cast.salesforce if person.email not in cast.known_to_hubspot]
    return [person for person in (*sound, *new) if dice.chance(_FOLLOWED)]


def _log_of(dice: Dice, person: Person) -> Iterator[_Row]:
    """The activities behind the counts of a person: after becoming known, before the last one and before buying."""
    end = min(person.last_activity_at, person.converted_at or AS_OF)
    minutes = max(1, int((end - person.created_at).total_seconds() // 60))

    def row(activity: str, asset: str, count: int = 1) -> _Row:
        return _Row(end - timedelta(minutes=int(dice.unit() ** 1.5 * minutes)), person.email, activity, asset, count)

    views = person.page_views
    while views > 0:
        count = min(views, dice.between(1, 4))
        views -= count
        yield row("Page View", dice.pick(_PAGES), count)
    for activity, often, assets in (
        ("Email Opened", person.opens, _MAILS),
        ("Link Clicked", person.clicks, _MAILS),
        ("Content Download", person.downloads, _PAPERS),
        ("Webinar Attended", int(person.saw_webinar), ("Forecasting in practice",)),
        ("Form Submission", int(person.started_trial), ("Trial",)),
    ):
        for _ in range(often):
            yield row(activity, dice.pick(assets))
    if person.opted_out:
        yield _Row(end, person.email, "Unsubscribed", dice.pick(_MAILS), 1)
    if dice.chance(_BOUNCES):
        yield _Row(end, person.email, "Email Bounced", dice.pick(_MAILS), 1)


def _of_strangers(dice: Dice) -> Iterator[_Row]:
    """People whom no contact file knows."""
    for name in _STRANGERS:
        at = AS_OF - timedelta(minutes=dice.between(1, 300 * 24 * 60))
        yield _Row(at, f"{name}@elsewhere.example", "Page View", dice.pick(_PAGES), 1)


def _cells(dice: Dice, row: _Row) -> tuple[str, ...]:
    email = row.email.upper() if dice.chance(0.02) else row.email
    return (email, row.activity, f"{row.at:%Y-%m-%d %H:%M}", row.asset, str(row.count))
