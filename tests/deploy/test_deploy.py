"""What deploy/ says, held against what the code reads: settings, commands, paths. No container engine is asked."""

import configparser
import re
import tomllib
from pathlib import Path

import pytest
import typer
import yaml

from broadsheet.command import app
from news.configuration import PREFIX, Configuration, read

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
SETTINGS = {PREFIX + name.upper() for name in Configuration.__dataclass_fields__}
#: lets loopback be crawled: nobody's deployment needs it
FOR_TESTS = {"BROADSHEET_ALLOW_LOOPBACK"}
NAME = re.compile(r"BROADSHEET_[A-Z_]+")


def unit(path: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment]
    parser.read_string(path.read_text())
    return parser


@pytest.mark.parametrize(
    "path",
    [each for each in sorted(DEPLOY.rglob("*")) if each.is_file() and "kibana" not in each.parts],
    ids=lambda path: path.name,
)
def test_every_setting_in_deploy_is_read_by_the_code(path):
    assert set(NAME.findall(path.read_text())) <= SETTINGS


def test_every_setting_that_the_code_reads_stands_in_the_environment_file():
    lines = (DEPLOY / "broadsheet.env").read_text().splitlines()
    named = {line.partition("=")[0] for line in lines if line.startswith(PREFIX)}
    assert named == SETTINGS - FOR_TESTS


def test_every_setting_that_the_code_reads_is_documented_and_no_other():
    rows = re.findall(r"^\| `(BROADSHEET_[A-Z_]+)`", (ROOT / "docs" / "settings.md").read_text(), re.MULTILINE)
    assert sorted(rows) == sorted(SETTINGS)


def test_the_environment_file_as_it_comes_is_accepted():
    lines = (DEPLOY / "broadsheet.env").read_text().splitlines()
    environment = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    assert read(environment) == Configuration(home=Path("/var/lib/broadsheet"))


def test_compose_hands_over_every_setting_that_a_container_can_use():
    handed = set(COMPOSE["services"]["broadsheet"]["environment"])
    # files on the host, what `kibana install` needs, a model and a browser, which the image has not, are given by hand
    by_hand = {name for name in SETTINGS if name.endswith(("_CA_CERTS", "_MODEL", "_CHROMIUM")) or "_KIBANA_" in name}
    assert handed == SETTINGS - FOR_TESTS - by_hand


def commands() -> list[list[str]]:
    found = [unit(path)["Service"]["ExecStart"].split()[1:] for path in UNITS]
    found.append(COMPOSE["services"]["broadsheet"]["command"])
    found.append(re.findall(r'"([^"]+)"', re.findall(r"^CMD (.+)$", DOCKERFILE, re.MULTILINE)[-1]))
    return found


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_every_command_in_deploy_is_one_of_ours(command):
    group = typer.main.get_command(app)
    context = group.make_context("broadsheet", list(command), resilient_parsing=False)
    name, verb, rest = group.resolve_command(context, [*context._protected_args, *context.args])  # type: ignore[attr-defined]
    assert verb.make_context(name, rest, parent=context).params is not None


def test_units_stop_in_order_and_know_our_exit_code():
    for path in UNITS:
        service = unit(path)["Service"]
        assert service["KillMode"] == "mixed"
        assert service["SuccessExitStatus"] == "130 143"  # broadsheet/entry.py ends so after SIGINT and SIGTERM
        assert service["EnvironmentFile"] == "-/etc/broadsheet/broadsheet.env"


def test_containers_are_pinned_checked_and_have_an_init():
    images = [service["image"] for service in COMPOSE["services"].values()]
    images += re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert [image for image in images if not re.search(r":\d+\.\d+", image)] == []
    for name, service in COMPOSE["services"].items():
        assert service["init"] is True, name
        assert service["healthcheck"]["test"][0] == "CMD", name
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ())), name
        for needed in service.get("depends_on", {}).values():
            assert needed == {"condition": "service_healthy"}, name


def test_volumes_and_networks_are_declared():
    for service in COMPOSE["services"].values():
        assert {volume.split(":")[0] for volume in service.get("volumes", ())} <= COMPOSE["volumes"].keys()
        assert set(service["networks"]) <= COMPOSE["networks"].keys()


def test_the_health_check_asks_for_an_address_that_exists():
    asked = set(re.findall(r"127\.0\.0\.1:8000(/\w+)", DOCKERFILE + (DEPLOY / "compose.yaml").read_text()))
    source = (ROOT / "web" / "probes.py").read_text()
    assert asked == {"/healthz"}
    assert all(f'"{path}"' in source for path in asked)


def test_the_image_gets_every_package_and_all_that_its_build_reads():
    stated = tomllib.loads((ROOT / "pyproject.toml").read_text())
    patterns = stated["tool"]["setuptools"]["packages"]["find"]["include"]
    let_in = {line[1:] for line in (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines() if line[0] == "!"}
    assert {pattern.rstrip("*") for pattern in patterns} <= let_in
    read = {"pyproject.toml", stated["project"]["readme"], *stated["project"]["license-files"]}
    read |= {
        word for line in re.findall(r"^COPY (?!--|\. )(.+) \S+$", DOCKERFILE, re.MULTILINE) for word in line.split()
    }
    assert read <= let_in
    assert [name for name in read if not (ROOT / name).is_file()] == []
