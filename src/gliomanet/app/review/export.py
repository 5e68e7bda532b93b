"""A reading session as a table: a row per scored case and look."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from gliomanet.app.review.scores import QUESTIONS, Look, Scores
from gliomanet.app.review.session import Session
from gliomanet.app.review.store import Reviews
from gliomanet.tables.io import write_table
from gliomanet.tables.review import LOOKS, REVIEW_SCORES

_WHOLE = [column.name for column in REVIEW_SCORES.columns if column.kind == "integer"]


def review_table(reviews: Reviews, session: Session) -> pd.DataFrame:
    """The scores that a session has, in the reader's order: the columns of `REVIEW_SCORES`."""
    table = pd.DataFrame(list(_rows(reviews, session)), columns=REVIEW_SCORES.names())
    return table.astype(dict.fromkeys(_WHOLE, "Int64"))


def review_tsv(reviews: Reviews, session: Session) -> bytes:
    """The same as a TSV file."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / REVIEW_SCORES.paths[0]
        write_table(review_table(reviews, session), path, REVIEW_SCORES)
        return path.read_bytes()


def _rows(reviews: Reviews, session: Session) -> Iterator[dict[str, object]]:
    looks: tuple[Look, ...] = LOOKS
    for number, case in enumerate(session.order, start=1):
        kept = "no" if reviews.result(case) is None else "yes"
        for look in looks:
            if (scores := reviews.scores(session, number, look)) is not None:
                yield {
                    "review_id": session.id,
                    "reader": session.reader,
                    "seed": session.seed,
                    "second_look": "yes" if session.second_look else "no",
                    "case_number": number,
                    "case_id": case,
                    "case_kept": kept,
                    **_cells(scores),
                }


def _cells(scores: Scores) -> dict[str, object]:
    cells: dict[str, object] = {"look": scores.look}
    for name in QUESTIONS:
        cells[name] = scores.impressions[name].choice
        cells[f"{name}_confidence"] = scores.impressions[name].confidence
    for name in ("image_quality", "outline", "usefulness"):
        cells[name] = scores.ratings.get(name)
    comment = " ".join(scores.comment.split())
    return {
        **cells,
        "seconds": scores.seconds,
        "comment": f"'{comment}" if comment.startswith(("=", "+", "-", "@")) else comment,
        "saved_at": scores.saved_at,
        "result_digest": scores.result_digest,
        "gliomanet": scores.gliomanet,
    }
