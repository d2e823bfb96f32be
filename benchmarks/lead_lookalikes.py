"""Made-up sets of conversions under the headers of well-known public ones, as a user would export them.

Belongs here: their columns, values and the hidden process that decides who converts, which bends and interacts. Does not
belong: how they are measured (`lead_other_sets`). All values are drawn; none is of the public sets.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
Values = dict[str, npt.NDArray[np.generic]]

ROWS = 6_000


@dataclass(frozen=True, slots=True)
class Lookalike:
    """A table of text with its outcome column; `chance` is the true one of each row, which no model may see."""

    name: str
    table: pl.DataFrame
    outcome: str
    won: npt.NDArray[np.bool_]
    chance: FloatArray


class _Dice:
    """Draws of one set, all of one length."""

    def __init__(self, seed: int, rows: int = ROWS) -> None:
        self.generator, self.rows = np.random.default_rng(seed), rows

    def word(self, *options: str, weights: tuple[float, ...] | None = None) -> tuple[npt.NDArray[np.str_], IntArray]:
        """Words and their places among the options."""
        shares = None if weights is None else np.array(weights) / sum(weights)
        places = self.generator.choice(len(options), self.rows, p=shares)
        return np.array(options)[places], places

    def count(self, mean: float) -> IntArray:
        """Whole numbers with a long tail."""
        return self.generator.poisson(self.generator.gamma(1.2, mean / 1.2, self.rows))

    def amount(self, mean: float, decimals: int = 2) -> FloatArray:
        """Positive numbers with a long tail."""
        return self.generator.gamma(1.5, mean / 1.5, self.rows).round(decimals)

    def between(self, low: int, high: int) -> IntArray:
        """Whole numbers, all alike likely, both ends included."""
        return self.generator.integers(low, high + 1, self.rows)

    def flag(self, share: float) -> npt.NDArray[np.bool_]:
        return self.generator.random(self.rows) < share

    def hashes(self, options: int) -> list[str]:
        """Words that look like keys."""
        return ["".join(self.generator.choice(list("0123456789abcdef"), 32)) for _ in range(options)]


def courses() -> Lookalike:
    """As ExtraaLearn."""
    dice = _Dice(1)
    occupation, job = dice.word("Professional", "Unemployed", "Student", weights=(57, 31, 12))
    first, by_app = dice.word("Website", "Mobile App")
    profile, completed = dice.word("Low", "Medium", "High", weights=(2, 49, 49))
    last, act = dice.word("Email Activity", "Phone Activity", "Website Activity", weights=(49, 27, 24))
    age, visits, seconds, pages = dice.between(18, 63), dice.count(3.5), dice.count(720), dice.amount(3, 3)
    referral = dice.flag(0.02)
    odds = (
        -1.6 + np.array([0.6, -0.2, -1.2])[job] - 1.5 * by_app + np.array([-1.5, -0.4, 0.9])[completed]
        + np.array([0, -0.6, 1.1])[act] + 1.6 * (seconds > 420) + 0.9 * (seconds > 1100) * (by_app == 0)
        + 0.7 * ((age > 45) & (job == 0)) - 0.6 * (visits == 0) + 1.8 * referral
    )  # fmt: skip
    values: Values = {
        "ID": np.array([f"EXT{number:04d}" for number in range(ROWS)]),
        "age": age, "current_occupation": occupation, "first_interaction": first, "profile_completed": profile,
        "website_visits": visits, "time_spent_on_website": seconds, "page_views_per_visit": pages, "last_activity": last,
        "print_media_type1": _yes(dice.flag(0.1)), "print_media_type2": _yes(dice.flag(0.05)),
        "digital_media": _yes(dice.flag(0.11)), "educational_channels": _yes(dice.flag(0.15)), "referral": _yes(referral),
    }  # fmt: skip
    return _decided("courses", values, odds, dice, "converted", ("1", "0"))


def shoppers() -> Lookalike:
    """As the online shoppers of UCI, without the leaking PageValues."""
    dice = _Dice(2)
    pages = {name: dice.count(mean) for name, mean in (("Administrative", 2.3), ("Informational", 0.5))}
    products, bounce = dice.count(30), dice.amount(0.02, 6)
    exits = (bounce + dice.amount(0.02, 6)).round(6)
    month, m = dice.word("Feb", "Mar", "May", "June", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    visitor, kind = dice.word("Returning_Visitor", "New_Visitor", "Other", weights=(85, 14, 1))
    special, system, browser = dice.between(0, 5) / 5 * dice.flag(0.1), dice.between(1, 8), dice.between(1, 13)
    region, traffic, weekend = dice.between(1, 9), dice.between(1, 20), dice.flag(0.23)
    by_traffic, by_region = dice.generator.normal(0, 0.8, 21), dice.generator.normal(0, 0.5, 10)
    duration = (products * dice.amount(38)).round(2)
    odds = (
        -1.9 + np.array([-1.4, -0.5, -0.2, 0, 0.3, 0.3, 0.5, 0.6, 1.1, -0.2])[m] + np.array([0, 0.9, -0.4])[kind]
        - 45 * exits * (kind == 0) + 0.5 * np.log1p(products) * (duration > 400) + by_traffic[traffic] + by_region[region]
        - 1.5 * special
    )  # fmt: skip
    values: Values = {
        "Administrative": pages["Administrative"],
        "Administrative_Duration": (pages["Administrative"] * dice.amount(35)).round(2),
        "Informational": pages["Informational"], "Informational_Duration": (pages["Informational"] * 60.5).round(1),
        "ProductRelated": products, "ProductRelated_Duration": duration, "BounceRates": bounce, "ExitRates": exits,
        "SpecialDay": special, "Month": month, "OperatingSystems": system, "Browser": browser, "Region": region,
        "TrafficType": traffic, "VisitorType": visitor, "Weekend": np.where(weekend, "TRUE", "FALSE"),
    }  # fmt: skip
    return _decided("shoppers", values, odds, dice, "Converted", ("TRUE", "FALSE"))


def sellers() -> Lookalike:
    """As the marketing funnel of Olist: hundreds of landing pages under keys, few of them with many leads."""
    dice = _Dice(3, ROWS)
    pages, share = np.array(dice.hashes(495)), 1 / (np.arange(495) + 2.0)
    page = dice.generator.choice(495, ROWS, p=share / share.sum())
    origin, o = dice.word(
        "organic_search", "paid_search", "social", "unknown", "direct_traffic", "email", "referral", "other",
        weights=(29, 20, 17, 14, 6, 6, 4, 4),
    )  # fmt: skip
    day = np.datetime64("2017-06-14") + np.sort(dice.between(0, 350))
    odds = -2.3 + dice.generator.normal(0, 1.1, 495)[page] + np.array([0.2, 0.3, -0.9, 0.6, 0.2, -1.2, -0.4, -1])[o]
    values: Values = {
        "mql_id": np.array(dice.hashes(ROWS)), "first_contact_date": day.astype(str), "landing_page_id": pages[page],
        "origin": origin,
    }  # fmt: skip
    return _decided("sellers", values, odds, dice, "won", ("Won", "Lost"))


def campaigns() -> Lookalike:
    """As the digital marketing set."""
    dice = _Dice(4)
    channel, c = dice.word("Email", "PPC", "Referral", "SEO", "Social Media")
    aim, a = dice.word("Awareness", "Consideration", "Conversion", "Retention")
    age, income, spend = dice.between(18, 69), dice.between(20_000, 149_999), (dice.generator.random(ROWS) * 9900 + 100)
    clicks, rate = dice.generator.random(ROWS) * 0.29 + 0.01, dice.generator.random(ROWS) * 0.19 + 0.01
    visits, stay, opens = dice.between(0, 49), dice.generator.random(ROWS) * 14.5 + 0.5, dice.between(0, 19)
    mail_clicks, bought, points = dice.between(0, 9), dice.between(0, 9), dice.between(0, 4999)
    odds = (
        -3.1 + 1.2 * (aim == "Conversion") + 0.9 * (spend > 3000) + 5 * clicks + 0.09 * stay + 0.05 * opens
        + 0.8 * ((mail_clicks > 3) & (c == 0)) + 0.12 * bought + 0.9 * (points > 2500) - 0.8 * (visits < 8)
        + 0.5 * (a == 3) * (income > 90_000)
    )  # fmt: skip
    values: Values = {
        "CustomerID": np.arange(8000, 8000 + ROWS), "Age": age, "Gender": dice.word("Female", "Male")[0], "Income": income,
        "CampaignChannel": channel, "CampaignType": aim, "AdSpend": spend.round(6), "ClickThroughRate": clicks.round(8),
        "ConversionRate": rate.round(8), "WebsiteVisits": visits, "PagesPerVisit": dice.amount(5, 6),
        "TimeOnSite": stay.round(6), "SocialShares": dice.between(0, 99), "EmailOpens": opens, "EmailClicks": mail_clicks,
        "PreviousPurchases": bought, "LoyaltyPoints": points,
    }  # fmt: skip
    return _decided("campaigns", values, odds, dice, "Conversion", ("1", "0"))


def subscribers() -> Lookalike:
    """As the telephone customers of IBM."""
    dice = _Dice(5)
    internet, net = dice.word("DSL", "Fiber optic", "No", weights=(34, 44, 22))
    contract, term = dice.word("Month-to-month", "One year", "Two year", weights=(55, 21, 24))
    payment, pay = dice.word("Electronic check", "Mailed check", "Bank transfer (automatic)", "Credit card (automatic)")
    tenure, monthly = dice.between(0, 72), dice.amount(65) + 18
    partner, senior, phone = dice.flag(0.48), dice.flag(0.16), dice.flag(0.9)
    extras = {name: _with_internet(dice.flag(0.4), net) for name in ("OnlineSecurity", "TechSupport", "StreamingTV")}
    odds = (
        -1.2 + np.array([1.2, 0, -0.9])[term] + np.array([0, 0.9, -0.9])[net] - 0.03 * tenure
        + 0.6 * (pay == 0) + 0.7 * ((monthly > 80) & (tenure < 20)) + 0.4 * senior - 0.6 * phone * (net == 0)
        - 0.8 * (extras["OnlineSecurity"] == "Yes") + 0.3 * partner
    )  # fmt: skip
    values: Values = {
        "customerID": np.array([f"{n:04d}-{'ABCDEFGH'[n % 8] * 5}" for n in range(ROWS)]),
        "gender": dice.word("Female", "Male")[0], "SeniorCitizen": senior.astype(int), "Partner": _yes(partner),
        "Dependents": _yes(dice.flag(0.3)), "tenure": tenure, "PhoneService": _yes(phone),
        "MultipleLines": np.where(phone, _yes(dice.flag(0.45)), "No phone service"), "InternetService": internet, **extras,
        "Contract": contract, "PaperlessBilling": _yes(dice.flag(0.6)), "PaymentMethod": payment,
        "MonthlyCharges": monthly.round(2), "TotalCharges": np.where(tenure == 0, " ", (monthly * tenure).round(2).astype(str)),
    }  # fmt: skip
    return _decided("subscribers", values, odds, dice, "Is Customer", ("Y", "N"))


def drivers() -> Lookalike:
    """As the cross-selling set of an insurer, coded numbers included."""
    dice = _Dice(6)
    age, region = dice.between(20, 80), dice.between(0, 52)
    vehicle, v = dice.word("< 1 Year", "1-2 Year", "> 2 Years", weights=(43, 53, 4))
    insured, damaged = dice.flag(0.45), dice.flag(0.5)
    channels = np.array([26, 124, 152, 156, 157, 160, 122, 163, 154, 151, 30, 13], dtype=float)
    channel = dice.generator.choice(len(channels), ROWS)
    by_region, by_channel = dice.generator.normal(0, 0.7, 53), dice.generator.normal(0, 0.8, 12)
    odds = (
        -1.6 - 3 * insured + 1.6 * damaged * ~insured + np.array([-0.9, 0.2, 0.7])[v] + by_region[region]
        + by_channel[channel] + 0.8 * ((age > 30) & (age < 55))
    )  # fmt: skip
    values: Values = {
        "id": np.arange(1, ROWS + 1), "Gender": dice.word("Male", "Female")[0], "Age": age,
        "Driving_License": dice.flag(0.99).astype(int), "Region_Code": region.astype(float),
        "Previously_Insured": insured.astype(int), "Vehicle_Age": vehicle, "Vehicle_Damage": _yes(damaged),
        "Annual_Premium": dice.amount(30_000, 1), "Policy_Sales_Channel": channels[channel], "Vintage": dice.between(10, 299),
    }  # fmt: skip
    return _decided("drivers", values, odds, dice, "Won?", ("yes", "no"))


LOOKALIKES: dict[str, Callable[[], Lookalike]] = {
    "courses": courses,
    "shoppers": shoppers,
    "sellers": sellers,
    "campaigns": campaigns,
    "subscribers": subscribers,
    "drivers": drivers,
}


def _decided(
    name: str, values: Values, odds: FloatArray, dice: _Dice, outcome: str, words: tuple[str, str]
) -> Lookalike:
    """Draw the outcome and put it last, in the words of the set."""
    chance = 1 / (1 + np.exp(-odds))
    won = dice.generator.random(ROWS) < chance
    columns = {header: pl.Series(header, column.astype(str)) for header, column in values.items()}
    table = pl.DataFrame(columns | {outcome: pl.Series(np.where(won, *words))})
    return Lookalike(name, table, outcome, won, chance)


def _yes(flags: npt.NDArray[np.bool_]) -> npt.NDArray[np.str_]:
    return np.where(flags, "Yes", "No")


def _with_internet(flags: npt.NDArray[np.bool_], net: IntArray) -> npt.NDArray[np.str_]:
    return np.where(net == 2, "No internet service", _yes(flags))
