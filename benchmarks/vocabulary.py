"""The words that synthetic people and companies are made of.

Belongs here: lists of names, places, titles, trades, and how a word looks in an address. Does not belong: how they are combined (`synthetic`) and telephone
lines (`phone_book`). Towns and postal areas are real, so that cleaning meets real shapes; names are common ones, put
together at random; company words are put together at random under the reserved domain .example.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A town. `postal` holds # for a digit; `region` is the full name, `region_code` its usual short form."""

    country: str
    city: str
    region: str
    region_code: str
    postal: str


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FIRST_NAMES: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "f": _words(
            "Alice Amara Beth Carol Chloe Dana Elena Emma Fiona Grace Hannah Irene Jane Joanna Karen Laura Linda Maria "
            "Megan Naomi Nina Olivia Priya Rachel Rosa Sarah Sofia Susan Tara Wendy Yasmin Zoe"
        ),
        "m": _words(
            "Aaron Adam Ben Brian Carlos Daniel David Derek Eric Frank George Henry Ivan Jack James John Kevin Liam "
            "Marcus Michael Nathan Omar Oscar Paul Peter Rajesh Robert Samuel Scott Thomas Victor William"
        ),
    },
    "de": {
        "f": _words(
            "Anja Annette Birgit Brigitte Christine Claudia Elke Franziska Gisela Hannelore Ingrid Jana Jördis Julia "
            "Katharina Käthe Lena Manuela Monika Petra Sabine Silke Stefanie Ulrike Ursula Yvonne"
        ),
        "m": _words(
            "Andreas Bernd Björn Christian Dieter Dirk Florian Günther Hans-Peter Heiko Holger Jens Jörg Jürgen "
            "Karl-Heinz Lukas Manfred Markus Matthias Michael Rainer Ralf Stefan Thomas Uwe Wolfgang"
        ),
    },
    "fr": {
        "f": _words("Aurélie Brigitte Camille Chloé Élodie Hélène Inès Jeanne Léa Marie-Claire Nathalie Océane Sylvie"),
        "m": _words("Alain André Benoît Cédric Étienne François Frédéric Gérard Hugo Jean-Luc Mathieu Rémi Théo"),
    },
    "sv": {
        "f": _words("Annika Astrid Britta Elin Gunilla Ingrid Karin Linnéa Märta Sanna Åsa"),
        "m": _words("Anders Björn Erik Göran Håkan Jonas Lars Mikael Nils Olle Östen"),
    },
}

LAST_NAMES: dict[str, tuple[str, ...]] = {
    "en": _words(
        "Adams Ahmed Anderson Baker Bennett Brooks Campbell Carter Chen Clark Collins Cooper Cruz Davis Diaz Edwards "
        "Evans Foster Garcia Gray Green Gupta Hall Harris Hernandez Hughes Jackson Johnson Jones Kelly Kim King Lee "
        "Lewis Lopez MacDonald Martin McCarthy Miller Mitchell Moore Morgan Murphy Nguyen O'Brien O'Neill Okafor Park "
        "Patel Perez Phillips Reed Rivera Roberts Rossi Singh Smith Stewart Taylor Thompson Turner Walker Watson White "
        "Williams Wilson Wong Wright Young"
    ),
    "de": (
        *_words(
            "Bauer Becker Böhm Braun Brückner Busch Fischer Fröhlich Fuchs Graf Groß Günther Haas Hahn Hartmann Hoffmann "
            "Huber Jäger Kaiser Keller Klein Koch Köhler König Krämer Krause Krüger Kühn Lang Lehmann Löffler Maier "
            "Meyer-Lindner Möller Müller Neumann Pfeiffer Richter Schäfer Schmidt Schneider Schröder Schulz Schwarz "
            "Seidel Strauß Vogel Wagner Weber Weiß Winkler Wolff Zimmermann"
        ),
        "von der Heide",
        "zur Mühlen",
    ),
    "fr": (
        *_words(
            "Bernard Besançon Blanc Bonnet Chevalier Clément Dubois Durand Faure Fontaine François Garnier Gauthier "
            "Lambert Lefèvre Legrand Léger Martin Mercier Moreau Noël Perrin Robin Rousseau Vidal"
        ),
        "de La Tour",
    ),
    "sv": _words("Åkesson Andersson Bergström Dahl Ekström Forsberg Håkansson Lindqvist Nyström Öberg Sjöberg Wallin"),
}

