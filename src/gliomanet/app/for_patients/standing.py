"""The standing of a result before a patient: may its answers be told at all?"""

from __future__ import annotations

from typing import Literal

from gliomanet.patient.result import ResultValues

Standing = Literal["told", "simulated", "do_not_use"]


def standing_of(values: ResultValues) -> Standing:
    """`told`, or the reason why no answer, volume or figure of the result may be shown as if it were real."""
    if values.bundle.simulated:
        return "simulated"
    return "do_not_use" if values.trust.verdict == "do not use" else "told"
