"""The files below a collection's folder: the exam and the modality of each, by patterns of its path."""

from __future__ import annotations

import os
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gliomanet.cohort.findings import Finding, Severity, case_findings
from gliomanet.cohort.folders import require_folder
from gliomanet.errors import CohortError, Problem
from gliomanet.modalities import MODALITIES

_IMAGE = re.compile(r".*\.(nii|nii\.gz|mha|mhd|nrrd|mgz|img|dcm)", re.IGNORECASE)
_ENDING = re.compile(r"\.nii(?:\.gz)?$", re.IGNORECASE)
_MOST_SHAPES = 50


@dataclass(frozen=True)
class Pattern:
    """One kind of file, by the look of its path. Of several kinds for one column, the first listed is preferred.

    Attributes:
        path: regular expression of the end of a file's path, `/` between its parts: it starts at the beginning of a
            part. Group `case` is the exam. `.nii` and `.nii.gz` match `.NII.GZ`, too.
        column: column of the case table that the file fills; `None`: a file that is known and not used.
        name: the kind of file, for messages.
        variant: the version of an exam's modalities that it belongs to. An exam's modalities all come from one variant,
            so that they share their processing: the one with the most modalities, and of equals the first listed.
        caution: advice to a person, where such a file had to be taken; a warning then.
    """

    path: str
    column: str | None
    name: str
    variant: str = ""
    caution: str = ""


@dataclass(frozen=True)
class Match:
    """A file that fits a pattern.

    Attributes:
        path: below the folder, `/` between its parts.
        pattern: the first pattern that it fits.
        groups: the pattern's named groups.
    """

    path: str
    pattern: Pattern
    groups: Mapping[str, str]


@dataclass(frozen=True)
class Tree:
    """The files of a collection.

    Attributes:
        files: exam → column of the case table → chosen file, sorted by exam; every exam has a modality.
        matches: every file that fits a pattern.
        findings: files that fit none, are known and not used, or were preferred to others.
    """

    files: Mapping[str, Mapping[str, Path]]
    matches: tuple[Match, ...]
    findings: tuple[Finding, ...]


def read_tree(
    folder: Path,
    patterns: Sequence[Pattern],
    case_id: Callable[[str], str] = str,
    passed_over: Iterable[Path | None] = (),
) -> Tree:
    """Every exam's files below a folder.

    Args:
        folder: the collection's folder, at any depth above the exams.
        patterns: its kinds of files; kinds of one column in the order of preference.
        case_id: group `case` of a pattern → the exam's id in the case table.
        passed_over: files that are read otherwise (the tables).

    Raises:
        CohortError: no such folder, no exam in it, or two files of one kind for one column of an exam.
    """
    top = folder.resolve()
    tables = [file.resolve() for file in passed_over if file is not None]
    elsewhere = {table.relative_to(top).as_posix() for table in tables if table.is_relative_to(top)}
    paths = [path for path in list_files(folder) if path not in elsewhere]
    matches, unknown = match_files(paths, patterns)
    files, findings = _choose(folder, patterns, matches, case_id)
    if not files:
        shapes = ", ".join(f"{shape} ({count})" for shape, count in _shapes(unknown).most_common(5)) or "no file"
        names = ", ".join(dict.fromkeys(pattern.name for pattern in patterns if pattern.column in MODALITIES))
        found = f"no exam in it; looked for {names}; found {shapes}"
        raise CohortError([Problem(found, "name the folder that holds the exams", file=str(folder), rule="no_exam")])
    return Tree(files, tuple(matches), (*findings, *_unused(matches), *unknown_files(unknown)))