LANGUAGE: dict[str, str] = {
    "US": "en", "CA": "en", "GB": "en", "AU": "en", "DE": "de", "AT": "de", "CH": "de", "FR": "fr", "SE": "sv",
}  # fmt: skip

# Every way of writing a country that exports really show; the first is the usual one.
COUNTRY_SPELLINGS: dict[str, tuple[str, ...]] = {
    "US": ("United States", "USA", "US", "U.S.A.", "United States of America", "united states"),
    "CA": ("Canada", "CA", "CAN", "canada"),
    "GB": ("United Kingdom", "UK", "Great Britain", "GB", "England", "U.K."),
    "AU": ("Australia", "AU", "AUS"),
    "DE": ("Germany", "Deutschland", "DE", "GERMANY", "Federal Republic of Germany"),
    "AT": ("Austria", "Österreich", "AT"),
    "CH": ("Switzerland", "Schweiz", "CH", "Suisse"),
    "FR": ("France", "FR", "FRANCE"),
    "SE": ("Sweden", "SE", "Sverige"),
}

_PLACE_LINES = """
US|New York|New York|NY|100##
US|Buffalo|New York|NY|142##
US|Los Angeles|California|CA|900##
US|San Francisco|California|CA|941##
US|San Diego|California|CA|921##
US|Chicago|Illinois|IL|606##
US|Houston|Texas|TX|770##
US|Austin|Texas|TX|787##
US|Dallas|Texas|TX|752##
US|Boston|Massachusetts|MA|021##
US|Seattle|Washington|WA|981##
US|Denver|Colorado|CO|802##
US|Atlanta|Georgia|GA|303##
US|Miami|Florida|FL|331##
US|Phoenix|Arizona|AZ|850##
US|Newark|New Jersey|NJ|071##
CA|Toronto|Ontario|ON|M5V 2T#
CA|Ottawa|Ontario|ON|K1P 5M#
CA|Montréal|Québec|QC|H3B 4W#
CA|Vancouver|British Columbia|BC|V6C 1G#
CA|Calgary|Alberta|AB|T2P 3N#
GB|London|Greater London|London|EC1A #BB
GB|Leeds|West Yorkshire|W Yorks|LS1 #DX
GB|Birmingham|West Midlands|W Mids|B2 #QA
GB|Edinburgh|Scotland|Scotland|EH1 #AB
GB|Manchester|Greater Manchester|Gtr Manchester|M2 #WS
GB|Bristol|Bristol|Bristol|BS1 #TR
GB|Cardiff|Wales|Wales|CF10 #AF
AU|Sydney|New South Wales|NSW|20##
AU|Melbourne|Victoria|VIC|30##
AU|Brisbane|Queensland|QLD|40##
AU|Perth|Western Australia|WA|60##
DE|Berlin|Berlin|BE|101##
DE|Hamburg|Hamburg|HH|200##
DE|München|Bayern|BY|803##
DE|Nürnberg|Bayern|BY|904##
DE|Köln|Nordrhein-Westfalen|NW|506##
DE|Düsseldorf|Nordrhein-Westfalen|NW|402##
DE|Frankfurt am Main|Hessen|HE|603##
DE|Stuttgart|Baden-Württemberg|BW|701##
DE|Dresden|Sachsen|SN|010##
DE|Leipzig|Sachsen|SN|041##
DE|Halle (Saale)|Sachsen-Anhalt|ST|061##
AT|Wien|Wien|W|10#0
AT|Graz|Steiermark|Stmk|80##
AT|Linz|Oberösterreich|OÖ|40##
AT|Sankt Pölten|Niederösterreich|NÖ|31##
CH|Zürich|Zürich|ZH|800#
CH|Bern|Bern|BE|300#
CH|Genève|Genève|GE|120#
CH|Basel|Basel-Stadt|BS|400#
FR|Paris|Île-de-France|IDF|750##
FR|Rennes|Bretagne|BRE|350##
FR|Lille|Hauts-de-France|HDF|590##
FR|Lyon|Auvergne-Rhône-Alpes|ARA|690##
FR|Toulouse|Occitanie|OCC|310##
SE|Stockholm|Stockholms län|AB|111 ##
SE|Malmö|Skåne län|M|211 ##
SE|Göteborg|Västra Götalands län|O|411 ##
"""
PLACES: tuple[Place, ...] = tuple(Place(*line.split("|")) for line in _PLACE_LINES.split("\n") if line)

