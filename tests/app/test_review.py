"""Reviewer mode: what a reader sees and when, what is kept, and the table; by its own routes alone."""

from __future__ import annotations

import json
import re
import shutil
import threading
import time
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from gliomanet import __version__
from gliomanet.app.pages.frame import frame
from gliomanet.app.pages.review import router
from gliomanet.app.review import store as kept
from gliomanet.app.review.answer import answer_of
from gliomanet.app.review.export import review_table
from gliomanet.app.review.scores import QUESTIONS, Scores
from gliomanet.app.review.session import MOST_CASES, new_session
from gliomanet.app.review.store import Reviews, UnknownReviewError, digest_of
from gliomanet.app.words import LANGUAGES, app_words
from gliomanet.files.atomic import write_once
from gliomanet.patient.statements.sentences import sentences
from gliomanet.patient.statements.statement import state
from gliomanet.tables.io import read_table
from gliomanet.tables.review import REVIEW_SCORES
from tests.case_report.golden import golden, result

IDS = [f"{number:032x}" for number in range(1, 7)]
FIRST = {
    "tumour_type": "astrocytoma",
    "tumour_type_confidence": "70",
    "grade": "3",
    "grade_confidence": "55",
    "idh": "mutant",
    "idh_confidence": "90",
    "codel_1p19q": "cannot_tell",
    "image_quality": "4",
    "comment": "=cmd\ta comment",
}
SECOND = {**FIRST, "grade": "4", "outline": "2", "usefulness": "", "comment": ""}


@pytest.fixture
def store(tmp_path: Path) -> Path:
    names = ("glioblastoma", "astrocytoma_3", "everything_unsure", "every_set_empty", "simulated", "idh_alone")
    results = golden()
    for place, (case, name) in enumerate(zip(IDS, names, strict=True)):
        folder = tmp_path / "cases" / case
        (folder / "result").mkdir(parents=True)
        record = {"id": case, "asked": {"label": f"Label {place}"}, "state": "done"}
        (folder / "case.json").write_text(json.dumps(record))
        results[name].write(folder / "result" / "result.json")
    return tmp_path


@pytest.fixture
def client(store: Path) -> TestClient:
    app = FastAPI()
    app.include_router(router(store, frame))
    return TestClient(app)


def make(client: TestClient, cases: list[str] = IDS[:3], **more: Any) -> str:
    wanted = {"cases": cases, "reader": "R 1", "seed": 7, **more}
    return str(client.post("/api/reviews", json=wanted).raise_for_status().json()["id"])


def save(client: TestClient, review: str, number: int, look: str, form: dict[str, str]) -> Any:
    return client.post(f"/review/{review}/cases/{number}/{look}", data=form, follow_redirects=False)


def exported(client: TestClient, review: str) -> pd.DataFrame:
    text = client.get(f"/review/{review}/review.tsv").raise_for_status().text
    return pd.read_csv(StringIO(text), sep="\t", dtype=str, keep_default_na=False)


def test_the_order_hangs_on_the_cases_and_the_seed_alone() -> None:
    one, other = (new_session(cases, "R", 3, second_look=True) for cases in (IDS, IDS[::-1]))
    assert one.order == other.order
    assert sorted(one.order) == IDS
    assert len({new_session(IDS, "R", seed, second_look=True).order for seed in range(10)}) > 5
    assert one.id != other.id


@pytest.mark.parametrize(
    ("wanted", "rule"),
    [
        ({"cases": []}, "number_of_cases"),
        ({"cases": [f"{n:032x}" for n in range(MOST_CASES + 1)]}, "number_of_cases"),
        ({"cases": [IDS[0], IDS[0]]}, "cases_not_allowed"),
        ({"cases": ["../../etc"]}, "cases_not_allowed"),
        ({"cases": ["f" * 32]}, "case_without_result"),
        ({"reader": " "}, "reader_not_allowed"),
        ({"reader": "<b>"}, "reader_not_allowed"),
        ({"reader": "x" * 41}, "reader_not_allowed"),
        ({"seed": -1}, "seed_not_allowed"),
        ({"seed": 2**40}, "seed_not_allowed"),
    ],
)
def test_a_session_that_can_not_be(client: TestClient, store: Path, wanted: dict[str, Any], rule: str) -> None:
    answer = client.post("/api/reviews", json={"cases": IDS[:2], "reader": "R", "seed": 1, **wanted})
    assert (answer.status_code, answer.json()["rule"]) == (422, rule)
    assert not (store / "reviews").exists()