def list_files(folder: Path) -> list[str]:
    """Paths of all files below a folder, sorted, `/` between their parts; hidden files and folders are left out.

    Linked folders are followed; a folder that is reached twice is listed once.

    Raises:
        CohortError: no such folder.
    """
    require_folder(folder)
    found: list[str] = []
    seen: set[tuple[int, int]] = set()
    plain, linked = [(str(folder), "")], list[tuple[str, str]]()
    while plain or linked:
        place, prefix = (plain or linked).pop()
        status = os.stat(place)  # noqa: PTH116 - a Path per folder costs more than the reading
        if (identity := (status.st_dev, status.st_ino)) in seen:
            continue
        seen.add(identity)
        with os.scandir(place) as entries:
            for entry in entries:
                if entry.name.startswith(".") or entry.name == "__MACOSX":
                    continue
                if not entry.is_dir():
                    found.append(prefix + entry.name)
                else:
                    (linked if entry.is_symlink() else plain).append((entry.path, f"{prefix}{entry.name}/"))
    return sorted(found)


def match_files(paths: Iterable[str], patterns: Sequence[Pattern]) -> tuple[list[Match], list[str]]:
    """The kind of each file, and the files that are none."""
    compiled = [(re.compile(rf"(?:.*/)?{pattern.path}"), pattern) for pattern in patterns]
    matches, unknown = [], []
    for path in paths:
        named = _ENDING.sub(lambda ending: ending[0].lower(), path)  # some programs write .NII.GZ
        for regex, pattern in compiled:
            if found := regex.fullmatch(named):
                matches.append(Match(path, pattern, found.groupdict()))
                break
        else:
            unknown.append(path)
    return matches, unknown


def unknown_files(paths: Iterable[str]) -> tuple[Finding, ...]:
    """One finding for each shape of name that no pattern understands: a warning for images, else a note."""
    examples: dict[str, str] = {}
    for path in paths:
        examples.setdefault(_shape(path), path)
    counts = _shapes(paths)
    action = "not used; rename them to the collection's own names if the study needs them"
    findings = [
        Finding(
            "warning" if _IMAGE.fullmatch(shape) else "note",
            "unknown_files",
            "",
            "",
            examples[shape],
            f"{_files(counts[shape])} named like {shape}: no name of this collection",
            action,
        )
        for shape in sorted(counts)[:_MOST_SHAPES]
    ]
    if rest := sorted(counts)[_MOST_SHAPES:]:
        total = sum(counts[shape] for shape in rest)
        images = any(_IMAGE.fullmatch(shape) for shape in rest)
        found = f"{_files(total)} of {len(rest)} further kinds of name: no names of this collection"
        severity: Severity = "warning" if images else "note"
        findings.append(Finding(severity, "unknown_files", "", "", examples[rest[0]], found, action))
    return tuple(findings)


def _choose(
    folder: Path, patterns: Sequence[Pattern], matches: Iterable[Match], case_id: Callable[[str], str]
) -> tuple[dict[str, dict[str, Path]], tuple[Finding, ...]]:
    """Exam → column → file, and the preferences."""
    by_case: dict[str, dict[str, list[Match]]] = defaultdict(lambda: defaultdict(list))
    for match in matches:
        if match.pattern.column is not None:
            by_case[case_id(match.groups["case"])][match.pattern.column].append(match)
    place = {pattern: number for number, pattern in enumerate(patterns)}
    chosen: dict[str, dict[str, Path]] = {}
    choice = _Choice()
    for case in sorted(by_case):
        columns = by_case[case]
        variant = _variant(columns, place)
        if variant is None:
            choice.masks_only[case] = f"has {', '.join(sorted(columns))}, but none of {', '.join(MODALITIES)}"
            continue
        chosen[case] = {}
        for column, candidates in columns.items():
            # Files of another variant stay out even where this one lacks the modality: grids and skulls differ.
            fitting = [c for c in candidates if column not in MODALITIES or c.pattern.variant == variant]
            if fitting:
                best = min(fitting, key=lambda match: place[match.pattern])
                choice.take(case, best, candidates)
                chosen[case][column] = folder / best.path
            else:
                choice.left_out[case].append(f"{column} is there as {candidates[0].pattern.name} only; left out")
    if choice.ambiguous:
        raise CohortError([problem.at(file=str(folder)) for problem in choice.ambiguous])
    return chosen, choice.findings()


