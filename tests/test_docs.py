"""What the pages list is what the code has, and where they point to there is something."""

import dataclasses
import re

import pytest

from forecasting import Training
from forecasting.config.scaling import SCHEMES
from forecasting.schema import STATUS_ENDED_EARLY, STATUS_FALLBACK, STATUS_OK, STATUS_PADDED, STATUS_ROLLED_OUT
from serving.app import create_app
from serving.request.payloads import ForecastIn, SeriesIn
from serving.routes.forecast import STATUS_ERROR
from serving.settings import PREFIX, Settings
from tests.places import ROOT

pytestmark = pytest.mark.fast

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("benchmarks/*.md")])


def page(name):
    return (ROOT / name).read_text(encoding="utf-8")


def table(name, first_column):
    """Return the rows of the table of a page whose first column is called so, as lists of cells without backticks."""
    lines = page(name).splitlines()
    begin = next(number for number, line in enumerate(lines) if line.startswith(f"| {first_column} |"))
    rows = []
    for line in lines[begin + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip().replace("`", "") for cell in line.strip("|").split("|")])
    return rows


def first_cells(name, first_column):
    return [row[0] for row in table(name, first_column)]


def test_the_settings_of_the_service_are_those_of_the_page():
    found = {row[0]: row[1] for row in table("docs/serving.md", "variable")}
    wanted = {
        PREFIX + name.upper(): "" if field.default in (None, ()) else str(field.default)
        for name, field in Settings.model_fields.items()
    }
    assert found == wanted


def test_the_fields_of_a_request_are_those_of_the_page():
    assert set(first_cells("docs/serving.md", "field")) == set(ForecastIn.model_fields)
    rest = page("docs/serving.md").partition("A series has:")[2]
    named = re.findall(r"`(\w+)`", "".join(line.split("|")[1] for line in rest.splitlines()[4:10]))
    assert set(named) == set(SeriesIn.model_fields)


def test_the_paths_of_the_service_are_those_of_the_page():
    named = re.findall(r"`(?:GET|POST) ([^`]+)`", page("docs/serving.md").partition("## A request")[0])
    rules = {rule.rule for rule in create_app(Settings(model="a")).url_map.iter_rules() if rule.endpoint != "static"}
    assert set(named) == rules


def test_the_statuses_of_a_forecast_are_those_of_the_page():
    text = page("docs/serving.md")
    for status in (STATUS_OK, STATUS_PADDED, STATUS_ROLLED_OUT, STATUS_ERROR, STATUS_ENDED_EARLY):
        assert f"`{status}`" in text
    assert f"`{STATUS_FALLBACK}:<model>:<reason>`" in text


def test_the_fields_of_a_training_are_those_of_the_page_with_their_defaults():
    found = {row[0]: row[1] for row in table("docs/models.md", "field")}
    wanted = {
        field.name: "" if field.default in (None, "") else str(field.default).replace("True", "true")
        for field in dataclasses.fields(Training)
    }
    assert found == wanted


def test_the_schemes_of_scaling_are_those_of_the_page():
    assert set(first_cells("docs/models.md", "scheme")) == set(SCHEMES)


def anchor(heading):
    """Return the anchor that a heading gets: small letters and digits, hyphens for spaces."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path):
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target:
            continue
        file, _, place = target.partition("#")
        other = (path.parent / file).resolve() if file else path
        assert other.exists(), f"{path.name} links to {target}"
        if place:
            headings = re.findall(r"^#+ (.*)$", other.read_text(encoding="utf-8"), re.MULTILINE)
            assert place in map(anchor, headings), f"{path.name} links to {target}"
