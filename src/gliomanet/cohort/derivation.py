"""Labels that follow from other labels by WHO 2021, kept apart from those that were measured.

Source of the rule: Louis et al., Neuro-Oncology 23:1231 (2021), 10.1093/neuonc/noab106: 1p/19q codeletion defines
oligodendroglioma, IDH-mutant; with IDH-wildtype it does not occur (0 of 305 at UCSF, 0 of 195 at UTSW, none in TCGA).
"""

from __future__ import annotations

import pandas as pd


def derive_1p19q(cases: pd.DataFrame) -> pd.DataFrame:
    """Fill unknown 1p/19q as `intact` where IDH is wildtype.

    Args:
        cases: A case table.

    Returns:
        The table, with `codel_1p19q_source` "derived" for the filled cells; raw cells stay as found.
    """
    filled = cases["idh"].eq("wildtype") & cases["codel_1p19q"].eq("")
    derived = cases.copy()
    derived.loc[filled, ["codel_1p19q", "codel_1p19q_source"]] = ["intact", "derived"]
    return derived
