"""The description of a trained image network, from its training job."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from gliomanet.models.arguments import network_arguments
from gliomanet.models.artifact import (
    AccelerationUsed,
    ClinicalInputs,
    Computed,
    ImageModelDescription,
    InputGeometry,
    Intensities,
    MissingModalities,
    Normalisation,
    Standard,
    TrainedPhase,
    digests_of,
)
from gliomanet.models.devices import named
from gliomanet.models.nyul import CommonHistogram
from gliomanet.training.data.batches import ImageCases
from gliomanet.training.recipes.registry import plan_of
from gliomanet.training.run.clinical_start import standards
from gliomanet.training.run.epochs import Job


def describe(
    job: Job, histograms: Mapping[str, CommonHistogram] | None, versions: Mapping[str, str], folder: Path
) -> ImageModelDescription:
    """Describe the network that a job trained.

    Args:
        job: the job.
        histograms: modality → common histogram learnt from the training cases; `None` where images are taken as
            preprocessed.
        versions: package → version that trains.
        folder: that holds the network's files.
    """
    model, first = job.model, job.training.images[0]
    return ImageModelDescription(
        model=job.name["model"],
        stage=job.name["stage"],
        fold=job.name["fold"],
        kind=model.kind,
        tasks=dict(job.tasks),
        joint_likelihood_weight=model.joint_likelihood_weight,
        seed=job.seed,
        digest=job.digest,
        versions=dict(versions),
        files=digests_of(folder, ("weights.pt", "heads.npz")),
        constructor=network_arguments(model, {task: len(each.classes) for task, each in job.tasks.items()}),
        input=InputGeometry(
            shape=model.input_shape,
            modalities=model.modalities,
            ratio_maps=model.ratio_maps,
            crop=model.crop,
            crop_from=model.crop_from if model.crop == "tumour" else None,
            grid=first.grid,
            spacing_mm=first.spacing_mm,
            intensities=model.intensities,
            histograms=None if histograms is None else dict(histograms),
        ),
        normalisation=Normalisation(by="preprocessing", inside_brain=_intensities(job.training, model.modalities)),
        missing_modalities=MissingModalities(
            modality_dropout=model.modality_dropout,
            distillation_weight=model.distillation_weight,
            contrastive_weight=model.contrastive_weight,
        ),
        phases=_phases(job),
        tumour_cutmix=plan_of(model, job.tasks, job.seed).settings.cutmix.rate,
        clinical=_clinical(job),
        computed=Computed(
            device=named(job.devices),
            precision=job.precision,
            acceleration=AccelerationUsed(**vars(job.acceleration)),
            batch_parts=job.parts,
        ),
    )


def _phases(job: Job) -> tuple[TrainedPhase, ...]:
    plan, steps = plan_of(job.model, job.tasks, job.seed), job.batches().steps
    return tuple(
        TrainedPhase(
            name=phase.name, epochs=epochs, updates=epochs * steps, **vars(phase.optimisation_in(plan.settings))
        )
        for phase, epochs in plan.phases
    )


def _clinical(job: Job) -> ClinicalInputs | None:
    if job.training.clinical is None:
        return None
    of_input = zip(job.model.clinical, *standards(job.training), strict=True)
    return ClinicalInputs(
        dropout=job.model.clinical_dropout,
        standards={
            name: Standard(mean=round(float(mean), 4), std=round(float(std), 4)) for name, mean, std in of_input
        },
    )


def _intensities(training: ImageCases, modalities: tuple[str, ...]) -> dict[str, Intensities]:
    """Mean over the training cases of each modality's mean and standard deviation inside the brain."""
    found = {}
    for channel, modality in enumerate(modalities):
        each = []
        for case in training.images:  # one at a time: they may be mapped because memory does not hold them all
            values = case.image[channel][case.brain].astype(np.float32)
            if case.available[channel] and values.size:
                each.append((np.mean(values), np.std(values)))
        if each:
            mean, std = (float(np.mean(values)) for values in zip(*each, strict=True))
            found[modality] = Intensities(mean=round(mean, 4), std=round(std, 4))
    return found
