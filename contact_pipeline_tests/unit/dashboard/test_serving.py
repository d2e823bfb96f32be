"""What stands around the application: whom it believes about the client, and TLS of its own."""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import uvicorn
from starlette.testclient import TestClient

from contact_pipeline.dashboard.serving import server_configuration
from contact_pipeline.home import Home
from contact_pipeline.settings import DashboardSettings, Settings
from contact_pipeline_tests.e2e.served_product import free_port

PROXY, STRANGER = "127.0.0.1", "192.0.2.66"


def _configured(home: Home, **dashboard: object) -> uvicorn.Config:
    settings = Settings(dashboard=DashboardSettings.model_validate({"tries_per_minute": 1, **dashboard}))
    configuration = server_configuration(Home(home.root, settings))
    configuration.load()
    return configuration


def _wrong_tries(configuration: uvicorn.Config, peer: str) -> list[int]:
    """Two wrong tokens by two clients, as the peer says that forwards them."""
    client = TestClient(configuration.loaded_app, base_url="https://127.0.0.1", client=(peer, 1))  # type: ignore[arg-type]
    said = [{"X-Forwarded-For": f"198.51.100.{number}"} for number in (1, 2)]
    return [client.post("/open", data={"token": "no"}, headers=headers).status_code for headers in said]


@pytest.mark.parametrize(
    ("address", "peer", "statuses"),
    [
        ("https://leads.example.com", PROXY, [403, 403]),
        ("https://leads.example.com", STRANGER, [403, 429]),
        (None, PROXY, [403, 429]),
    ],
)
def test_a_client_is_who_a_proxy_of_this_machine_says_and_nobody_else(
    home: Home, address: str | None, peer: str, statuses: list[int]
) -> None:
    assert _wrong_tries(_configured(home, address=address), peer) == statuses


def test_no_request_is_logged_and_nothing_tells_of_the_server(home: Home) -> None:
    configuration = _configured(home)
    assert not configuration.access_log
    assert not configuration.server_header


@pytest.fixture
def certificate(home: Home) -> tuple[Path, Path]:
    """A certificate of 127.0.0.1 by itself, and its key, in the home."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    paths = (home.root / "cert.pem", home.root / "key.pem")
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=x"
    subprocess.run(
        ["openssl", *words.split(), "-addext", "subjectAltName=IP:127.0.0.1", "-out", paths[0], "-keyout", paths[1]],
        check=True,
        capture_output=True,
    )
    return paths


def test_with_a_certificate_it_speaks_https_itself(home: Home, certificate: tuple[Path, Path]) -> None:
    path, key = certificate
    (home.root / "settings.toml").write_text(f"[dashboard]\ntls_certificate = '{path.name}'\ntls_key = '{key}'\n")
    address = f"https://127.0.0.1:{free_port()}"
    process = subprocess.Popen(
        [sys.executable, "-m", "contact_pipeline", "dashboard", "serve", "--port", address.rpartition(":")[2]],
        env={**os.environ, "CONTACT_PIPELINE_HOME": str(home.root)},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        assert address in process.stderr.readline()
        trusted = ssl.create_default_context(cafile=str(path))
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(address, context=trusted, timeout=20)
        assert caught.value.code == 401
        assert caught.value.headers["strict-transport-security"]
    finally:
        process.terminate()
        assert process.wait(timeout=30) == 0
