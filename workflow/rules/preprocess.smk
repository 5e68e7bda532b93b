# From a scanner's files to the atlas grid, case by case; then a centre's quality control.


rule preprocess_case:
    input:
        # Not the centre's case table: another case's row, or a label, must not repeat this case.
        sources=case_sources,
    output:
        folder=directory(f"{R}/preprocessed/{{center}}/{{case}}"),
    log:
        f"{R}/logs/preprocess_case/{{center}}/{{case}}.log",
    benchmark:
        f"{R}/benchmarks/preprocess_case/{{center}}/{{case}}.tsv"
    conda:
        "../../envs/imaging.yaml"
    threads: 1  # ANTs repeats its voxels with one thread only; cases run side by side instead
    resources:
        mem_mb=lambda wildcards, attempt: 3000 * attempt,
        runtime=lambda wildcards, attempt: 30 * attempt,
    params:
        code=code_of("preprocess_case.py"),
        files=case_files,
        contents=case_contents,
        settings=lambda wildcards: dump(STUDY.preprocessing_of(wildcards.center)),
        seed=lambda wildcards: seed("preprocess", wildcards.center, wildcards.case),
    message:
        "Preprocessing {wildcards.case} of {wildcards.center}"
    script:
        "../scripts/preprocess_case.py"


rule collect_qc:
    input:
        folders=lambda wildcards: case_folders(wildcards.center),
    output:
        table=report(
            f"{R}/qc/{{center}}.tsv",
            caption="../report/qc.rst",
            category="Quality control",
            labels={"centre": "{center}", "view": "figures"},
        ),
    log:
        f"{R}/logs/collect_qc/{{center}}.log",
    conda:
        "../../envs/imaging.yaml"
    resources:
        mem_mb=3000,
        runtime=30,
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
        sources=center_sources,
    output:
        folder=directory(f"{R}/pictures/{{center}}"),
    log:
        f"{R}/logs/draw_cases/{{center}}.log",
    benchmark:
        f"{R}/benchmarks/draw_cases/{{center}}.tsv"
    conda:
        "../../envs/imaging.yaml"
    threads: 4
    resources:
        mem_mb=lambda wildcards, threads: 2000 * threads,
        runtime=240,
    params:
        code=code_of("draw_cases.py"),
        files=center_files,
    message:
        "Drawing the pictures of {wildcards.center}"
    script:
        "../scripts/draw_cases.py"


rule draw_quality:
    input:
        folders=lambda wildcards: case_folders(wildcards.center),
        pictures=rules.draw_cases.output.folder,
        table=rules.collect_qc.output.table,
        # No Python, so no part of the code's digest: inputs, that an edit of them renews the pages.
        templates=sorted((ROOT / "src/gliomanet/reporting/templates").glob("quality*")),
    output:
        folder=directory(f"{R}/qc/{{center}}"),
        sheet=report(
            f"{R}/qc/{{center}}.png",
            caption="../report/qc.rst",
            category="Quality control",
            labels={"centre": "{center}", "view": "contact sheet"},
        ),
    log:
        f"{R}/logs/draw_quality/{{center}}.log",
    benchmark:
        f"{R}/benchmarks/draw_quality/{{center}}.tsv"
    conda:
        "../../envs/reporting.yaml"
    resources:
        mem_mb=3000,
        runtime=60,
    params:
        code=code_of("draw_quality.py"),
    message:
        "Drawing the quality pages of {wildcards.center}"
    script:
        "../scripts/draw_quality.py"
