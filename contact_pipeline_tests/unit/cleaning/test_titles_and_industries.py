"""What job titles and industry names say."""

from __future__ import annotations

import polars as pl
import pytest

from contact_pipeline.cleaning import industries, titles
from contact_pipeline.cleaning.vocabulary import toml
from contact_pipeline.fields import SENIORITIES


@pytest.mark.parametrize(
    ("title", "seniority"),
    [
        ("CEO & Co-Founder", "Owner"), ("Chief Marketing Officer", "C-Level"), ("President", "C-Level"), ("Geschäftsführerin", "C-Level"),
        ("Managing Director", "C-Level"), ("Vice President, Sales", "VP"), ("SVP Finance", "VP"), ("Head of IT", "Director"),
        ("Vertriebsleiter", "Director"), ("Directrice Marketing", "Director"), ("Product Manager", "Manager"), ("Projektleiter", "Manager"),
        ("Chef de projet", "Manager"), ("Jefa de ventas", "Manager"), ("Senior Software Engineer", "Senior"), ("Product Owner", "Senior"),
        ("Account Executive", "Staff"), ("Executive Assistant to the CEO", "Staff"), ("Engineer", "Staff"), ("Praktikant", "Entry"),
        ("Junior Developer", "Entry"), ("Stagiaire", "Entry"), ("Inhaber", "Owner"), ("Chief of Staff", "Director"),
    ],
)  # fmt: skip
def test_a_title_names_a_seniority(title: str, seniority: str) -> None:
    assert seniority in SENIORITIES
    assert pl.select(titles.seniority(pl.lit(title))).item() == seniority


def test_no_title_names_no_seniority() -> None:
    assert pl.select(titles.seniority(pl.lit(None, pl.String))).item() is None


@pytest.mark.parametrize(
    ("title", "department"),
    [
        ("Head of Sales", "Sales"), ("Marketing Manager", "Marketing"), ("CTO", "IT"), ("Buchhalterin", "Finance"),
        ("HR Business Partner", "Human Resources"), ("Einkaufsleiter", "Purchasing"), ("Directeur général", "Management"), ("Florist", None),
    ],
)  # fmt: skip
def test_a_title_names_a_department(title: str, department: str | None) -> None:
    assert pl.select(titles.department(pl.lit(title))).item() == department


def test_the_lists_of_titles_name_only_known_seniorities() -> None:
    assert set(toml("titles")["seniorities"]) == set(SENIORITIES)


def test_a_seniority_column_is_read_onto_the_same_names() -> None:
    reading = titles.read_seniorities(pl.Series(["c-suite", "Vp", "Entry level", "banana"]))
    assert reading["value"].to_list() == ["C-Level", "VP", "Entry", None]
    assert reading["reason"].to_list() == [None, None, None, titles.UNKNOWN_SENIORITY]


@pytest.mark.parametrize(
    ("text", "industry"),
    [
        ("COMPUTER_SOFTWARE", "Software"), ("Banking", "Financial Services"), ("Maschinenbau", "Manufacturing"), ("Immobilien", "Real Estate"),
        ("hospital & health care", "Health Care"), ("Retail", "Retail"), ("Underwater basket weaving", "Underwater basket weaving"),
    ],
)  # fmt: skip
def test_an_industry_has_one_common_name_or_keeps_its_own(text: str, industry: str) -> None:
    assert industries.read_industries(pl.Series([text])).row(0) == (industry, None)
