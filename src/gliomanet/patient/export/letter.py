"""The text of what leaves a hospital: for the person who has to say yes, and for whoever asks later."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from gliomanet.cohort.site_export import NAME, SiteDescription
from gliomanet.tables.columns import Schema

TEXT = """\
What leaves this hospital

To the study "{title}": {cases} cases of {patients} patients, as gliomanet {version} answers them with the bundle
{bundle}. Research use only.

{tables}
  {name}: digests of the bundle, of its models and of these files; the counts below; nothing of a single case.

Not written in it: ids, names, dates, ages, sexes, images, masks, radiomic features of a case, file names. The key from
the random names to the cases is written nowhere; who has this hospital's results can find a row by its answers.

Left out:
{left_out}
Withheld:
{withheld}
What could be told about a patient from it
  - A row is one case. Who knows a patient's labels beforehand (a rare mix of IDH, 1p/19q and grade) may guess which
    row it is, and then reads the models' answers on that patient. Labels with a class of fewer than {smallest} patients
    are withheld; rare mixes of labels are not.
  - Who has the same images and the same bundle can compute the answers, and so find the row and its labels.
{ages}  - The sex of a patient, in part, from the answers of a model that takes it; such a model may be withheld.
  - That this hospital has that many patients of each class.
  No row tells a name, a day, or an image. It is data on patients nevertheless: keep it as such.
"""
_AGES = """\
  - These models take the age: {models}.
    Who has the bundle can compute each patient's age from the answers of a model that takes little else, as exactly as
    the table of cases had it (whole years, where it held whole years). To keep ages here, export with
    {options}
    and the study has no comparison with age alone at this hospital.
"""


def letter(description: SiteDescription, tables: Sequence[tuple[Schema, pd.DataFrame]], aged: Sequence[str]) -> str:
    """The text of `what-leaves.txt`.

    Args:
        description: of the folder.
        tables: every table.
        aged: models whose answers leave and that take the age.
    """
    smallest = description.smallest_count
    shown = [_shown(schema, table) for schema, table in tables if len(table)]
    counts = {why: f"fewer than {smallest}" if n is None else str(n) for why, n in description.left_out.items()}
    options = " ".join(f"--withhold {name}" for name in aged)
    return TEXT.format(
        title=description.title,
        cases=description.cases,
        patients=description.patients,
        bundle=description.bundle,
        version=description.gliomanet,
        tables="\n".join(shown),
        name=NAME,
        left_out=_listed(f"{why}: {count} cases" for why, count in counts.items()),
        withheld=_listed(description.withheld),
        smallest=smallest,
        ages=_AGES.format(models=", ".join(aged), options=options) if aged else "",
    )


def _shown(schema: Schema, table: pd.DataFrame) -> str:
    columns = ", ".join(map(str, table.columns))
    return f"  {schema.paths[0]}: {len(table)} rows, {schema.row}\n      {columns}"


def _listed(sentences: Iterable[str]) -> str:
    return "".join(f"  - {sentence}\n" for sentence in sentences) or "  - nothing\n"