STREETS: dict[str, tuple[str, ...]] = {
    "en": (
        "Main Street",
        "Oak Avenue",
        "Station Road",
        "Mill Lane",
        "Park Avenue, Suite 4",
        "High Street",
        "2nd Street",
    ),
    "de": ("Hauptstraße", "Bahnhofstr.", "Gartenweg", "Am Mühlbach", "Industriestraße", "Schloßallee", "Lindenplatz"),
    "fr": ("rue de la Gare", "avenue des Tilleuls", "place du Marché", "rue Saint-Étienne"),
    "sv": ("Storgatan", "Kungsgatan", "Skolvägen", "Ängsvägen"),
}

COMPANY_STEMS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "en": (
        _words(
            "Amber Aspen Birch Bright Cedar Cinder Clear Copper Dawn Ember Fallow Fern Flint Glass Harrow Hazel Iron Juniper "
            "Kestrel Lark Lumen Maple Marrow North Osprey Pebble Quill Rook Saffron Slate Thistle Umber Willow Yarrow"
        ),
        _words(
            "bank barn beam bridge brook cliff crest dale field forge gate grove harbor hill hollow lane light loom marsh "
            "mill moor peak pine point ridge shore spring stone vale view ward well works yard"
        ),
    ),
    "de": (
        _words(
            "Alt Berg Eichen Elb Feld Föhren Grün Hoch Kiefern Lahn Linden Mühl Nord Ost Rhön Süd Tann Ulmen Wald Wöhr"
        ),
        _words("bach bau blech brück dorf form gart guss hütte kamp licht mark pumpen tal technik tor werk zeug"),
    ),
    "fr": (
        _words("Aube Belle Chêne Clair Haute Mont Pierre Roche Val Verte"),
        _words("bois brise champ croix fontaine lande mare rive source vigne"),
    ),
    "sv": (
        _words("Björk Ek Fjäll Gran Lind Norr Sjö Sten Strand Söder"),
        _words("bruk bygg dal fors gård hamn holm kraft"),
    ),
}

LEGAL_FORMS: dict[str, tuple[str, ...]] = {
    "US": ("Inc.", "LLC", "Corp.", "Co."),
    "CA": ("Inc.", "Ltd."),
    "GB": ("Ltd", "Limited", "plc", "LLP"),
    "AU": ("Pty Ltd", "Pty. Ltd."),
    "DE": ("GmbH", "AG", "GmbH & Co. KG", "KG", "UG (haftungsbeschränkt)", "e.K."),
    "AT": ("GmbH", "Ges.m.b.H.", "AG"),
    "CH": ("AG", "GmbH", "SA"),
    "FR": ("SAS", "SARL", "S.A."),
    "SE": ("AB",),
}

