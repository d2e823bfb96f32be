"""Writes the reference pages that come from the code: settings.md, fields.md, commands.md, points.md.

Belongs here: turning the settings, the field catalogue, the command line and the points table into Markdown. Does not belong:
what they mean; each setting is described by the text below it in its class, each field in `fields.py`, each option in
`cli.py`.
`make docs` runs it, and a test holds the pages to what it writes.
"""

from __future__ import annotations

import ast
import inspect
import math
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, get_args, get_origin

import click
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from contact_pipeline import settings
from contact_pipeline.cli import main as command_line
from contact_pipeline.fields import FIELDS, LIFECYCLE_STAGES, SCORE_FIELDS, SENIORITIES, Survivorship
from contact_pipeline.scoring.features import ATTRIBUTES
from contact_pipeline.scoring.points import default_points
from contact_pipeline.scoring.policy import PointsRule

FOLDER = Path(__file__).parent
_MADE = "<!-- Made by `make docs` from the code; do not edit by hand. -->"
_HELP_WIDTH = 100
_PROGRAM = "contact-pipeline"
_ABOUT_SETTINGS = """\
`settings.toml` lies in the home folder. It may be missing, and so may each setting in it: the default applies. A name that
is not listed here is an error, not ignored. [The README](../README.md) has examples."""
_ABOUT_FIELDS = """\
The columns of the table `contacts` in `crm.duckdb`, in their order. Any other column of a file is kept in
`custom_fields`, a JSON object by header."""
_ABOUT_POINTS = """\
Where there is little history, the score of a contact comes from these points; a model has them as one of its inputs. Each
rule that fits multiplies the odds to convert: x 2 doubles them, x 0.5 halves them; in brackets the same as log-odds, which
add up. Of the rules of one input the first that fits counts. Counts fade with time, see [scoring.md](scoring.md), which also
tells how to change the table in `settings.toml`."""
_SURVIVORSHIP: dict[Survivorship, str] = {
    Survivorship.NEWEST: "The newest value, by the date the source gives the record, then by the order of imports.",
    Survivorship.FILL: "The first known value stays.",
    Survivorship.NEVER: "Only the record that created the contact sets it.",
    Survivorship.MIN: "The smallest or earliest value.",
    Survivorship.MAX: "The greatest or latest value.",
    Survivorship.UNION: "All distinct values, in the order of imports.",
    Survivorship.FORWARD: "A stage only moves on, never back.",
    Survivorship.RATCHET: "Once true, always true.",
}


def settings_page() -> str:
    """docs/settings.md: every setting with its type, default and meaning."""
    parts = [
        "# Settings",
        _ABOUT_SETTINGS,
    ]
    for place, field in _sections(settings.Settings, ()):
        model = _model_of(field)
        assert model is not None  # noqa: S101  that is what makes it a section
        name = ".".join(place)
        heading = f"[[{name}]]" if "tuple" in str(field.annotation) else f"[{name}]"
        parts += [f"## `{heading}`", _first_paragraph(model), _settings_table(model)]
    parts += ["## At the top of the file", "Above the first `[section]`.", _settings_table(settings.Settings)]
    return _page(parts)


def fields_page() -> str:
    """docs/fields.md: every CRM field, every column that scoring writes, and the survivorship rules."""
    fields = [
        (f"`{f.name}`", f.label, f"`{f.sql_type}`", f.survivorship.value, "yes" if f.personal else "", f.description)
        for f in FIELDS
    ]
    scores = [(f"`{f.name}`", f.label, f"`{f.sql_type}`", f.description) for f in SCORE_FIELDS]
    return _page(
        [
            "# Fields",
            _ABOUT_FIELDS,
            "## Contact",
            _table(("Field", "Label", "Type", "Survivorship", "Personal", "Meaning"), fields),
            f"Lifecycle stages, in order: {', '.join(LIFECYCLE_STAGES)}.",
            f"Seniorities, from below: {', '.join(SENIORITIES)}.",
            "## Scores",
            _table(("Field", "Label", "Type", "Meaning"), scores),
            "## Survivorship",
            "Which value a contact shows when its records differ. Blanks never count, under any rule.",
            _table(("Rule", "Meaning"), [(rule.value, _SURVIVORSHIP[rule]) for rule in Survivorship]),
        ]
    )


