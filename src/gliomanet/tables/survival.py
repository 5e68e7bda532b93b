"""Tables of survival: groups of patients, their curves, and a Cox baseline beside age alone."""

from __future__ import annotations

from gliomanet.tables.columns import NOTE, Column, Schema, integer, number, text, yes_no

YEARS = (1, 2, 5)
"""Years whose survival is tabulated."""

GROUP = ("center", "group", "age_band", "resection", "label")
_CENTER = text("center", "Centre of the patients, or `pooled` for those of all centres")
_GROUP = (
    _CENTER,
    text("group", "IDH status, or integrated type with its grade, by the labels of the case table"),
    text(
        "age_band",
        "Band of their age in years, its upper end in it; `all`: any",
        ("all", "≤50", "50–60", "60–70", ">70"),
    ),
    text(
        "resection",
        "Extent of their resection, as in the case table; `all`: any",
        ("all", "gross_total", "subtotal", "biopsy", "not_gross_total"),
    ),
    text("label", "Further label and its value, such as `mgmt methylated`; `all`: any"),
)


def _at(years: int) -> tuple[Column, ...]:
    span = f"{years} year" + ("s" if years > 1 else "")
    return (
        number(f"survival_{years}y", f"Share alive after {span}, 0 to 1; empty: nobody was observed as long"),
        number(f"survival_{years}y_low", "Lower end of its interval (`evaluation.confidence`)"),
        number(f"survival_{years}y_high", "Upper end of that interval"),
    )


SURVIVAL_GROUPS = Schema(
    title="Survival of groups",
    paths=("evaluation/survival_groups.tsv",),
    row="one per centre × group of at least ten patients; only in studies whose case tables have `os_days` and "
    "`os_event`",
    columns=(
        *_GROUP,
        integer("n", "Patients of known days and end of observation"),
        integer("deaths", "Deaths among them"),
        integer("n_unknown", "Patients of the centre, of any group, whose days or their end are not known"),
        number(
            "median_months",
            "Kaplan–Meier's median survival in months of 30.44 days; empty: too few events, or not reached",
        ),
        number("ci_low", "Lower end of its interval (`evaluation.confidence`)"),
        number("ci_high", "Upper end of that interval; empty: not reached"),
        number("followup_months", "Median follow-up in months, by the reverse estimate; empty: not estimable"),
        *(column for years in YEARS for column in _at(years)),
        NOTE,
    ),
    key=GROUP,
)

SURVIVAL_CURVES = Schema(
    title="Survival curves",
    paths=("evaluation/survival_curves.tsv",),
    row="one per group × whole month, as long as five patients are observed",
    columns=(
        *_GROUP,
        integer("month", "Months of 30.44 days since the start of observation"),
        number("survival", "Kaplan–Meier's estimate, 0 to 1"),
        number("ci_low", "Lower end of its interval (`evaluation.confidence`)"),
        number("ci_high", "Upper end of that interval"),
        integer("at_risk", "Patients still observed"),
        integer("deaths", "Deaths up to then"),
    ),
    key=(*GROUP, "month"),
)

_TESTED = (
    text("scenario", "Scenario of `split.scenarios`: the centres that the model was fitted on"),
    text("role", "`inside`: cross-validated in these centres; `outside`: another centre", ("inside", "outside")),
    text("center", "Centre that is tested; `pooled`: the training centres together"),
)

SURVIVAL_MODELS = Schema(
    title="Cox baseline beside age",
    paths=("evaluation/survival_models.tsv",),
    row="one per scenario × tested centre × group of patients",
    columns=(
        *_TESTED,
        text("group", "Patients that are ordered by their risk", ("all", "IDH-wildtype", "IDH-mutant")),
        text("covariates", "What the Cox model reads, joined by `+`; empty: none was fitted"),
        number("c_index", "Harrell's C-index of the Cox model, .5: chance; empty: not estimable"),
        number("ci_low", "Lower end of its bootstrap interval (`evaluation.confidence`)"),
        number("ci_high", "Upper end of that interval"),
        number("age_c_index", "C-index of the age alone, of the same patients"),
        number("age_ci_low", "Lower end of its interval"),
        number("age_ci_high", "Upper end of that interval"),
        number("difference", "The Cox model's C-index less that of the age"),
        number("difference_low", "Lower end of its interval, of the same resamples"),
        number("difference_high", "Upper end of that interval"),
        yes_no("beats_age", "The interval of the difference lies above 0"),
        integer("n", "Patients in whom every covariate is known"),
        integer("deaths", "Deaths among them"),
        integer("n_train", "Patients that the model was fitted on"),
        NOTE,
    ),
    key=("scenario", "role", "center", "group"),
)

SURVIVAL_HAZARDS = Schema(
    title="Hazard ratios of the Cox baseline",
    paths=("evaluation/survival_hazards.tsv",),
    row="one per fitted model (scenario × tested centre) × covariate, where that model beats age alone",
    columns=(
        *_TESTED,
        text("covariate", "Covariate, with its unit"),
        number("hazard_ratio", "Hazard ratio of death for one unit more, the other covariates being equal"),
        number("ci_low", "Lower end of its interval (`evaluation.confidence`)"),
        number("ci_high", "Upper end of that interval"),
        number("p", "Wald's p-value"),
        number(
            "p_proportional",
            "Correlation of Schoenfeld's residuals with the rank of time, p-value: small, the ratio drifts",
        ),
        integer("n", "Patients that the model was fitted on"),
        integer("deaths", "Deaths among them"),
    ),
    key=("scenario", "role", "center", "covariate"),
)

TABLES = (SURVIVAL_GROUPS, SURVIVAL_CURVES, SURVIVAL_MODELS, SURVIVAL_HAZARDS)
