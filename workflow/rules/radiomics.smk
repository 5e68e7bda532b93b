# One table of features a centre: extracted from its preprocessed images, or imported from a collection's table.

if STUDY.is_tabular:

    rule import_features:
        output:
            features=LAYOUT.radiomics("{center}"),
        log:
            LAYOUT.log("import_features", "{center}"),
        conda:
            "../../envs/tables.yaml"
        resources:
            mem_mb=memory(2000),
            runtime=minutes(10),
        params:
            code=code_of("import_features.py"),
            center=uncounted(lambda wildcards: dump(STUDY.centers[wildcards.center])),
            data_root=uncounted(DATA_ROOT),
            labels=uncounted(STUDY.labels),
            features=lambda wildcards: features_content(wildcards.center),
            ratios=STUDY.radiomics.ratios,
        message:
            "Importing the feature table of {wildcards.center}"
        script:
            "../scripts/import_features.py"

else:

    rule extract_radiomics:
        input:
            folder=ancient(rules.preprocess_case.output.folder),
            contents=rules.preprocess_case.output.contents,
        output:
            features=LAYOUT.case_radiomics("{center}", "{case}"),
        log:
            LAYOUT.log("extract_radiomics", "{center}", "{case}"),
        conda:
            "../../envs/radiomics.yaml"
        threads: 1
        resources:
            mem_mb=memory(2000),
            runtime=minutes(30),
        params:
            code=code_of("extract_radiomics.py"),
            settings=dump(STUDY.radiomics, exclude={"ratios"}),
        message:
            "Extracting radiomic features of {wildcards.case}"
        script:
            "../scripts/extract_radiomics.py"

    rule collect_radiomics:
        input:
            cases=lambda wildcards: [
                LAYOUT.case_radiomics(wildcards.center, case)
                for case in CASES[wildcards.center]
            ],
        output:
            features=LAYOUT.radiomics("{center}"),
        log:
            LAYOUT.log("collect_radiomics", "{center}"),
        conda:
            "../../envs/tables.yaml"
        params:
            code=code_of("collect_radiomics.py"),
            ratios=STUDY.radiomics.ratios,
        message:
            "Collecting the radiomic features of {wildcards.center}"
        script:
            "../scripts/collect_radiomics.py"