@dataclass
class _Choice:
    """Notes on a choice of files.

    Attributes:
        ambiguous: problems: files of one kind for one column of an exam.
        preferred: taken kind, kind that was passed over → exams.
        second_choice: caution → exam → the files that it is about.
        left_out: exam → the modalities that are there in another variant only.
        masks_only: exam → the masks of one without modalities.
    """

    ambiguous: list[Problem] = field(default_factory=list)
    preferred: dict[tuple[Pattern, Pattern], list[str]] = field(default_factory=lambda: defaultdict(list))
    second_choice: dict[str, dict[str, list[Match]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    left_out: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    masks_only: dict[str, str] = field(default_factory=dict)

    def take(self, case: str, best: Match, candidates: Sequence[Match]) -> None:
        equals = [c.path for c in candidates if c.pattern == best.pattern]
        if len(equals) > 1:
            found = f"{len(equals)} files are its {best.pattern.column}: {', '.join(equals)}"
            self.ambiguous.append(Problem(found, "keep one", case=case, rule="several_files"))
        for other in dict.fromkeys(c.pattern for c in candidates if c.pattern != best.pattern):
            self.preferred[best.pattern, other].append(case)
        if best.pattern.caution:
            self.second_choice[best.pattern.caution][case].append(best)

    def findings(self) -> tuple[Finding, ...]:
        found = [
            Finding("note", "preferred_files", "", "", "", f"{a.name} is preferred to {b.name} in {_cases(cases)}", "")
            for (a, b), cases in self.preferred.items()
        ]
        for caution, taken in self.second_choice.items():
            kinds = ", ".join(sorted({match.pattern.name for files in taken.values() for match in files}))
            files_of = {case: f"{', '.join(m.path for m in files)} had to be taken" for case, files in taken.items()}
            together = f"cases where {kinds} had to be taken"
            found += case_findings("warning", "files_of_second_choice", "", files_of, together, caution)
        left_out = {case: ", ".join(modalities) for case, modalities in self.left_out.items()}
        together = "cases have a modality in another version than their others only"
        action = "the modality counts as missing; add the file in the version of the others"
        found += case_findings("warning", "modality_left_out", "", left_out, together, action)
        together, action = "cases have masks and no modality", "not in the case table; add images, or remove the masks"
        return (*found, *case_findings("warning", "no_image", "", self.masks_only, together, action))


def _variant(columns: Mapping[str, Sequence[Match]], place: Mapping[Pattern, int]) -> str | None:
    """The variant with the most modalities, of equals the first listed; `None` without modalities."""
    modalities: dict[str, set[str]] = defaultdict(set)
    first: dict[str, int] = {}
    for column in columns.keys() & set(MODALITIES):
        for match in columns[column]:
            variant = match.pattern.variant
            modalities[variant].add(column)
            first[variant] = min(first.get(variant, len(place)), place[match.pattern])
    return min(modalities, key=lambda v: (-len(modalities[v]), first[v]), default=None)


def _unused(matches: Iterable[Match]) -> tuple[Finding, ...]:
    counts = Counter(match.pattern.name for match in matches if match.pattern.column is None)
    if not counts:
        return ()
    listed = ", ".join(f"{name} ({count})" for name, count in sorted(counts.items()))
    return (Finding("note", "unused_files", "", "", "", f"known, and not used by this project: {listed}", ""),)


def _shape(path: str) -> str:
    """A file's name with `#` for every run of digits, so that files of different cases share it."""
    return re.sub(r"\d+", "#", path.rpartition("/")[2])


def _shapes(paths: Iterable[str]) -> Counter[str]:
    return Counter(map(_shape, paths))


def _files(number: int) -> str:
    return "1 file" if number == 1 else f"{number} files"


def _cases(cases: Sequence[str]) -> str:
    return f"case {cases[0]}" if len(cases) == 1 else f"{len(cases)} cases"
