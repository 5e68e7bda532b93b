"""False statements made of the original's own words and harmless ones: what a clever draft would try."""

from __future__ import annotations

import pytest

from gliomanet.case_report.fact import Facts
from gliomanet.case_report.report import Sentence
from gliomanet.case_report.validate.draft import CHECKS
from gliomanet.case_report.validate.finding import DraftSentence, Pair

VOLUMES = "Volume: whole lesion 67.9 ml, tumour core 26.6 ml, enhancing part 17.6 ml and oedema 41.3 ml."
IDH = "IDH: estimated probabilities are wildtype 94 % and mutant 6 %."
SET = (
    "IDH: the images are compatible with wildtype alone, by a prediction set that is to hold the true class in 90 % of "
    "the cases of each class."
)
UNSURE = (
    "IDH: the images do not tell. The prediction set, which is to hold the true class in 90 % of the cases of each "
    "class, holds wildtype and mutant; the model abstains."
)
SIDE = "Side: left (97 % of the tumour lies left of the atlas's midline)."
MIDLINE = "Oedema crosses the midline: no."
FOCI = "Foci: one focus (1 counted)."
SEQUENCES = "Sequences of the recommended protocol that were not given: T1 and T1c."
TYPES = "The images do not tell the type. Open are: astrocytoma, IDH-mutant; glioblastoma, IDH-wildtype. Only tissue can tell them apart."
THRESHOLD = (
    "Grade: at the decision threshold the model calls grade 3, while the prediction set holds grade 2: the two "
    "disagree, and neither is to be relied on."
)
GROUP = "Patients of the model's own study, glioblastoma, IDH-wildtype, grade 4, any age: 367, of whom 223 died; median survival 16.4 months (interval 13.9 to 19.7)."
AUC = "IDH, in centres that the model had not seen (214 cases): AUC 0.87 (interval 0.81 to 0.92); the study's reference model reaches 0.79. An AUC of 0.5 is chance."

