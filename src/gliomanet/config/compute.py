"""Resources of jobs, and their ways to compute: the one section of which a change repeats no job."""

from __future__ import annotations

from pydantic import Field, model_validator

from gliomanet.config.types import Section
from gliomanet.errors import Problem, ProblemError


class Compute(Section):
    """Resources of jobs, and their ways to compute; a change repeats no job that is done."""

    training_threads: int = Field(
        1, ge=1, description="CPU threads of a training job; results are identical for equal values."
    )
    gpus: int = Field(
        1,
        ge=0,
        description="GPUs of one machine that a training job of the image arm takes, each a share of every batch (as many cases as the tasks have classes); 1 trains folds and models side by side instead. Other jobs take one. `--resources gpu=0` falls back to CPU.",
    )
    cache: bool = Field(
        True,
        description="Map the training images from files in `<results>/cache`, shared by all folds and models, instead of a copy in each job's memory; 49 MB per case of four modalities at 160×192×160. Results are the same; may be deleted while nothing trains.",
    )
    channels_last: bool = Field(
        False, description="Train with the channels as the fastest axis in memory; see `benchmarks/train.py`."
    )
    compile: bool = Field(
        False, description="Train with `torch.compile`, which takes minutes and a C++ compiler before the first step."
    )
    gradient_checkpointing: bool = Field(
        False, description="Train with less memory and more time: inner maps are computed again in the backward pass."
    )

    @model_validator(mode="after")
    def _one_decides_what_is_kept(self) -> Compute:
        if self.compile and self.gradient_checkpointing:
            raise ProblemError(
                Problem(
                    "compile and gradient_checkpointing are both true, and a compiled network decides by itself what "
                    "it computes again",
                    "set one of them to false",
                    rule="compiled_and_checkpointed",
                )
            )
        return self