INDUSTRIES: tuple[str, ...] = (
    "Computer Software",
    "Information Technology and Services",
    "Financial Services",
    "Manufacturing",
    "Healthcare",
    "Retail",
    "Logistics and Supply Chain",
    "Construction",
    "Education Management",
    "Non-profit Organization Management",
    "Marketing and Advertising",
    "Professional Services",
)

GERMAN_INDUSTRY: dict[str, str] = {
    "Computer Software": "Software",
    "Information Technology and Services": "IT-Dienstleistungen",
    "Financial Services": "Finanzdienstleistungen",
    "Manufacturing": "Maschinenbau",
    "Healthcare": "Gesundheitswesen",
    "Retail": "Einzelhandel",
    "Logistics and Supply Chain": "Logistik",
    "Construction": "Baugewerbe",
    "Education Management": "Bildung",
    "Non-profit Organization Management": "Gemeinnützige Organisation",
    "Marketing and Advertising": "Werbung",
    "Professional Services": "Unternehmensberatung",
}

DEPARTMENTS: tuple[str, ...] = (
    "Sales", "Marketing", "Operations", "Finance", "IT", "Human Resources", "Engineering", "Procurement",
)  # fmt: skip

# {d} is the department. The key is the seniority the catalogue reads from such a title.
TITLES: dict[str, tuple[str, ...]] = {
    "Owner": ("Owner", "Founder", "Co-Founder & CEO", "Managing Partner"),
    "C-Level": ("CEO", "Chief Financial Officer", "CTO", "Chief Operating Officer", "CMO"),
    "VP": ("VP of {d}", "Vice President, {d}", "SVP {d}"),
    "Director": ("Director of {d}", "{d} Director", "Head of {d}"),
    "Manager": ("{d} Manager", "Team Lead {d}", "Manager, {d}"),
    "Senior": ("Senior {d} Specialist", "Sr. {d} Analyst", "Lead {d} Consultant"),
    "Staff": ("{d} Specialist", "{d} Analyst", "{d} Consultant", "Account Executive"),
    "Entry": ("{d} Assistant", "Junior {d} Associate", "{d} Intern", "{d} Trainee"),
}

GERMAN_DEPARTMENT: dict[str, str] = {
    "Sales": "Vertrieb",
    "Marketing": "Marketing",
    "Operations": "Produktion",
    "Finance": "Finanzen",
    "IT": "IT",
    "Human Resources": "Personal",
    "Engineering": "Konstruktion",
    "Procurement": "Einkauf",
}

# Forms of men and women, in this order.
GERMAN_TITLES: dict[str, tuple[tuple[str, str], ...]] = {
    "Owner": (("Inhaber", "Inhaberin"), ("Gesellschafter", "Gesellschafterin")),
    "C-Level": (("Geschäftsführer", "Geschäftsführerin"), ("Vorstand", "Vorständin")),
    "VP": (("Bereichsleiter {d}", "Bereichsleiterin {d}"), ("Prokurist", "Prokuristin")),
    "Director": (("Leiter {d}", "Leiterin {d}"), ("Abteilungsleiter {d}", "Abteilungsleiterin {d}")),
    "Manager": (("Teamleiter {d}", "Teamleiterin {d}"), ("Projektleiter {d}", "Projektleiterin {d}")),
    "Senior": (("Senior-Referent {d}", "Senior-Referentin {d}"),),
    "Staff": (("Sachbearbeiter {d}", "Sachbearbeiterin {d}"), ("Referent {d}", "Referentin {d}")),
    "Entry": (("Assistent {d}", "Assistentin {d}"), ("Werkstudent", "Werkstudentin")),
}


def ascii_slug(text: str) -> str:
    """A name as it stands in an e-mail address: Jürgen Groß -> juergengross."""
    for umlaut, letters in {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "å": "a", "ø": "o"}.items():
        text = text.lower().replace(umlaut, letters)
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return "".join(char for char in plain if char.isalnum() or char == "-")
