# A draw of the permutation test: the stages that labels reach, once more, with the labels dealt anew. It is a module of
# the study's own Snakefile. Images and features are the study's: no rule here makes any, so none is made again.


include: "rules/common.smk"


LAYOUT = LAYOUT.of_draw(STUDY.shuffle_labels)


include: "rules/counted.smk"
include: "rules/inputs.smk"
include: "rules/cohort.smk"
include: "rules/split.smk"
include: "rules/train.smk"
include: "rules/pseudo_label.smk"
include: "rules/predict.smk"
include: "rules/sites.smk"
include: "rules/evaluate.smk"
