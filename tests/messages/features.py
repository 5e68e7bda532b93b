"""Feature tables with a defect: what reading them says, and what the audit finds in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from gliomanet.audit.features import audit_features
from gliomanet.cohort.findings import Finding
from gliomanet.cohort.importers.hospital_features import HospitalTable, read_hospital_features
from gliomanet.cohort.remarks import heard_remarks
from gliomanet.errors import CohortError
from tests.audit.feature_tables import good_features, one_grey_level


@dataclass(frozen=True)
class Wrong:
    """A hospital's table of features, its second table ("" for none) and the words for them."""

    text: str
    clinical: str = ""
    told: Mapping[str, Any] = field(default_factory=dict)


ONE = "case_id,t1_firstorder_Mean\n"
READ: dict[str, Wrong] = {
    "case twice": Wrong(f"{ONE}a,1\na,2\n"),
    "region twice": Wrong("case_id,region,t1_firstorder_Mean\na,x,1\na,x,2\n"),
    "no region": Wrong("case_id,region,t1_firstorder_Mean\na,,1\n"),
    "no id": Wrong(f"{ONE},1\n"),
    "no feature": Wrong("case_id,days\na,1\n"),
    "one feature twice": Wrong("case_id,original_glcm_Id_T1,T1w_original_glcm_Id\na,1,1\n"),
    "a name of ours": Wrong("id,case_id,x\na,1,2\n", told={"columns": {"case_id": "id"}, "features": "numeric"}),
    "rows disagree": Wrong("case_id,region,idh,t1_firstorder_Mean\na,x,wt,1\na,y,mut,2\n"),
    "region in two places": Wrong("case_id,region,T1CE_ET_Intensity_Mean\na,x,1\n"),
    "decimal commas": Wrong("case_id;t1_firstorder_Mean\na;1,5\nb;2,5\n"),
    "infinite": Wrong(f"{ONE}a,inf\n"),
    "text": Wrong(f"{ONE}a,12 mm\n"),
    "label": Wrong(
        "case_id,idh,molecular\n" + "".join(f"c{i},{'mut' if i % 2 else 'wt'},{i % 2}\n" for i in range(9)),
        told={"features": "numeric"},
    ),
    "named as a label": Wrong("case_id,OS_days,size\na,1,2\n", told={"features": "numeric"}),
    "no id matches": Wrong(f"{ONE}P-1,1\n", "case_id,idh\np1,wt\n"),
    "some ids match": Wrong(f"{ONE}P-1,1\nP-2,1\n", "case_id,idh\nP-1,wt\np2,wt\n"),
    "not used": Wrong("case_id,days,scanner,t1_firstorder_Mean\na,12,GE,0.1\n"),
}


def _long(table: pd.DataFrame) -> pd.DataFrame:
    return table.reset_index().assign(region="whole")


AUDITED: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "one grey level": one_grey_level,
    "empty, missing and nearly constant": lambda t: t.assign(
        none=float("nan"),
        few=t["t1c_firstorder_Mean"].where(t["t1c_firstorder_Mean"].rank() < 10),
        rare=(t["t1c_firstorder_Mean"].rank() == 1).astype(float),
    ),
    "units": lambda t: t.assign(
        mask_shape_MeshVolume=t["mask_shape_MeshVolume"] / 1000, t1c_firstorder_Range=t["t1c_firstorder_Range"] * 100
    ),
    "z-scored": lambda t: (t - t.mean()) / t.std(),
    "grey levels": lambda t: t.assign(t1c_firstorder_Entropy=t["t1c_firstorder_Entropy"] / 4),
    "one case under two ids": lambda t: pd.concat([t, t.iloc[:2].rename(index="{}b".format)]),
    "copy": lambda t: t.assign(copy=t["t1c_firstorder_Mean"] * 2),
}


def texts_of_reading(folder: Path) -> Iterator[tuple[str, str]]:
    for name, wrong in READ.items():
        path, second = folder / "features.csv", folder / "patients.csv"
        path.write_text(wrong.text, encoding="utf-8")
        second.write_text(wrong.clinical, encoding="utf-8")
        with heard_remarks() as remarks:
            try:
                read_hospital_features(
                    "A", "train", path, second if wrong.clinical else None, HospitalTable(**wrong.told)
                )
                text = ""
            except CohortError as error:
                text = str(error)
        yield f"features, {name}", "\n".join(filter(None, [text, *map(_told, remarks)]))


def texts_of_audit() -> Iterator[tuple[str, str]]:
    for name, spoil in AUDITED.items():
        tables = {"A": _long(good_features(1, 60)), "B": _long(spoil(good_features(2, 60)))}
        found = [finding for finding in audit_features(tables, {}) if finding.severity == "warning"]
        yield f"audit of features, {name}", "\n".join(map(_told, found))


def _told(finding: Finding) -> str:
    return f"{finding.severity} {finding.rule} {finding.center}: {finding.found}; {finding.action}"
