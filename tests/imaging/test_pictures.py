import numpy as np
import pandas as pd

from gliomanet.imaging.pictures import center_sheet
from gliomanet.imaging.quality import collect_qc
from tests.imaging.conftest import IN_ATLAS_SPACE, run


def test_a_centre_with_a_failed_case_has_its_table_and_sheet(write_case, contrasts, tmp_path):
    good, bad = write_case("good"), write_case("bad", arrays={"t1": np.zeros_like(contrasts["t1"])})
    for row in (good, bad):
        run(row, IN_ATLAS_SPACE, tmp_path / row["case_id"])
    folders = [tmp_path / "good", tmp_path / "bad"]
    table = collect_qc(folders, 0.5)
    assert table["case_id"].tolist() == ["bad", "good"]
    assert table["status"].tolist() == ["failed", "ok"]
    assert table.loc[0, "reason"].startswith("case bad: t1 (")
    assert pd.isna(table.loc[0, "atlas_similarity"])
    assert table.loc[1, "atlas_similarity"] > 0
    for name in ("one.png", "two.png"):
        center_sheet(folders, tmp_path / name)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
    assert (tmp_path / "one.png").stat().st_size > 5000
