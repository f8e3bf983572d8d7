"""What the pages name exists: files, links, commands, options, make targets, settings."""

import re
import subprocess
import sys
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest
import typer

from bot import registry
from bot.cli import cli
from bot.settings import Settings, example, table
from tests.docs.pages import PAGES, ROOT, code, page, prose, rows, spans

EVERY_PAGE = pytest.mark.parametrize("file", PAGES, ids=lambda file: file.name)

PATH = re.compile(r"\.?[\w-]+(?:[./][\w-]+)*/?")
KINDS = {".py", ".md", ".ftl", ".toml", ".yaml", ".conf", ".service", ".lock", ".html", ".css", ".png", ".example"}
TOP = {one.name for one in ROOT.iterdir() if one.name != "data"}

# Written like settings, and of somebody else.
FOREIGN = {
    "FLOOD_BLOCKED": "OK's error 8",
    "CHAT_SYSTEM": "OK's event",
    "POSTGRES_PASSWORD": "of deploy/compose.yaml",
    "RESET": "of the Makefile",
    "LIMITS": "a constant",
    "SETTINGS": "a constant",
    "NAME": "a constant",
}


def settings() -> dict[str, str]:
    """Every setting and its preset."""
    house = {name.upper(): str(field.default) for name, field in Settings.model_fields.items()}
    networks = {one.name: one.default for name in (*registry.NETWORKS, *registry.CARRIERS) for one in table(name)}
    chosen = {f"{name.upper()}_{what}": "" for name in registry.NETWORKS for what in ("MODE", "INTAKE")}
    billings = {one.name: one.default for name in registry.BILLINGS for one in registry.billing(name).SETTINGS}
    return house | networks | chosen | billings


def named(text: str) -> set[str]:
    """Spans that read as paths of ours."""
    found = {span for span in spans(text) if PATH.fullmatch(span)}
    return {one for one in found if Path(one).suffix in KINDS or ("/" in one and one.split("/")[0] in TOP)}


@EVERY_PAGE
def test_every_file_that_is_named_exists(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    missing = []
    for name in sorted(named(text)):
        anywhere = any(next(ROOT.glob(f"{top}/**/{name}"), None) for top in TOP if not top.startswith("."))
        if not ((ROOT / name).exists() or (file.parent / name).exists() or ("/" not in name and anywhere)):
            missing.append(name)
    assert missing == []


def test_the_house_has_the_rooms_that_architecture_names() -> None:
    for folder, holds, begin in rows(page("docs/architecture.md"), "folder"):
        where = ROOT / folder.strip("`")
        assert where.is_dir(), folder
        for name in named(holds):
            assert (where / name).exists() or (ROOT / name).exists(), f"{folder}{name}"
        assert (ROOT / begin.strip("`")).exists(), begin


@EVERY_PAGE
def test_every_link_leads_somewhere(file: Path) -> None:
    astray = []
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(file.read_text(encoding="utf-8"))):
        name, _, anchor = target.partition("#")
        goal = file.parent / name if name else file
        if target.startswith("https://") or (goal.exists() and (not anchor or anchor in anchors(goal))):
            continue
        astray.append(target)
    assert astray == []


def anchors(file: Path) -> set[str]:
    """What GitHub makes of the headings."""
    titles = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@EVERY_PAGE
def test_every_command_and_option_exists(file: Path) -> None:
    group = typer.main.get_command(cli)
    context = group.make_context("saldo", ["run"], resilient_parsing=True)
    text = code(file.read_text(encoding="utf-8")).replace("\\\n", " ")
    for name, arguments in re.findall(r"(?<![\w/.-])(?:\.venv/bin/)?saldo (\w[\w-]*)([^\n&|`]*)", text):
        command = group.get_command(context, name)  # type: ignore[attr-defined]
        assert command, f"saldo {name}"
        command = getattr(command, "commands", {}).get((arguments.split() or [""])[0], command)
        known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
        assert set(re.findall(r"(?<!\S)--[\w-]+", arguments)) <= known, f"saldo {name}{arguments}"


@EVERY_PAGE
def test_every_make_target_exists(file: Path) -> None:
    targets = set(re.findall(r"^([\w./-]+):", page("Makefile"), re.MULTILINE))
    variables = set(re.findall(r"\$\((?:if \$\()?(\w+)", page("Makefile")))
    for target, arguments in re.findall(r"(?<!\w)make (\.?\w[\w/-]*)([^\n`]*)", code(file.read_text(encoding="utf-8"))):
        assert target in targets, f"make {target}"
        assert set(re.findall(r"\b([A-Z]+)=", arguments)) <= variables, f"make {target}{arguments}"


@EVERY_PAGE
def test_every_setting_that_is_named_exists(file: Path) -> None:
    words = {
        word for span in spans(file.read_text(encoding="utf-8")) for word in re.findall(r"[A-Z][A-Z0-9_]{2,}", span)
    }
    words = {word for word in words if "_" in word.strip("_") or word in {"PORT", "HOST", "CONTACTS", "BILLING"}}
    words -= {word for word in words if word.startswith("_")}
    assert sorted(words - settings().keys() - FOREIGN.keys()) == []


def test_the_example_lists_every_setting_with_its_preset() -> None:
    assert page(".env.example") == example()
    listed = re.findall(r"^([A-Z0-9_]+)=", page(".env.example"), re.MULTILINE)
    assert sorted(listed) == sorted(settings())


def test_every_setting_of_the_example_says_what_it_is_for() -> None:
    lines = page(".env.example").splitlines()
    for before, line in pairwise(lines):
        if re.match(r"[A-Z0-9_]+=", line):
            assert before.startswith("# "), line


def test_the_readme_lists_every_setting_with_its_preset() -> None:
    rows = dict(re.findall(r"^\| `([A-Z0-9_]+)` \| (.*) \|$", page("README.md"), re.MULTILINE))
    presets = dict(re.findall(r"^([A-Z0-9_]+)=(.*)$", page(".env.example"), re.MULTILINE))
    assert rows.keys() == presets.keys()
    for name, preset in presets.items():
        assert rows[name].endswith(f"| `{preset}`" if preset else "| "), name


# ── What architecture says about imports ──────────────────────────────────────────────────────────────────────────


def test_the_layers_are_those_that_are_checked() -> None:
    contracts = tomllib.loads(page("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    (layers,) = (" > ".join(one["layers"]) for one in contracts if one["type"] == "layers")
    assert layers in page("docs/architecture.md").replace("`", "")


def test_the_layers_hold() -> None:
    """The same as in `make check`: a page that says who may import whom is wrong when this is."""
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        timeout=100,
    )
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout
