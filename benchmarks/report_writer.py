"""Drafts that a language model could write, honest and faulty, through the checks of the case report: shares by kind.

python -m benchmarks.report_writer            # golden cases x faults and paraphrases, both languages
python -m benchmarks.report_writer --real-model FILE.gguf   # the small model too, by xllamacpp
"""

from __future__ import annotations

import argparse
import copy
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from gliomanet.case_report.fact import LANGUAGES
from gliomanet.case_report.facts import facts_of
from gliomanet.case_report.model.endpoint import Endpoint
from gliomanet.case_report.model.probe import enforces_schema
from gliomanet.case_report.model.rephrase import Outcome
from gliomanet.case_report.template.write import write_template
from gliomanet.case_report.write import write_recorded
from tests.case_report.drafts import FAULTS, PARAPHRASES, paraphrased, rules_of, sentences_of
from tests.case_report.golden import golden

REAL_CASES = ["no_segmentation", "idh_alone", "flair_alone", "glioblastoma"]
"""From few facts to many."""

SHOWN = 4
"""Sentences that the real model got wrong, of each draft."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--real-model", type=Path)
    parser.add_argument("--cases", nargs="+", default=REAL_CASES, help="golden cases for the real model")
    parser.add_argument("--timeout", type=float, default=600, help="seconds for an answer of the real model")
    parser.add_argument("--show", action="store_true", help="print what passed and what was refused wrongly")
    given = parser.parse_args()
    if given.real_model:
        ask_real_model(given.real_model, given.cases, given.timeout)
    else:
        count(show=given.show)


def count(*, show: bool) -> None:
    """Print the shares as a table."""
    planted: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    honest: Counter[str] = Counter()
    accepted: Counter[str] = Counter()
    for name, values in golden().items():
        facts = facts_of(values)
        for language in LANGUAGES:
            template = write_template(facts, language)
            sentences = sentences_of(template, facts, language)
            for kind, fault in FAULTS.items():
                changed = fault(copy.deepcopy(sentences), language)
                if changed is None:
                    continue
                planted[f"{kind} {language}"] += 1
                refused[f"{kind} {language}"] += bool(rules_of(changed, facts, template, language))
                if show and not rules_of(changed, facts, template, language):
                    texts = [c["text"] for c, s in zip(changed, sentences, strict=False) if c != s]
                    print("PASSED", kind, language, name, texts)
            drafts = {"identity": sentences} | {
                kind: paraphrased(sentences, language, kind)[0] for kind in PARAPHRASES[language]
            }
            for kind, draft in drafts.items():
                rules = rules_of(draft, facts, template, language)
                honest[f"{kind} {language}"] += 1
                accepted[f"{kind} {language}"] += not rules
                if show and rules:
                    one_by_one(draft, sentences, facts, template, language, kind, name)
    for title, done, of in (("refused faults", refused, planted), ("accepted honest drafts", accepted, honest)):
        print(f"\n{title}: {sum(done.values())} of {sum(of.values())}")
        for kind in of:
            print(f"  {kind}: {done[kind]} of {of[kind]}")


def one_by_one(draft, sentences, facts, template, language, kind, name) -> None:  # type: ignore[no-untyped-def]
    """Print the sentences of an honest draft that are refused."""
    for place, one in enumerate(draft):
        mixed = [*sentences[:place], one, *sentences[place + 1 :]]
        if rules := rules_of(mixed, facts, template, language):
            print("REFUSED", kind, language, name, one["text"], rules)


def ask_real_model(file: Path, cases: list[str], timeout: float) -> None:
    """Serve a GGUF on loopback, and print what came of each case."""
    from tests.case_report.real_model import served

    with served(file) as url:
        endpoint = Endpoint(url, "small", timeout=timeout)
        print("schema enforced:", enforces_schema(endpoint), flush=True)
        for name in cases:
            begun = time.monotonic(), time.process_time()
            written = write_recorded(facts_of(golden()[name]), "en", endpoint)
            wall, cpu = time.monotonic() - begun[0], time.process_time() - begun[1]
            print(f"\n{name}: {wall:.0f} s ({cpu:.0f} s of CPU), {written.report.written_by}: {written.report.why}")
            for outcome in written.outcomes:
                show_outcome(outcome)


def show_outcome(outcome: Outcome) -> None:
    """Print an attempt: what refused it, how many sentences passed, and the first ones that did not."""
    counts = Counter(one.rule for one in outcome.findings)
    print(f"  {outcome.attempt.verdict}: {', '.join(f'{rule} {n}' for rule, n in counts.most_common())}", flush=True)
    sentences = outcome.draft.sentences if outcome.draft else ()
    wrong = [one for one in sentences if any(finding.sentence == one.name for finding in outcome.findings)]
    print(f"    sentences that passed: {len(sentences) - len(wrong)} of {len(sentences)}")
    for one in wrong[:SHOWN]:
        rules = sorted({finding.rule for finding in outcome.findings if finding.sentence == one.name})
        print(f"    {one.name}: {one.text[:200]!r}: {', '.join(rules)}")


if __name__ == "__main__":
    main()