def commands_page() -> str:
    """docs/commands.md: the help of every command, as it prints itself."""
    parts = [
        "# Commands",
        "Data lives in `$CONTACT_PIPELINE_HOME`, or in `./data` where that is not set.",
        _table(
            ("Exit status", "Meaning"),
            [
                ("0", "Done. Rows that were set aside are no failure."),
                ("1", "A file was refused, or the work could not be done."),
                ("2", "Wrong use of the command line or of `settings.toml`."),
                ("130", "Stopped by Ctrl-C."),
            ],
        ),
        "Errors go to stderr, one line each.",
        f"## {_PROGRAM}\n\n{_help(command_line)}",
    ]
    for name, command in command_line.commands.items():
        parts.append(f"## {name}\n\n{_help(command)}")
        if isinstance(command, click.Group):
            parts += [f"### {name} {own}\n\n{_help(part, command)}" for own, part in command.commands.items()]
    return _page(parts)


def points_page() -> str:
    """docs/points.md: every input of scoring, and the rules of the points table that the package has for it."""
    table = default_points()
    inputs = [(f"`{a.name}`", a.label, a.group, "words" if a.words else "a number") for a in ATTRIBUTES]
    labels = {attribute.name: attribute.label for attribute in ATTRIBUTES}
    rules = [
        (f"`{rule.field}`", labels[rule.field], _condition_words(rule), _worth_words(rule), rule.words)
        for rule in table.rules
    ]
    start = 100 / (1 + math.exp(-table.start))
    return _page(
        [
            "# Points",
            _ABOUT_POINTS,
            f"A contact to whom no rule applies has a lead score of {start:.0f}.",
            "## The rules of the package",
            _table(("Input", "Label", "Where", "Odds", "Words"), rules),
            "## The inputs",
            "Any custom field is an input too, by its header.",
            _table(("Input", "Label", "Kind of factor", "Holds"), inputs),
        ]
    )


def _condition_words(rule: PointsRule) -> str:
    parts = ["is blank"] if rule.missing else []
    parts += [f"is {' or '.join(rule.any_of)}"] if rule.any_of else []
    parts += [f"contains {' or '.join(rule.contains)}"] if rule.contains else []
    parts += [f"at least {rule.at_least:g}"] if rule.at_least is not None else []
    parts += [f"at most {rule.at_most:g}"] if rule.at_most is not None else []
    return ", ".join(parts) or "each one"


def _worth_words(rule: PointsRule) -> str:
    most = f"x {math.exp(rule.worth):.3g} ({rule.worth:+.2f})"
    return most if rule.step is None else f"x {math.exp(rule.step):.3g} ({rule.step:+.2f}), up to {most}"


PAGES: dict[str, Callable[[], str]] = {
    "settings.md": settings_page,
    "fields.md": fields_page,
    "commands.md": commands_page,
    "points.md": points_page,
}


def described(model: type[BaseModel]) -> dict[str, str]:
    """The text below each setting of a class and of those it builds on, by name, in one line."""
    texts: dict[str, str] = {}
    for one in reversed(model.__mro__[: model.__mro__.index(BaseModel)]):
        (definition,) = ast.parse(inspect.getsource(one)).body
        assert isinstance(definition, ast.ClassDef)  # noqa: S101  the source of a class is a class
        texts |= dict(_described(definition.body))
    return texts


def _sections(model: type[BaseModel], place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], FieldInfo]]:
    """Every setting that is a table of its own, with its place in the file."""
    for name, field in model.model_fields.items():
        inner = _model_of(field)
        if inner is not None:
            yield (*place, name), field
            yield from _sections(inner, (*place, name))


