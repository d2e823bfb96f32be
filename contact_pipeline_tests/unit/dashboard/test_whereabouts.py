"""Where the dashboard is reached: nowhere in the clear but on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from contact_pipeline.dashboard.whereabouts import base_address, check_reach, host_names, is_https, link_address
from contact_pipeline.errors import UsageError
from contact_pipeline.settings import DashboardSettings

TLS = {"tls_certificate": Path("cert.pem"), "tls_key": Path("key.pem")}


def _settings(**given: Any) -> DashboardSettings:
    return DashboardSettings(**given)


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ({}, "http://127.0.0.1:3080"),
        ({"host": "::1", "port": 1}, "http://[::1]:1"),
        ({"host": "leads.local", **TLS}, "https://leads.local:3080"),
        ({"address": "https://leads.example.com"}, "https://leads.example.com"),
    ],
)
def test_a_link_begins_with_where_a_browser_finds_us(given: dict[str, Any], address: str) -> None:
    assert base_address(_settings(**given)) == address
    assert is_https(_settings(**given)) == address.startswith("https")
    assert link_address(_settings(**given), None, "token") == f"{address}/open#token"


def test_a_link_leads_to_where_the_dashboard_listened_last_unless_settings_name_an_address() -> None:
    assert link_address(_settings(), "http://127.0.0.1:4000", "t") == "http://127.0.0.1:4000/open#t"
    named = _settings(address="https://leads.example.com")
    assert link_address(named, "http://127.0.0.1:4000", "t") == "https://leads.example.com/open#t"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_this_machine_needs_no_certificate(host: str) -> None:
    check_reach(_settings(host=host))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "leads.example.com", ""])  # noqa: S104
@pytest.mark.parametrize("address", [None, "http://leads.example.com"])
def test_other_machines_are_refused_without_tls(host: str, address: str | None) -> None:
    with pytest.raises(UsageError, match="in the clear"):
        check_reach(_settings(host=host, address=address))


@pytest.mark.parametrize("host", ["192.0.2.7", "leads.example.com"])
@pytest.mark.parametrize("given", [TLS, {"address": "https://leads.example.com"}])
def test_other_machines_are_let_in_over_tls(host: str, given: dict[str, Any]) -> None:
    check_reach(_settings(host=host, **given))


def test_listening_everywhere_needs_an_address_for_the_links() -> None:
    with pytest.raises(UsageError, match=r"dashboard\.address"):
        check_reach(_settings(host="0.0.0.0", **TLS))  # noqa: S104
    check_reach(_settings(host="0.0.0.0", address="https://leads.example.com", **TLS))  # noqa: S104


@pytest.mark.parametrize("half", TLS)
def test_a_certificate_without_its_key_is_refused(half: str) -> None:
    with pytest.raises(UsageError, match="go together"):
        check_reach(_settings(**{half: TLS[half]}))


def test_only_our_own_names_are_answered_to() -> None:
    own = {"localhost", "127.0.0.1", "[::1]"}
    assert set(host_names(_settings())) == own
    assert set(host_names(_settings(address="https://Leads.Example.com:8443"))) == {*own, "leads.example.com"}
    assert set(host_names(_settings(host="2001:db8::7", **TLS))) == {*own, "[2001:db8::7]"}
