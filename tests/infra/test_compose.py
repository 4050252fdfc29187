"""What docker compose is told hangs together: files are there, names are explained, powers are few."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from telcall.settings import Settings, alias_of, load

INFRA = Path(__file__).parents[2] / "infra"
TEXT = (INFRA / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
EXAMPLE = (INFRA / ".env.example").read_text()
DOCUMENTED = {
    *("BACKEND_HOST", "FRONTEND_HOST", "TURN_REALM", "TURN_SERVER_NAME", "TURN_USERNAME", "TURN_PASSWORD"),
    *("TURN_EXTRA_OPTS", "POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DB"),
    *("BOT_TOKEN", "BOT_USERNAME", "SECRET_KEY", "STUN_SERVERS", "TURN_SERVERS", "CORS_ALLOW_ORIGINS"),
}


def names_of(text: str) -> set[str]:
    return set(re.findall(r"^#?([A-Z][A-Z_]+)=", text, re.MULTILINE))


def used() -> set[str]:
    return set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", TEXT))


def test_documented_names_are_in_the_example() -> None:
    assert names_of(EXAMPLE) >= DOCUMENTED


def test_names_that_compose_uses_are_explained_or_are_settings() -> None:
    settings = {alias_of(info) for info in Settings.model_fields.values()}
    assert used() - names_of(EXAMPLE) <= settings
    assert names_of(EXAMPLE) - used() <= settings


def test_settings_of_the_server_exist() -> None:
    settings = {alias_of(info) for info in Settings.model_fields.values()}
    assert set(SERVICES["backend"]["environment"]) <= settings


def test_filled_in_example_is_what_the_server_starts_with(tmp_path: Path) -> None:
    filled = re.sub(
        r"^(SECRET_KEY|TURN_SECRET|BOT_USERNAME)=$", rf"\1={'k' * 32}", EXAMPLE, flags=re.MULTILINE
    )
    filled = re.sub(
        r"^BOT_TOKEN=$", "BOT_TOKEN=123456:not-a-real-token-but-as-long-as-one", filled, flags=re.M
    )
    (tmp_path / ".env").write_text(filled)
    settings = load(tmp_path / ".env").settings
    assert settings.turn_servers[1] == "turns:turn.example.com:5349?transport=tcp"
    assert settings.cors_allow_origins == ("https://example.com",)
    assert settings.public_address == ("203.0.113.7",)


def test_documented_services_are_there() -> None:
    assert {"traefik", "backend", "postgres", "turn"} == set(SERVICES)


def test_mounted_files_are_there_and_cannot_be_written() -> None:
    for name, service in SERVICES.items():
        for volume in service.get("volumes", []):
            source, _, rest = volume.partition(":")
            if source in COMPOSE["volumes"]:
                continue
            assert (INFRA / source).exists(), (name, volume)
            assert rest.endswith(":ro"), (name, volume)
            assert "docker.sock" not in volume
    for folder in ("traefik/certs", "turn/certs"):
        assert (INFRA / folder).is_dir()


def test_only_doors_that_are_meant_are_open() -> None:
    ports = {name: service.get("ports", []) for name, service in SERVICES.items()}
    assert ports["traefik"] == ["80:80", "443:443"]
    assert ports["postgres"] == []
    assert [port.endswith("/udp") for port in ports["backend"]] == [True]
    assert COMPOSE["networks"]["back"]["internal"] is True
    assert SERVICES["postgres"]["networks"] == ["back"]


@pytest.mark.parametrize("name", ["traefik", "backend", "turn"])
def test_no_service_has_more_power_than_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service.get("cap_add", []) in ([], ["NET_BIND_SERVICE"])
    assert "no-new-privileges:true" in service["security_opt"]
    assert not service.get("privileged")


def test_images_have_versions() -> None:
    for service in SERVICES.values():
        if "build" not in service:
            assert re.search(r":v?\d+", service["image"]), service["image"]


def test_the_proxy_is_trusted_by_its_network() -> None:
    [network] = COMPOSE["networks"]["front"]["ipam"]["config"]
    assert SERVICES["backend"]["environment"]["TELCALL_TRUSTED_PROXIES"] == network["subnet"]


def test_secrets_have_no_default() -> None:
    for name in ("SECRET_KEY", "POSTGRES_PASSWORD"):
        assert re.search(rf"\$\{{{name}:\?", TEXT)
        assert re.search(rf"^{name}=$", EXAMPLE, re.MULTILINE)


def test_image_is_made_of_files_that_are_there_and_let_in() -> None:
    root = INFRA.parent
    allowed = {
        line.removeprefix("!") for line in (root / ".dockerignore").read_text().split() if line[0] == "!"
    }
    for line in (INFRA / "Dockerfile").read_text().splitlines():
        if not line.startswith("COPY ") or "--from" in line:
            continue
        for source in line.split()[1:-1]:
            assert list(root.glob(source)), line
            assert source.split("/")[0] in allowed, line


def test_image_runs_as_nobody_special() -> None:
    last = (INFRA / "Dockerfile").read_text().rpartition("\nFROM ")[2]
    assert re.search(r"^USER telcall$", last, re.MULTILINE)
