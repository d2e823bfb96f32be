"""The fast path against the careful one: where it accepts, it gives the very same table."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from contact_pipeline.intake.careful import CarefulReader
from contact_pipeline.intake.delimited import Dialect
from contact_pipeline.intake.encoding import Utf8Text, is_utf8
from contact_pipeline.intake.native import read_clean

HEADER = b"Email,Name,City\n"


def both(data: bytes, delimiter: str = ",") -> tuple[pl.DataFrame | None, pl.DataFrame]:
    dialect = Dialect(delimiter)
    fast = read_clean(data, dialect, header_line=1, width=3, cell_bytes=64_000)
    careful = CarefulReader(dialect, width=3, spare=0, cell_bytes=64_000).rows(Utf8Text(data, "utf-8"), header_line=1)
    return None if fast is None else pl.concat(fast), pl.concat(careful)


_RAW = st.text(st.sampled_from(list('a1 ,"\n\r\té\x00\u2028\ufeff#')), max_size=60)
_CELL = st.text(st.sampled_from(list('a1 ,"\té\x00\u2028#\n')), max_size=5)
_END = st.sampled_from(["\n", "\r\n"])


@st.composite
def _well_formed(draw: st.DrawFn) -> str:
    lines = []
    for row in draw(st.lists(st.lists(_CELL, min_size=3, max_size=3), min_size=1, max_size=6)):
        cells = [
            c if draw(st.booleans()) and not set(c) & set(',"\n') else f'"{c.replace(chr(34), chr(34) * 2)}"'
            for c in row
        ]
        lines.append(",".join(cells) + draw(_END))
    return "".join(lines)


@settings(max_examples=300, deadline=None)
@given(st.one_of(_RAW, _well_formed()))
def test_the_fast_path_gives_the_table_of_the_careful_path(body: str) -> None:
    fast, careful = both(HEADER + body.encode())
    assume(fast is not None)
    assert fast is not None
    assert careful["problem"].null_count() == careful.height
    blank = careful.filter(pl.col("kind").is_not_null())
    assert blank.select("c0", "c1", "c2").null_count().row(0) == (blank.height,) * 3
    assert_frame_equal(fast, careful.select(fast.columns))


@settings(max_examples=100, deadline=None)
@given(_well_formed())
def test_the_fast_path_accepts_what_is_well_formed(body: str) -> None:
    fast, careful = both(HEADER + body.encode())
    # A cell over several lines that looks like rows between stray quotes is broken for the careful path.
    assert (fast is not None) == (careful["problem"].null_count() == careful.height)


@pytest.mark.parametrize(
    "body",
    [
        b"a,b\n1,2,3\n",
        b"a,b,c,d\n1,2,3\n",
        b"a,b,c\n\n1,2,3\n",
        b'a,b,5" c\n',
        b'"a,b,c\n"d,e,f\n',
        b'"a" x,b,c\n',
        b'"a\nb,c,d\ne",f,g\n',
        b'"a' + b"\n" * 1000 + b'",b,c\n',
        b"a,b,c\r1,2,3\n",
        b"a,b,c,d,e\n1\n",
        b'"a,b,c\n',
    ],
)
def test_the_fast_path_declines_whatever_is_odd(body: bytes) -> None:
    assert both(HEADER + body)[0] is None


def test_proof_holds_over_the_borders_of_its_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contact_pipeline.intake.native._CHUNK", 64)
    rows = b"".join(b'"a,%d",b,c\n' % i for i in range(200))
    fast, careful = both(HEADER + rows)
    assert fast is not None
    assert_frame_equal(fast, careful.select(fast.columns))
    assert both(HEADER + rows + b"a,b\n" + rows)[0] is None


def test_a_cell_past_the_limit_is_left_to_the_careful_path() -> None:
    data = HEADER + b"a,b," + b"c" * 100 + b"\n"
    assert read_clean(data, Dialect(","), header_line=1, width=3, cell_bytes=99) is None
    assert read_clean(data, Dialect(","), header_line=1, width=3, cell_bytes=100) is not None


@given(st.binary(max_size=40))
def test_utf8_is_told_by_strict_decoding(data: bytes) -> None:
    try:
        data.decode("utf-8")
        valid = True
    except UnicodeDecodeError:
        valid = False
    assert is_utf8(data) == valid


def test_line_breaks_in_cells_are_read_fast_and_lines_counted_as_they_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    note = b"x" * 300
    rows = b"".join(
        b'%d@x.org,"%b\r\n, %d\n\n""end""",Rome\n' % (i, note, i) if i % 3 else b"a,b,c\n" for i in range(20_000)
    )
    fast, careful = both(HEADER + rows)
    assert fast is not None
    assert_frame_equal(fast, careful.select(fast.columns))
    monkeypatch.setattr("contact_pipeline.intake.native._CHUNK", 1_000)
    in_pieces, _ = both(HEADER + rows)
    assert in_pieces is not None
    assert_frame_equal(in_pieces, fast)
