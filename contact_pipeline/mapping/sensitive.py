"""Columns that must not be taken in: secrets, payment means, national ids.

Belongs here: the words and value shapes that give them away. Does not belong: personal data that a CRM is for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_BY_WORDS: tuple[tuple[str, str], ...] = (
    (
        (
            r"\b(password|passwd|pwd|passwort|kennwort|mot de passe|contrasena|senha|haslo|wachtwoord|adgangskode|losenord"
            r"|parola|sifre|пароль|passphrase|api key|secret|pin code hash)\b|パスワード|密码|비밀번호"
        ),
        "a password",
    ),
    (
        (
            r"\b(cc ?(number|num|no|type|expires?|exp)|ccnumber|ccexpires|cctype|credit card.*|card (number|no|num|expiry)"
            r"|cardnumber|cvv ?\d?|cvc ?\d?|kreditkarte\w*|kartennummer|numero de carte|numero de tarjeta)\b|カード番号"
        ),
        "payment card data",
    ),
    (
        r"\b(iban|bic|swift( code)?|bank account.*|account number|kontonummer|kontoinhaber|routing number|sort code)\b",
        "bank account data",
    ),
    (
        (
            r"\b(ssn|social security.*|national ?id( number| no)?|nationalid|government id.*|organizational id number"
            r"|pesel|bsn|sofinummer|cpf|dni|nie|curp|nino|codice fiscale|personnummer|cpr ?(nr|nummer)?"
            r"|tax ?(id|payer id|number)|steuer ?(id|nummer)|passport.*|reisepass\w*|personalausweis\w*"
            r"|driver s? ?licen[cs]e.*|mothers? ?maiden.*|mother s maiden.*|id card.*|matricula fiscal)\b"
            r"|マイナンバー|身份证"
        ),
        "a personal identity number or security answer",
    ),
)
_SENSITIVE = tuple((re.compile(pattern), what) for pattern, what in _BY_WORDS)
_CARD = re.compile(r"[3-6]\d{12,15}|[3-6]\d{3}(?:[ -]\d{4}){3}")
_SSN = re.compile(r"(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4}")
_ENOUGH = 5
_SHARE = 0.9


def _luhn(number: str) -> bool:
    digits = [int(digit) for digit in reversed(number) if digit.isdigit()]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def sensitive_by_header(normalised: str) -> str | None:
    """What a header gives away ("a password"), or None."""
    return next((what for pattern, what in _SENSITIVE if pattern.search(normalised)), None)


def sensitive_by_values(values: Sequence[str]) -> str | None:
    """What the distinct values give away, or None; only where nine in ten, and at least five, are of one shape."""
    if len(values) < _ENOUGH:
        return None
    cards = sum(1 for value in values if _CARD.fullmatch(value) and _luhn(value))
    if cards >= _SHARE * len(values):
        return "payment card data"
    ssns = sum(1 for value in values if _SSN.fullmatch(value))
    return "a personal identity number or security answer" if ssns >= _SHARE * len(values) else None
