"""A spaCy pipeline that the user names is asked besides our own rules, and none is ever fetched."""

from importlib import import_module
from pathlib import Path

import pytest

from news.article import Article
from news.configuration import read
from news.errors import ConfigurationError
from news.outlet import Outlet
from pipelines.enrich import enrich

step = import_module("pipelines.enrich")
OUTLET = Outlet(slug="courier", name="The Courier", home="https://courier.example/")
ARTICLE = Article(
    url="https://courier.example/a",
    in_language="en",
    headline="Harbour opens",
    body="The quokka union met at the harbour. Later the quokka union signed, said Zzyzx the harbour cat.",
)


def test_a_folder_that_is_no_pipeline_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="is not the folder of a spaCy pipeline"):
        read({"BROADSHEET_ENTITY_MODEL": str(tmp_path)})


def test_names_of_the_model_are_added_to_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spacy = pytest.importorskip("spacy", reason="spaCy is an extra that a user installs beside Broadsheet")
    pipeline = spacy.blank("en")
    ruler = pipeline.add_pipe("entity_ruler")
    ruler.add_patterns(
        [
            {"label": "ORG", "pattern": "quokka union"},
            {"label": "PERSON", "pattern": "Zzyzx"},
            {"label": "DATE", "pattern": "Later"},
        ]
    )
    pipeline.to_disk(tmp_path / "model")
    monkeypatch.setenv("BROADSHEET_ENTITY_MODEL", str(tmp_path / "model"))
    step._pipeline.cache_clear()
    try:
        fields = enrich(ARTICLE, OUTLET)
    finally:
        monkeypatch.undo()
        step._pipeline.cache_clear()
    assert {"name": "quokka union", "mentions": 2} in fields["organisations"]
    assert "Zzyzx" in [person["name"] for person in fields["people"]]
    assert "Later" not in str(fields["people"])


def test_without_a_model_nothing_is_added() -> None:
    assert not {"quokka union"} & {each["name"] for each in enrich(ARTICLE, OUTLET).get("organisations", ())}