def test_a_case_that_is_not_done_can_not_be_read(client: TestClient, store: Path) -> None:
    (store / "cases" / IDS[0] / "case.json").write_text(json.dumps({"state": "running", "asked": {}}))
    assert "Label 0" not in client.get("/review").text
    answer = client.post("/api/reviews", json={"cases": IDS[:1], "reader": "R", "seed": 1})
    assert answer.json()["rule"] == "case_without_result"


def test_a_form_without_scripts_makes_a_session(client: TestClient) -> None:
    form = {"case": IDS[:2], "reader": "R2", "seed": "5"}  # an unticked box is not sent
    answer = client.post("/review?lang=zh", data=form, follow_redirects=False)
    assert answer.status_code == 303
    page = client.get(answer.headers["location"])
    assert page.status_code == 200
    assert app_words("zh", "review")("session_of", reader="R2") in page.text
    assert 'lang="zh-Hans"' in page.text


def test_a_form_that_is_wrong_comes_back_as_it_was(client: TestClient) -> None:
    answer = client.post("/review", data={"case": IDS[:2], "reader": "R2", "seed": "x"})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert answer.text.count(" checked") == 2
    assert 'value="R2"' in answer.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_look_is_blinded(client: TestClient, language: str) -> None:
    review = make(client, IDS)
    overview = client.get(f"/review/{review}?lang={language}").text
    assert "Label" not in overview
    assert not any(case in overview for case in IDS)
    for number in range(1, 7):
        page = client.get(f"/review/{review}/cases/{number}?lang={language}").text.replace("&#39;", "'")
        assert "Label" not in page
        assert re.search(r'viewer\.json\?lang=\w\w&amp;blind=1"[^>]*data-blind="yes"', page)
        assert app_words(language, "review")("answer") not in re.sub("<strong>.*?</strong>", "", page)
        assert "%" not in page
        assert f'lang="{"zh-Hans" if language == "zh" else "en"}"' in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_second_look_shows_the_answer(client: TestClient, language: str) -> None:
    review = make(client, IDS)
    say = app_words(language, "review")
    for number in range(1, 7):
        assert (
            save(client, review, number, "first", FIRST)
            .headers["location"]
            .startswith(f"/review/{review}/cases/{number}")
        )
        page = client.get(f"/review/{review}/cases/{number}?lang={language}").text.replace("&#39;", "'")
        assert f'<h2 id="answer">{say("answer")}</h2>' in page
        assert "blind" not in page
        assert "%" in page
        assert 'name="outline"' in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_type_has_its_words(language: str) -> None:
    for values in golden().values():
        assert "legacy" not in answer_of(values, language).types
    assert "glioblastoma" in answer_of(golden()["glioblastoma"], "en").types
    assert "胶质母细胞瘤" in answer_of(golden()["glioblastoma"], "zh").types


def test_scores_can_not_be_changed_after_the_answer_was_shown(client: TestClient) -> None:
    review = make(client)
    assert save(client, review, 1, "first", FIRST).status_code == 303
    again = save(client, review, 1, "first", {**FIRST, "idh": "wildtype"})
    assert again.status_code == 409
    assert list(exported(client, review)["idh"]) == ["mutant"]


def test_the_second_look_can_not_come_first(client: TestClient) -> None:
    review = make(client)
    assert save(client, review, 1, "second", SECOND).status_code == 409
    assert exported(client, review).empty


def test_two_who_save_at_once_leave_one_whole_file(store: Path) -> None:
    reviews, session = Reviews(store), new_session(IDS[:1], "R", 1, second_look=False)
    reviews.add(session)
    one, other = (Scores.from_form({**FIRST, "comment": text}, "first", "0" * 64)[0] for text in ("a", "b"))
    assert one is not None
    assert other is not None
    assert reviews.save(session, 1, one)
    assert not reviews.save(session, 1, other)
    assert reviews.scores(session, 1, "first") == one


