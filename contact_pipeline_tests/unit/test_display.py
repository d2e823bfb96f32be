"""What a file is called does nothing to the terminal that it is shown on."""

from __future__ import annotations

import pytest

from contact_pipeline.display import show_run
from contact_pipeline.imports import FileOutcome, RunOutcome


def test_the_name_of_a_file_is_neither_markup_nor_obeyed_by_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    show_run(RunOutcome([FileOutcome("[red]\x1b]0;all is well\x07.csv", None, "imported", "a reason")]))
    told = capsys.readouterr().out
    assert told.count(r"[red]\x1b]0;all is well\x07.csv") == 2
    assert "\x1b" not in told
