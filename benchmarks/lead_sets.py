"""Public sets of conversions, as raw tables and as the contacts that the product makes of them.

Belongs here: reading the sets of ../shared/data/lead_scoring, which of their columns are honest, and bringing them into a
CRM the way a user's file goes. Does not belong: models and measures. A lead has no address in these sets, so each row gets
one from its number.
"""

from __future__ import annotations

import pickle
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt
import polars as pl

from contact_pipeline.crm.scores import contacts_frame
from contact_pipeline.crm.session import read_crm
from contact_pipeline.home import Home
from contact_pipeline_tests.unit.whole_way import bring_file

FloatArray = npt.NDArray[np.float64]

FOLDER = Path(__file__).parents[1].parent / "shared" / "data" / "lead_scoring"
OUTCOME = "Converted"
_EMPLOYERS = 997  # addresses are spread over so many domains


@dataclass(frozen=True, slots=True)
class LeadSet:
    """Leads in the order of time. `raw` has the columns as text, blanks null, without outcome and leaks.

    `contacts` are the same leads, row by row, out of the CRM; `leaking` those of the set with its leaks left in.
    """

    name: str
    raw: pl.DataFrame
    outcome: FloatArray
    contacts: pl.DataFrame
    leaking: pl.DataFrame
    leaks: tuple[str, ...]

    def save(self, path: Path) -> None:
        """For the processes that measure."""
        path.write_bytes(pickle.dumps(self))

    @classmethod
    def load(cls, path: Path) -> LeadSet:
        """What `save` wrote in this run."""
        return cast("LeadSet", pickle.loads(path.read_bytes()))  # noqa: S301  our own file of this run


def x_education() -> LeadSet:
    """Leads of a seller of online courses."""
    table = _read("x_education_Leads.csv")
    table = table.drop([name for name in table.columns if not name.strip() or "duplicated" in name])
    ordered = table.sort(pl.col("Lead Number").cast(pl.Int64)).drop("Prospect ID", "Lead Number")
    late = ("Tags", "Lead Quality", "Lead Profile", "Last Notable Activity", "Asymmetrique")
    return _lead_set("X Education", ordered, tuple(name for name in table.columns if name.startswith(late)))


def bank() -> LeadSet:
    """Calls of a Portuguese bank, 2008 to 2010."""
    return _lead_set("Bank", _read("bank-additional-full.csv", separator=";").rename({"y": OUTCOME}), ("duration",))


def maven() -> LeadSet:
    """Closed opportunities of a fictional CRM, in which nothing tells who buys."""
    deals = _read("maven_crm_sales/sales_pipeline.csv").filter(pl.col("deal_stage").is_in(["Won", "Lost"]))
    deals = deals.with_columns(pl.col("product").replace("GTXPro", "GTX Pro")).drop("opportunity_id")
    joined = deals.join(_read("maven_crm_sales/accounts.csv"), on="account", how="left")
    joined = joined.join(_read("maven_crm_sales/products.csv"), on="product", how="left")
    ordered = joined.sort(pl.col("engage_date").str.to_date("%m/%d/%Y"), maintain_order=True)
    return _lead_set("Maven", ordered.rename({"deal_stage": OUTCOME}), ("close_date", "close_value"))


SETS: dict[str, Callable[[], LeadSet]] = {"xedu": x_education, "bank": bank, "maven": maven}


def load_sets(names: tuple[str, ...], folder: Path) -> dict[str, Path]:
    """Prepare the sets named and save them in `folder`; ends the program where the data is not there."""
    if not FOLDER.is_dir():
        sys.exit(f"The public sets of conversions are not here: {FOLDER} is missing, so nothing can be measured.")
    paths = {name: folder / f"{name}.set" for name in names}
    for name, path in paths.items():
        SETS[name]().save(path)
    return paths


def contacts_of(table: pl.DataFrame) -> pl.DataFrame:
    """The contacts that an import makes of a table of text, in the order of its rows."""
    number = pl.int_range(pl.len())
    address = pl.format("lead{}@employer{}.example", number, number % _EMPLOYERS).alias("Email")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "leads.csv"
        table.select(address, pl.all()).write_csv(path)
        home = Home(Path(folder) / "home")
        home.set_up()
        bring_file(home, path)
        with read_crm(home) as connection:
            contacts = contacts_frame(connection).sort("arrival")
    if contacts.height != table.height:
        raise RuntimeError(f"{table.height - contacts.height} leads were lost in the import")
    return contacts


def _lead_set(name: str, table: pl.DataFrame, leaks: tuple[str, ...]) -> LeadSet:
    honest = table.drop(leaks)
    contacts = contacts_of(honest)
    return LeadSet(
        name=name,
        raw=honest.drop(OUTCOME),
        outcome=contacts["converted"].cast(pl.Float64).to_numpy(),
        contacts=contacts,
        leaking=contacts_of(table),
        leaks=leaks,
    )


def _read(name: str, separator: str = ",") -> pl.DataFrame:
    table = pl.read_csv(FOLDER / name, separator=separator, infer_schema=False)
    return table.with_columns(pl.all().str.strip_chars().replace("", None))