def test_a_score_that_is_saved_while_the_session_is_deleted_goes_with_it(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reviews, session = Reviews(store), new_session(IDS[:1], "R", 1, second_look=False)
    reviews.add(session)
    scores, _ = Scores.from_form(FIRST, "first", "0" * 64)
    assert scores is not None
    begun = threading.Event()

    def slowly(path: Path, content: bytes) -> None:
        begun.set()
        time.sleep(0.5)
        write_once(path, content)

    monkeypatch.setattr(kept, "write_once", slowly)
    saving = threading.Thread(target=lambda: reviews.save(session, 1, scores))
    saving.start()
    assert begun.wait(10)
    reviews.delete(session.id)
    saving.join()
    assert not list((store / "reviews").iterdir())
    with pytest.raises(UnknownReviewError):
        reviews.save(session, 1, scores)
    assert not list((store / "reviews").iterdir())


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"grade": "5"}, {"grade"}),
        ({"grade_confidence": ""}, {"grade_confidence"}),
        ({"grade_confidence": "101"}, {"grade_confidence"}),
        ({"grade_confidence": "-1"}, {"grade_confidence"}),
        ({"image_quality": "0"}, {"image_quality"}),
        ({"image_quality": ""}, {"image_quality"}),
        ({"comment": "x" * 2001}, {"comment"}),
        (dict.fromkeys(QUESTIONS, ""), set(QUESTIONS)),
    ],
)
def test_fields_that_are_missing_are_named_and_the_rest_stays(
    client: TestClient, change: dict[str, str], wrong: set[str]
) -> None:
    review = make(client)
    assert set(Scores.from_form({**FIRST, **change}, "first", "")[1]) == wrong
    answer = save(client, review, 1, "first", {**FIRST, "opened_at": "2026-11-29T07:00:00+00:00", **change})
    assert answer.status_code == 422
    assert set(re.findall(r'<li><a href="#(\w+)">', answer.text)) == wrong
    assert 'value="2026-11-29T07:00:00+00:00"' in answer.text  # the time goes on
    assert exported(client, review).empty


def test_an_outline_that_is_not_judged_is_empty() -> None:
    found, wrong = Scores.from_form(SECOND, "second", "")
    assert not wrong
    assert found is not None
    assert found.ratings == {"image_quality": 4, "outline": 2}


@pytest.mark.parametrize(
    ("opened_at", "known"),
    [("", False), ("yesterday", False), ("2026-11-29T07:00:00", False), ("2999-01-01T00:00:00+00:00", False)],
)
def test_a_time_that_can_not_be_is_not_kept(opened_at: str, known: bool) -> None:
    found, _ = Scores.from_form({**FIRST, "opened_at": opened_at}, "first", "")
    assert found is not None
    assert (found.seconds is not None) == known


def test_the_time_is_from_opening_to_saving(client: TestClient) -> None:
    review = make(client)
    page = client.get(f"/review/{review}/cases/1").text
    opened = re.search(r'name="opened_at" value="([^"]+)"', page)
    assert opened is not None
    save(client, review, 1, "first", {**FIRST, "opened_at": opened[1]})
    assert 0 <= float(exported(client, review)["seconds"][0]) < 60


def test_a_reader_goes_on_where_the_reading_stopped(client: TestClient) -> None:
    review = make(client)
    save(client, review, 1, "first", FIRST)
    assert f"/review/{review}/cases/1?" in client.get(f"/review/{review}").text  # the second look waits
    save(client, review, 1, "second", SECOND)
    assert 'class="button" href="/review/' + review + "/cases/2?" in client.get(f"/review/{review}").text
    for number in (2, 3):
        save(client, review, number, "first", FIRST)
        last = save(client, review, number, "second", SECOND)
    assert last.headers["location"] == f"/review/{review}?lang=en"
    assert app_words("en", "review")("finished") in client.get(f"/review/{review}").text


def test_without_a_second_look_the_answer_is_never_shown(client: TestClient) -> None:
    review = make(client, second_look=False)
    assert save(client, review, 1, "first", FIRST).headers["location"] == f"/review/{review}/cases/2?lang=en"
    assert "%" not in client.get(f"/review/{review}/cases/1").text
    assert save(client, review, 1, "second", SECOND).status_code == 409


