"""Made-up patients whose hazards are known."""

import numpy as np
import pandas as pd


def outcomes(center: str, n: int, seed: int, *, volume: float = 0.0, resection: float = 0.0) -> pd.DataFrame:
    """Rows of `OUTCOMES`, with `tumour_volume_ml` beside: hazards rise with age, and by the log ratios that are given."""
    rng = np.random.default_rng(seed)
    age, log_volume = rng.normal(60, 12, n).clip(20, 90), rng.normal(0, 1, n)
    total = rng.random(n) < 0.5
    hazard = np.exp(0.03 * (age - 60) + volume * log_volume + resection * total)
    days, observed = rng.exponential(500 / hazard), rng.uniform(200, 2500, n)
    cases = {
        "case_id": [f"{center}-{number:03d}" for number in range(n)],
        "patient_id": [f"{center}-{number:03d}" for number in range(n)],
        "center": center,
        "role": "train",
        "idh": "wildtype",
        "codel_1p19q": "",
        "grade": "4",
        **{f"{label}_source": "measured" for label in ("idh", "codel_1p19q", "grade")},
        "age": age,
        "scan": "baseline",
        "os_days": np.minimum(days, observed).round(),
        "os_event": np.where(days <= observed, "1", "0"),
        "resection": np.where(total, "gross_total", "subtotal"),
        "kps": np.nan,
        "tumour_volume_ml": 40 * 2.0**log_volume,
    }
    return pd.DataFrame(cases)
