# From a scanner's files to the atlas grid, case by case; then a centre's quality control.


rule preprocess_case:
    input:
        # Not the centre's case table: another case's row, or a label, must not repeat this case.
        made=lambda wildcards: made_folders(wildcards.center, wildcards.case),
        contents=lambda wildcards: made_contents(wildcards.center, wildcards.case),
    output:
        folder=directory(LAYOUT.case("{center}", "{case}")),
        contents=LAYOUT.case_contents("{center}", "{case}"),
    log:
        LAYOUT.log("preprocess_case", "{center}", "{case}"),
    conda:
        "../../envs/imaging.yaml"
    threads: 1  # ANTs repeats its voxels with one thread only; cases run side by side instead
    resources:
        mem_mb=memory(3000),
        runtime=minutes(30),
    params:
        code=code_of("preprocess_case.py"),
        files=uncounted(
            lambda wildcards: table_files(wildcards.center).get(wildcards.case, {})
        ),
        contents=lambda wildcards: table_contents(wildcards.center).get(
            wildcards.case, {}
        ),
        mask_codes=lambda wildcards: table_mask_codes(wildcards.center).get(
            wildcards.case, ""
        ),
        settings=lambda wildcards: dump(STUDY.preprocessing_of(wildcards.center)),
        seed=lambda wildcards: seed("preprocess", wildcards.center, wildcards.case),
    message:
        "Preprocessing {wildcards.case} of {wildcards.center}"
    script:
        "../scripts/preprocess_case.py"


# Apart from the quality table, whose decisions and bounds repeat no fit that they leave the same cases.
rule list_preprocessed:
    input:
        folders=lambda wildcards: case_folders(wildcards.center),
        contents=lambda wildcards: [
            LAYOUT.case_contents(wildcards.center, case)
            for case in CASES[wildcards.center]
        ],
    output:
        table=LAYOUT.preprocessed_cases("{center}"),
    log:
        LAYOUT.log("list_preprocessed", "{center}"),
    conda:
        "../../envs/imaging.yaml"
    resources:
        mem_mb=memory(3000),
        runtime=minutes(30),
    params:
        code=code_of("list_preprocessed.py"),
    message:
        "Listing the preprocessed cases of {wildcards.center}"
    script:
        "../scripts/list_preprocessed.py"


rule collect_qc:
    input:
        folders=lambda wildcards: case_folders(wildcards.center),
        cases=rules.list_preprocessed.output.table,
    output:
        table=report(
            LAYOUT.qc("{center}"),
            caption="../report/qc.rst",
            category="Quality control",
            labels={"centre": "{center}", "view": "figures"},
        ),
    log:
        LAYOUT.log("collect_qc", "{center}"),
    conda:
        "../../envs/imaging.yaml"
    resources:
        mem_mb=memory(3000),
        runtime=minutes(30),
    params:
        code=code_of("collect_qc.py"),
        min_success_fraction=lambda wildcards: STUDY.centers[
            wildcards.center
        ].min_success_fraction,
        decisions=lambda wildcards: {
            case: tuple(decision)
            for case, decision in DECISIONS[wildcards.center].items()
        },
        review=STUDY.quality.review,
    message:
        "Quality control of {wildcards.center}"
    script:
        "../scripts/collect_qc.py"


rule draw_cases:
    input:
        folders=lambda wildcards: case_folders(wildcards.center),
        cases=rules.list_preprocessed.output.table,
        made=lambda wildcards: made_folders(wildcards.center),
        contents=lambda wildcards: made_contents(wildcards.center),
    output:
        folder=directory(LAYOUT.pictures("{center}")),
        contents=LAYOUT.pictures_contents("{center}"),
    log:
        LAYOUT.log("draw_cases", "{center}"),
    conda:
        "../../envs/imaging.yaml"
    threads: 4
    resources:
        mem_mb=memory(2000, each_thread=True),
        runtime=minutes(240),
    params:
        code=code_of("draw_cases.py"),
        files=uncounted(lambda wildcards: table_files(wildcards.center)),
    message:
        "Drawing the pictures of {wildcards.center}"
    script:
        "../scripts/draw_cases.py"


rule draw_quality:
    input:
        folders=lambda wildcards: case_folders(wildcards.center),
        cases=rules.list_preprocessed.output.table,
        pictures=ancient(rules.draw_cases.output.folder),
        contents=rules.draw_cases.output.contents,
        table=rules.collect_qc.output.table,
    output:
        folder=directory(LAYOUT.qc_pages("{center}")),
        sheet=report(
            LAYOUT.qc_sheet("{center}"),
            caption="../report/qc.rst",
            category="Quality control",
            labels={"centre": "{center}", "view": "contact sheet"},
        ),
    log:
        LAYOUT.log("draw_quality", "{center}"),
    conda:
        "../../envs/reporting.yaml"
    resources:
        mem_mb=memory(3000),
        runtime=minutes(60),
    params:
        code=code_of("draw_quality.py"),
        templates=files_of_package("reporting/templates"),
    message:
        "Drawing the quality pages of {wildcards.center}"
    script:
        "../scripts/draw_quality.py"