def test_the_table(client: TestClient, store: Path) -> None:
    review = make(client)
    for look, form in (("first", FIRST), ("second", SECOND)):
        save(client, review, 2, look, form)
    reviews = Reviews(store)
    session = reviews.get(review)
    table = exported(client, review)
    REVIEW_SCORES.check(table)
    assert list(table["look"]) == ["first", "second"]
    assert list(table["grade"]) == ["3", "4"]
    assert list(table["outline"]) == ["", "2"]
    assert list(table["usefulness"]) == ["", ""]
    row = table.iloc[0]
    assert row["case_id"] == session.order[1]
    assert (row["case_number"], row["reader"], row["seed"]) == ("2", "R 1", "7")
    assert (row["codel_1p19q"], row["codel_1p19q_confidence"]) == ("cannot_tell", "")
    assert row["result_digest"] == digest_of(store / "cases" / session.order[1] / "result" / "result.json")
    assert row["gliomanet"] == __version__
    assert row["comment"] == "'=cmd a comment"
    path = store / "read.tsv"
    path.write_bytes(client.get(f"/review/{review}/review.tsv").content)
    assert len(read_table(path)) == 2


def test_a_deleted_case_leaves_its_scores(client: TestClient, store: Path) -> None:
    review = make(client)
    reviews = Reviews(store)
    session = reviews.get(review)
    save(client, review, 1, "first", FIRST)
    assert reviews.sessions_with(session.order[0]) == 1
    shutil.rmtree(store / "cases" / session.order[0])
    assert app_words("en", "review")("states.gone") in client.get(f"/review/{review}").text
    assert app_words("en", "review")("gone") in client.get(f"/review/{review}/cases/1").text
    assert save(client, review, 1, "second", SECOND).status_code == 200
    assert reviews.next_case(session) == 2
    table = review_table(reviews, session)
    assert list(table["case_kept"]) == ["no"]
    assert list(table["look"]) == ["first"]


def test_a_session_is_deleted_with_its_scores_after_a_confirmation(client: TestClient, store: Path) -> None:
    review = make(client)
    save(client, review, 1, "first", FIRST)
    client.post(f"/review/{review}/delete")
    assert (store / "reviews" / review).exists()
    assert client.post(f"/review/{review}/delete", data={"confirm": "yes"}, follow_redirects=False).status_code == 303
    assert not (store / "reviews" / review).exists()
    assert (store / "cases" / IDS[0]).exists()


@pytest.mark.parametrize(
    "place",
    [
        "/review/" + "a" * 32,
        "/review/..%2fcases",
        "/review/{0}/cases/0",
        "/review/{0}/cases/4",
        "/review/{1}/review.tsv",
    ],
)
def test_what_is_not_there(client: TestClient, place: str) -> None:
    review = make(client)
    assert client.get(place.format(review, "b" * 32)).status_code == 404


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_inline_for_the_strict_policy(client: TestClient, language: str) -> None:
    review = make(client)
    save(client, review, 1, "first", FIRST)
    for place in ("/review", f"/review/{review}", f"/review/{review}/cases/1", f"/review/{review}/cases/2"):
        page = client.get(f"{place}?lang={language}")
        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:|<script>", page.text)
        assert page.headers["cache-control"] == "no-store"


def test_every_field_has_its_label(client: TestClient) -> None:
    review = make(client)
    page = client.get(f"/review/{review}/cases/1").text
    fields = re.findall(r'<(?:select|textarea|input)[^>]* id="([^"]+)"', page)
    assert len(fields) == 9
    assert all(f'<label for="{name}">' in page for name in fields)


def test_languages_have_the_same_keys() -> None:
    def keys(found: object, key: str = "") -> set[str]:
        if isinstance(found, dict):
            return {name for k, one in found.items() for name in keys(one, f"{key}.{k}")}
        return {key + "|" + ",".join(sorted(re.findall(r"{(\w+)}", str(found))))}

    english, chinese = (keys(app_words(language, "review").sentences) for language in LANGUAGES)
    assert english == chinese


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_reader_is_told_where_the_models_learnt_from_the_case(language: str) -> None:
    warned = state("warning.training_case", center="A")
    assert answer_of(result(warnings=(warned,)), language).cautions[0] == sentences(language).html(warned)
    assert len(answer_of(result(), language).cautions) == 1