def _described(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for statement, following in pairwise(body):
        match statement, following:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                yield name, " ".join(text.split())


def _settings_table(model: type[BaseModel]) -> str:
    texts = described(model)
    rows = [
        (f"`{field.alias or name}`", _type_words(field), _default_words(field), texts[name])
        for name, field in model.model_fields.items()
        if _model_of(field) is None
    ]
    return _table(("Setting", "Type", "Default", "Meaning"), rows)


def _model_of(field: FieldInfo) -> type[BaseModel] | None:
    """The class of a section; None for a plain setting."""
    return next((t for t in (field.annotation, *get_args(field.annotation)) if _is_model(t)), None)


def _is_model(candidate: object) -> bool:
    return isinstance(candidate, type) and issubclass(candidate, BaseModel)


def _type_words(field: FieldInfo) -> str:
    options = get_args(field.annotation)
    literals = [o for o in (*options, *(o for option in options for o in get_args(option))) if isinstance(o, str)]
    if literals:
        return " or ".join(f'`"{literal}"`' for literal in literals)
    if "dict" in str(field.annotation):
        return "table of lists of text" if "tuple" in str(field.annotation) else "table of text"
    if "tuple" in str(field.annotation):
        return "list of text"
    plain = next(o for o in _plain_types(field.annotation) if o is not NoneType)
    words = {bool: "true or false", int: "whole number", float: "number", str: "text", Path: "path of a file"}[plain]
    return words + _bounds(field)


def _plain_types(annotation: object) -> Iterator[type]:
    """The types of a setting, out of unions and annotations."""
    if isinstance(annotation, type):
        yield annotation
    elif get_origin(annotation) is Annotated:
        yield from _plain_types(get_args(annotation)[0])
    else:
        for option in get_args(annotation):
            yield from _plain_types(option)


def _bounds(field: FieldInfo) -> str:
    inner = [one for option in get_args(field.annotation) for one in get_args(option) if isinstance(one, FieldInfo)]
    metadata = [*field.metadata, *(bound for one in inner for bound in one.metadata)]
    least, most, above, below = (
        next((getattr(m, kind) for m in metadata if hasattr(m, kind)), None) for kind in ("ge", "le", "gt", "lt")
    )
    if above is not None:
        return f" above {above}" + (f" and below {below}" if below is not None else "")
    return f" from {least} to {most}" if least is not None and most is not None else ""


def _default_words(field: FieldInfo) -> str:
    if field.is_required():
        return "must be given"
    value: Any = field.get_default(call_default_factory=True)
    if value is None or value in ((), {}, ""):
        return "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return ", ".join(f"`{entry}`" for entry in value)
    return f"`{value:_}`" if isinstance(value, int) and value >= 10_000 else f"`{value}`"


def _help(command: click.Command, of: click.Group | None = None) -> str:
    """What `--help` prints, of a command or of a part `of` it."""
    top = click.Context(command_line, info_name=_PROGRAM, terminal_width=_HELP_WIDTH, **command_line.context_settings)
    parent = top if of is None else click.Context(of, info_name=of.name, parent=top)
    context = top if command is command_line else click.Context(command, info_name=command.name, parent=parent)
    return f"```text\n{command.get_help(context)}\n```"


def _first_paragraph(model: type[BaseModel]) -> str:
    """What a section is about; the settings are described one by one below it."""
    return inspect.cleandoc(model.__doc__ or "").split("\n\n")[0]


def _table(headers: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [headers, tuple("---" for _ in headers), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines)


def _page(parts: list[str]) -> str:
    return "\n\n".join([_MADE, *parts]) + "\n"


def write_pages(folder: Path = FOLDER) -> None:
    """Write all pages into `folder`."""
    for name, page in PAGES.items():
        (folder / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    write_pages()
