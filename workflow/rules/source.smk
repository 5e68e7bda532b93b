# Centres whose images a job makes: simulated ones (this is the hospital), and those that come as DICOM files.


rule simulate_center:
    output:
        folder=directory(LAYOUT.phantom("{center}")),
        contents=LAYOUT.phantom_contents("{center}"),
    log:
        LAYOUT.log("simulate_center", "{center}"),
    wildcard_constraints:
        center=any_of(PHANTOMS),
    conda:
        "../../envs/imaging.yaml"
    resources:
        mem_mb=memory(3000),
        runtime=minutes(60),
    params:
        code=code_of("simulate_center.py"),
        source=lambda wildcards: dump(PHANTOMS[wildcards.center]),
        seed=STUDY.seed,
    message:
        "Simulating the patients of phantom centre {wildcards.center}"
    script:
        "../scripts/simulate_center.py"


rule write_truth:
    output:
        table=LAYOUT.planted_truth(),
        labels=LAYOUT.true_labels(),
    log:
        LAYOUT.log("write_truth"),
    conda:
        "../../envs/imaging.yaml"
    params:
        code=code_of("write_truth.py"),
        centers={name: dump(source) for name, source in PHANTOMS.items()},
        labels=STUDY.labels,
        seed=STUDY.seed,
    message:
        "Writing what is planted in the phantom centres"
    script:
        "../scripts/write_truth.py"


rule convert_case:
    output:
        folder=directory(LAYOUT.converted("{center}", "{case}")),
        contents=LAYOUT.converted_contents("{center}", "{case}"),
    log:
        LAYOUT.log("convert_case", "{center}", "{case}"),
    conda:
        "../../envs/imaging.yaml"
    resources:
        mem_mb=memory(3000),
        runtime=minutes(30),
    params:
        code=code_of("convert_case.py"),
        folder=uncounted(dicom_folder),
        contents=lambda wildcards: digest_of_all(
            contents(files_below(dicom_folder(wildcards)))
        ),
    message:
        "Converting the DICOM files of {wildcards.case}"
    script:
        "../scripts/convert_case.py"
