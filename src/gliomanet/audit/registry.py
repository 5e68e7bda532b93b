"""Every rule of the audit, and running them all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from gliomanet.audit.context import AuditContext
from gliomanet.audit.rules.ages import age_differs_among_scans, age_implausible
from gliomanet.audit.rules.columns import label_column_says_nothing, label_columns_identical
from gliomanet.audit.rules.diagnoses import diagnosis_against_labels
from gliomanet.audit.rules.files import file_missing, file_name_with_braces, file_used_twice
from gliomanet.audit.rules.identity import case_id_in_two_centers, patient_under_two_names
from gliomanet.audit.rules.mapping_tables import mapping_table_unusable
from gliomanet.audit.rules.reference_table import reference_table_disagrees
from gliomanet.audit.rules.spellings import missing_spellings, spellings_harmonised
from gliomanet.audit.rules.survival import survival_differs_among_scans, survival_in_months, survival_told_by_half
from gliomanet.audit.rules.who_labels import (
    grade_editions_mixed,
    labels_derived,
    labels_differ_among_scans,
    who_contradiction,
)
from gliomanet.cohort.findings import Finding
from gliomanet.cohort.remarks import heard_remarks

Rule = Callable[[AuditContext], Iterable[Finding]]

RULES: tuple[Rule, ...] = (
    file_missing,
    file_name_with_braces,
    file_used_twice,
    label_column_says_nothing,
    mapping_table_unusable,
    patient_under_two_names,
    case_id_in_two_centers,
    reference_table_disagrees,
    who_contradiction,
    diagnosis_against_labels,
    label_columns_identical,
    labels_differ_among_scans,
    age_implausible,
    age_differs_among_scans,
    survival_in_months,
    survival_differs_among_scans,
    survival_told_by_half,
    grade_editions_mixed,
    labels_derived,
    spellings_harmonised,
    missing_spellings,
)
"""In the order in which a person would mend what they find."""


def audit_tables(context: AuditContext, rules: Sequence[Rule] = RULES) -> list[Finding]:
    """Findings of every rule on the tables, in the order of the rules; images are inspected elsewhere."""
    with heard_remarks() as remarks:  # of the tables that rules read beside the cases
        findings = [finding for rule in rules for finding in rule(context)] if len(context.cases) else []
    return [*findings, *remarks]
