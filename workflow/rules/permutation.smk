# `snakemake permutation_test`: the whole study but its images and features with labels that were dealt anew, several
# times, and what the models make of them beside what they make of the true ones. A draw is a module, its jobs are jobs of
# this run like all others: `draw3_train_tabular` for the third one's fits.

# To read the workflow once more for each draw takes its time at every job's start, so only who asks for the test pays.
# A run that does not ask takes the table of an earlier test as it stands, and the page says where it is of other results.
DRAWS = range(1, STUDY.permutation_draws + 1) if PERMUTES else ()

for number in DRAWS:
    draw = f"draw{number}_"

    module:
        name: draw
        snakefile:
            "../draw.smk"
        config:
            {**config, "shuffle_labels": number}

    use rule * from draw as draw*


if PERMUTES:

    rule compare_with_draws:
        input:
            metrics=rules.evaluate.output.metrics,
            draws=[LAYOUT.of_draw(draw).evaluation("metrics") for draw in DRAWS],
        output:
            permutation=report(
                LAYOUT.evaluation("permutation"),
                caption="../report/permutation.rst",
                category="Evaluation",
                labels={"table": "permutation test"},
            ),
            values=LAYOUT.evaluation("permutation_draws"),
        log:
            LAYOUT.log("compare_with_draws"),
        conda:
            "../../envs/tables.yaml"
        resources:
            mem_mb=memory(2000),
            runtime=minutes(10),
        params:
            code=code_of("compare_with_draws.py"),
        message:
            "Comparing the metrics with those of the draws"
        script:
            "../scripts/compare_with_draws.py"


rule permutation_test:
    input:
        LAYOUT.evaluation("permutation"),
        LAYOUT.evaluation("permutation_draws"),
        LAYOUT.page(),
