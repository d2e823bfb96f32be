"""Telephone lines that ring nowhere, each given to one person only, and the ways people write them.

Belongs here: the ranges that regulators keep free for film and print, and spellings of a number. Does not belong: who
gets one (`synthetic`). Sources: NANPA 555-01xx; Ofcom's numbers for drama; ACMA's fictitious numbers; Bundesnetzagentur
notice 148/2021; Arcep's numbers for audiovisual works; PTS. Austria and Switzerland keep no such range, so their people
get a line of a German head office, or none.
"""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.dice import Dice

CALLING_CODES: dict[str, str] = {"US": "1", "CA": "1", "GB": "44", "AU": "61", "DE": "49", "FR": "33", "SE": "46"}

_US_AREA_CODES = (
    "201 202 203 205 206 207 208 209 210 212 213 214 215 216 217 218 219 220 223 224 225 227 228 229 231 234 "
    "235 239 240 248 251 252 253 254 256 260 262 267 269 270 272 274 276 279 281 283 301 302 303 304 305 307 "
    "308 309 310 312 313 314 315 316 317 318 319 320 321 323 324 325 326 327 329 330 331 332 334 336 337 339 "
    "341 346 347 350 351 352 353 360 361 363 364 369 380 385 386 401 402 404 405 406 407 408 409 410 412 413 "
    "414 415 417 419 423 424 425 430 432 434 435 440 442 443 445 447 448 458 463 464 469 470 472 475 478 479 "
    "480 484 501 502 503 504 505 507 508 509 510 512 513 515 516 517 518 520 530 531 534 539 540 541 551 557 "
    "559 561 562 563 564 567 570 571 572 573 574 575 580 582 585 586 601 602 603 605 606 607 608 609 610 612 "
    "614 615 616 617 618 619 620 623 626 628 629 630 631 636 640 641 645 646 650 651 656 657 659 660 661 662 "
    "667 669 678 680 681 682 686 689 701 702 703 704 706 707 708 712 713 714 715 716 717 718 719 720 724 725 "
    "726 727 728 730 731 732 734 737 738 740 743 747 748 754 757 760 762 763 765 769 770 771 772 773 774 775 "
    "779 781 785 786 801 802 803 804 805 806 808 810 812 813 814 815 816 817 818 820 821 826 828 830 831 832 "
    "835 838 839 840 843 845 847 848 850 854 856 857 858 859 860 862 863 864 865 870 872 878 901 903 904 906 "
    "907 908 909 910 912 913 914 915 916 917 918 919 920 925 928 929 930 931 934 936 937 938 940 941 943 945 "
    "947 948 949 951 952 954 956 959 970 971 972 973 975 978 979 980 983 984 985 986 989 "
)

AREA_CODES: dict[str, tuple[str, ...]] = {
    "US": tuple(_US_AREA_CODES.split()),
    "CA": ("416", "647", "437", "613", "343", "514", "438", "604", "778", "236", "403", "587", "825"),
}

# area|exchange|line, national digits with the trunk zero; # is any digit.
LINES: dict[str, tuple[str, ...]] = {
    **{country: tuple(f"{area}|555|01##" for area in areas) for country, areas in AREA_CODES.items()},
    "GB": (
        "020|7946|0###", "0113|496|0###", "0121|496|0###", "0131|496|0###", "0161|496|0###", "0117|496|0###",
        "029|2018|0###",
    ),
    "AU": ("02|5550|####", "03|5550|####", "07|5550|####", "08|5550|####"),
    "DE": ("030|23125|###", "040|66969|###", "069|90009|###", "0221|4710|###", "089|99998|###"),
    "FR": ("01|9900|####", "02|6191|####", "03|5301|####", "04|6571|####", "05|3649|####"),
    "SE": ("08|465004|##", "040|62804|##", "031|39006|##"),
}  # fmt: skip

# Mobile ranges; in North America mobiles share the ordinary ones. The British and French ranges are outside what
# libraries take for valid, as numbers out of service are in real exports, so they are used sparingly.
MOBILE_LINES: dict[str, tuple[str, ...]] = {
    "US": LINES["US"],
    "CA": LINES["CA"],
    "GB": ("07700|900|###",),
    "AU": ("0491|570|006", "0491|570|156", "0491|570|157", "0491|570|158", "0491|570|159", "0491|570|110"),
    "DE": ("0171|39200|##", "0176|040690|##"),
    "FR": ("06|3998|####",),
}

_STYLES: dict[str, tuple[str, ...]] = {
    "1": (
        "({a}) {h}-{t}",
        "{a}-{h}-{t}",
        "{a}.{h}.{t}",
        "+1 {a} {h} {t}",
        "{a}{h}{t}",
        "1-{a}-{h}-{t}",
        "+1 ({a}) {h}-{t}",
        "{a} {h} {t}",
    ),
    "49": (
        "0{a} {h}-{t}",
        "0{a} / {h}-{t}",
        "+49 (0){a} {h}-{t}",
        "+49 {a} {h}{t}",
        "0049 {a} {h}{t}",
        "0{a}/{h}{t}",
        "(0{a}) {h} {t}",
    ),
    "33": (
        "0{a} {p}",
        "+33 {a} {p}",
        "0{a}{h}{t}",
        "+33 (0){a} {p}",
        "0033 {a} {p}",
    ),
    "": (
        "0{a} {h} {t}",
        "+{c} (0){a} {h} {t}",
        "+{c} {a} {h} {t}",
        "0{a}{h}{t}",
        "00{c} {a} {h}{t}",
        "(0{a}) {h} {t}",
    ),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A number: the country whose plan it follows and its parts, the area without the trunk zero."""

    country: str
    area: str
    head: str
    tail: str

    @property
    def e164(self) -> str:
        """The number as +<country><area><line>."""
        return f"+{CALLING_CODES[self.country]}{self.area}{self.head}{self.tail}"

    def written(self, style: str) -> str:
        """The number in a style of `styles`."""
        digits = self.head + self.tail
        pairs = " ".join(digits[start : start + 2] for start in range(0, len(digits), 2))
        return style.format(c=CALLING_CODES[self.country], a=self.area, h=self.head, t=self.tail, p=pairs)

    @property
    def styles(self) -> tuple[str, ...]:
        """Ways to write the number, the most usual of the country first."""
        return _STYLES.get(CALLING_CODES[self.country], _STYLES[""])

    @property
    def international_style(self) -> str:
        """The style that needs no country to be understood."""
        return "+{c} {a} {h} {t}"


class PhoneBook:
    """Gives each line out once; a range that is used up gives None."""

    def __init__(self, dice: Dice) -> None:
        self._dice = dice
        self._given: set[str] = set()

    def landline(self, country: str) -> Line | None:
        """A free office line of the country, of Germany where the country keeps no range."""
        return self._free(country if country in LINES else "DE", LINES)

    def mobile(self, country: str) -> Line | None:
        """A free mobile line of the country."""
        return self._free(country, MOBILE_LINES) if country in MOBILE_LINES else None

    def _free(self, country: str, ranges: dict[str, tuple[str, ...]]) -> Line | None:
        for _ in range(8):
            area, head, tail = self._dice.digits(self._dice.pick(ranges[country])).split("|")
            line = Line(country, area.removeprefix("0"), head, tail)
            if line.e164 not in self._given:
                self._given.add(line.e164)
                return line
        return None
