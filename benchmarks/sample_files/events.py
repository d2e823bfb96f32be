"""event_attendees.xlsx: an attendee list as an organiser keeps it, made to be read by people.

Belongs here: the sheet's title, its mixed cells, its total and the sheet of notes. Does not belong: the people (`cast`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from benchmarks.dice import Dice
from benchmarks.sample_files import mess
from benchmarks.sample_files.cast import Cast
from benchmarks.synthetic import Person

FILE_NAME = "event_attendees.xlsx"
HEADERS: tuple[str, ...] = (
    "Attendee name", "E-mail", "Company", "Job title", "Phone", "Country", "Registered on", "Ticket type", "Price paid",
    "Attended?", "Dietary needs",
)  # fmt: skip
HEADER_ROW = 4  # as a spreadsheet counts

_Cell = str | int | float | datetime | None
_SAVED_AT = datetime(2026, 4, 2, 9, 30)  # noqa: DTZ001 - document properties have no zone
_TICKETS = {"Early bird": 149.0, "Regular": 199.5, "VIP": 449.0, "Speaker": 0.0}
_DIETS = ("", "", "", "", "Vegetarian", "Vegan", "No nuts, please", "Gluten-free", "none")
_REMARKS: tuple[str, ...] = (
    "Notes for next year",
    "Badges ran out at about 10:15 - print 40 more.",
    "Room 2 was too small for the pricing talk.",
    "Ask the caterer for a second coffee point.",
    "Open: who follows up with the VIP guests?",
)


def write(cast: Cast, folder: Path, seed: int) -> Path:
    """Write the file into the folder; returns its path."""
    dice = Dice(seed, FILE_NAME)
    path = folder / FILE_NAME
    with xlsxwriter.Workbook(str(path)) as workbook:
        workbook.set_properties({"title": "Attendee list", "author": "Event desk", "created": _SAVED_AT})
        styles = {
            "title": workbook.add_format({"bold": True, "font_size": 14, "align": "center"}),
            "header": workbook.add_format({"bold": True, "bottom": 1}),
            "date": workbook.add_format({"num_format": "dd/mm/yyyy"}),
            "money": workbook.add_format({"num_format": "#,##0.00"}),
        }
        _write_attendees(workbook.add_worksheet("Attendees"), styles, dice, cast.attendees)
        _write_notes(workbook.add_worksheet("Notes"))
    return path


def _write_attendees(sheet: Worksheet, styles: dict[str, Format], dice: Dice, people: list[Person]) -> None:
    last = len(HEADERS) - 1
    sheet.merge_range(0, 0, 0, last, "Attendee list - Revenue Operations Forum 2026", styles["title"])
    sheet.merge_range(1, 0, 1, last, "As of 2 April 2026, for the sales team only")
    sheet.write_row(HEADER_ROW - 1, 0, HEADERS, styles["header"])
    rows = [_row(dice, person) for person in people]
    for index, row in enumerate(rows, start=HEADER_ROW):
        _write_cells(sheet, styles, index, row)
    total = HEADER_ROW + len(rows)
    paid = sum(price for row in rows if isinstance(price := row[8], float))
    _write_cells(sheet, styles, total, ("Total", None, None, None, None, None, None, len(rows), paid))
    sheet.set_column(0, last, 22)


def _write_cells(sheet: Worksheet, styles: dict[str, Format], row: int, cells: Iterable[_Cell]) -> None:
    for column, cell in enumerate(cells):
        if isinstance(cell, datetime):
            sheet.write_datetime(row, column, cell, styles["date"])
        elif isinstance(cell, float):
            sheet.write_number(row, column, cell, styles["money"])
        elif isinstance(cell, int):
            sheet.write_number(row, column, cell)
        elif cell:
            sheet.write_string(row, column, cell)


def _write_notes(sheet: Worksheet) -> None:
    for index, remark in enumerate(_REMARKS):
        sheet.write_string(2 * index, index % 2, remark)


def _row(dice: Dice, person: Person) -> tuple[_Cell, ...]:
    ticket = dice.weighted({"Early bird": 40.0, "Regular": 42.0, "VIP": 12.0, "Speaker": 6.0})
    return (
        _full_name(dice, person),
        person.email if dice.chance(0.97) else None,
        mess.company(dice, person.company),
        person.job_title if dice.chance(0.9) else None,
        _phone_cell(dice, person),
        mess.country(dice, person.country) if dice.chance(0.95) else None,
        _registered_on(dice),
        ticket,
        _TICKETS[ticket],
        dice.pick(("yes", "yes", "Yes", "x", "no", "No", "")),
        dice.pick(_DIETS),
    )


def _full_name(dice: Dice, person: Person) -> str:
    first, last = mess.name(dice, person.first_name), mess.name(dice, person.last_name)
    title = "Dr. " if dice.chance(0.04) else ""
    return f"{last.strip()}, {title}{first}" if dice.chance(0.6) else f"{title}{first} {last}"


def _phone_cell(dice: Dice, person: Person) -> _Cell:
    """Text, or the bare digits that a spreadsheet took for a number."""
    line = person.landline
    if line is not None and line.country in ("US", "CA") and dice.chance(0.2):
        return int(line.area + line.head + line.tail)
    return mess.phone(dice, line, person.country)


def _registered_on(dice: Dice) -> _Cell:
    """A day of the sale, as a true date cell or as one of three texts."""
    moment = datetime(2026, 1, 12, 8) + timedelta(minutes=dice.between(0, 72 * 24 * 60))  # noqa: DTZ001 - local time
    roll = dice.unit()
    if roll < 0.5:
        return moment.replace(hour=0, minute=0)
    return f"{moment:%d %b %Y}" if roll < 0.7 else f"{moment:%Y-%m-%d %H:%M}" if roll < 0.85 else f"{moment:%d.%m.%Y}"
