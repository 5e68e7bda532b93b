"""The table of a reader's scores, which the app's reviewer mode exports."""

from __future__ import annotations

from typing import Literal

from gliomanet.tables.columns import Column, Schema, integer, number, text, yes_no

CANNOT_TELL = "cannot_tell"
TYPES = ("glioblastoma", "astrocytoma", "oligodendroglioma", "other", CANNOT_TELL)
GRADES = ("2", "3", "4", CANNOT_TELL)
IDH = ("wildtype", "mutant", CANNOT_TELL)
CODEL = ("intact", "codeleted", CANNOT_TELL)
LOOKS: tuple[Literal["first"], Literal["second"]] = ("first", "second")


def _answer(name: str, meaning: str, allowed: tuple[str, ...]) -> tuple[Column, Column]:
    sureness = "The reader's confidence in that, 0 to 100; empty where the reader cannot tell"
    return text(name, meaning, allowed), integer(f"{name}_confidence", sureness)


REVIEW_SCORES = Schema(
    title="Scores of a reader",
    paths=("review.tsv",),
    row="one per case and look that the reader has scored",
    columns=(
        text("review_id", "Reading session, a random id"),
        text("reader", "The reader's pseudonym, as it was told"),
        integer("seed", "Seed of the order of the cases"),
        yes_no("second_look", "The session shows the computer's answer after the first scores, and asks again"),
        integer("case_number", "Number under which the reader saw the case, which is its place in the order"),
        text("case_id", "Id of the case in the app, which the reader was not shown"),
        yes_no("case_kept", "The app still has the case; `no`: it was deleted or expired"),
        text("look", "`first`: before the computer's answer was shown; `second`: after it", LOOKS),
        *_answer("tumour_type", "Integrated type, the reader's impression", TYPES),
        *_answer("grade", "Grade, the reader's impression", GRADES),
        *_answer("idh", "IDH status, the reader's impression", IDH),
        *_answer("codel_1p19q", "1p/19q, the reader's impression", CODEL),
        integer("image_quality", "Quality of the images, 1 (poor) to 5 (very good)"),
        integer("outline", "Rightness of the outline, 1 (wrong) to 5 (right); empty at the first look, or not judged"),
        integer("usefulness", "Usefulness of the report, 1 to 5; empty at the first look, or not judged"),
        number("seconds", "From when the form was opened until it was saved; pauses count"),
        text("comment", "Free comment; one that begins like a formula has an apostrophe before it"),
        text("saved_at", "Time of saving, UTC"),
        text("result_digest", "SHA-256 of the case's `result.json` at that time"),
        text("gliomanet", "Version of the program at that time"),
    ),
    key=("review_id", "case_number", "look"),
)