ENGLISH = [
    (VOLUMES, VOLUMES.replace("17.6", "41.3", 1).replace("oedema 41.3", "oedema 17.6")),
    (VOLUMES, "Volume: tumour core 67.9 ml, whole lesion 26.6 ml, enhancing part 17.6 ml and oedema 41.3 ml."),
    (VOLUMES, VOLUMES[:-1] + ", together 44.2 ml."),
    (VOLUMES, VOLUMES.replace("17.6 ml", "17.6 cm")),
    (VOLUMES, VOLUMES.replace("26.6 ml", "26.6 l")),
    (VOLUMES, VOLUMES[:-1] + ", double the enhancing part."),
    (IDH, "IDH: estimated probabilities are wildtype 6 % and mutant 94 %."),
    (IDH, "IDH: estimated probabilities are mutant 94 %, and 6 % wildtype."),
    (IDH, "IDH: estimated probabilities are not wildtype 94 % and mutant 6 %."),
    (IDH, "IDH: estimated probabilities are wildtype 94 and mutant 6 %, no."),
    (IDH, "IDH: probabilities are wildtype 94 % and mutant 6 %."),
    (IDH, "IDH is wildtype: estimated probabilities are 94 % and 6 %."),
    (SET, SET.replace("compatible with wildtype", "compatible with not wildtype")),
    (SET, SET.replace("are compatible with", "have")),
    (SET, SET.replace("each", "any")),
    (SET, SET.replace("alone, ", "")),
    (
        SET,
        "IDH: the true class is wildtype alone, by a prediction set that is to hold the images in 90 % of the cases of each class; compatible.",
    ),
    (UNSURE, UNSURE.replace("do not tell", "tell").replace("the model abstains", "the model does not abstain")),
    (UNSURE, UNSURE.replace("do not tell", "tell")),
    (UNSURE, UNSURE.replace("wildtype and mutant; the model abstains", "wildtype; mutant the model abstains")),
    (SIDE, SIDE.replace("left of", "right of")),
    (SIDE, "Side: left (97 % of the tumour crosses left of the atlas's midline)."),
    (SIDE, SIDE.replace("left", "right")),
    (SIDE, SIDE.replace("left of", "across from")),
    (SIDE, SIDE.replace("97 %", "a third")),
    (MIDLINE, "No oedema; crosses the midline."),
    (MIDLINE, "Oedema crosses the midline."),
    (MIDLINE, "No midline: oedema crosses."),
    (FOCI, "Foci: one focus (1 counted) and a second."),
    (FOCI, "Foci: one focus in each (1 counted)."),
    (SEQUENCES, SEQUENCES.replace("not given", "given")),
    (SEQUENCES, SEQUENCES.replace("T1c", "T2")),
    (TYPES, TYPES.replace("IDH-mutant; glioblastoma, IDH-wildtype", "IDH-wildtype; glioblastoma, IDH-mutant")),
    (TYPES, TYPES.replace("do not tell", "tell")),
    (TYPES, TYPES.replace("Only tissue", "Tissue")),
    (THRESHOLD, THRESHOLD.replace("grade 3", "grade 2").replace("holds grade 2", "holds grade 3")),
    (THRESHOLD, THRESHOLD.replace("neither", "each")),
    (THRESHOLD, THRESHOLD.replace("disagree", "agree")),
    (GROUP, GROUP.replace("Patients of the", "The patient of the")),
    (GROUP, GROUP.replace("223", "367").replace("367,", "223,", 1)),
    (GROUP, GROUP.replace("16.4 months", "16.4 years")),
    (GROUP, GROUP.replace("died", "survived")),
    (GROUP, GROUP.replace("median survival", "survival")),
    (AUC, AUC.replace("0.87", "0.79").replace("reaches 0.79", "reaches 0.87")),
    (AUC, AUC.replace("had not seen", "had seen")),
    (AUC, AUC.replace("AUC 0.87 (interval 0.81 to 0.92)", "AUC 0.92 (interval 0.81 to 0.87)")),
]
CHINESE = [
    ("IDH：估计概率为野生型 94 %和突变型 6 %。", "IDH：估计概率为野生型 6 %和突变型 94 %。"),
    ("IDH：估计概率为野生型 94 %和突变型 6 %。", "IDH：估计概率为野生型九成和突变型 6 %。"),
    ("IDH：估计概率为野生型 94 %和突变型 6 %。", "IDH：概率为野生型 94 %和突变型 6 %。"),
    ("IDH：影像无法判断。预测集包含野生型和突变型；模型弃权。", "IDH：影像判断。预测集包含野生型和突变型；模型弃权。"),
    (
        "IDH：影像无法判断。预测集包含野生型和突变型；模型弃权。",
        "IDH：影像无法判断。预测集包含野生型；突变型模型弃权。",
    ),
    ("侧别：左侧（肿瘤的 97 % 位于图谱中线左侧）。", "侧别：左侧（肿瘤的 97 % 位于图谱中线右侧）。"),
    ("水肿跨越中线：否。", "水肿跨越中线：是。"),
    ("体积：强化部分 17.6 ml和水肿 41.3 ml。", "体积：强化部分 41.3 ml和水肿 17.6 ml。"),
    ("体积：强化部分 17.6 ml和水肿 41.3 ml。", "体积：强化部分 17.6 ml和水肿 41.3 ml，共两倍。"),
    (
        "模型所属研究的患者：60 例，其中 41 例死亡；中位生存 13.0 个月。",
        "该患者：60 例，其中 41 例死亡；中位生存 13.0 个月。",
    ),
    (
        "模型所属研究的患者：60 例，其中 41 例死亡；中位生存 13.0 个月。",
        "模型所属研究的患者：41 例，其中 60 例死亡；中位生存 13.0 个月。",
    ),
    ("只有组织学才能确立。", "组织学能确立。"),
]


def rules(original: str, draft: str, language) -> set[str]:
    sentence = Sentence(section="findings", text=original, fact_ids=("a",))
    pair = Pair(sentence, DraftSentence("s1", draft), Facts(facts=()), language)
    return {rule for check in CHECKS for rule, _ in check(pair)}


@pytest.mark.parametrize(("original", "lie"), ENGLISH)
def test_an_english_lie_is_refused(original, lie):
    assert original != lie
    assert not rules(original, original, "en")
    assert rules(original, lie, "en"), lie


@pytest.mark.parametrize(("original", "lie"), CHINESE)
def test_a_chinese_lie_is_refused(original, lie):
    assert original != lie
    assert not rules(original, original, "zh")
    assert rules(original, lie, "zh"), lie
