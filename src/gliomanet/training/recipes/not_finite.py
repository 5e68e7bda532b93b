"""Something that training computes is no number any more: where, and with which cases."""

from __future__ import annotations

from collections.abc import Mapping


class NotFiniteError(ArithmeticError):
    """A loss, a gradient or a weight that is NaN or infinite.

    Attributes:
        what: `loss`, `validation loss`, or the gradient or weight by its name.
        value: NaN or an infinity.
        phase: of the recipe.
        epoch: of the phase, from 1.
        step: of the epoch, from 1; of the loss, or the last one that was taken.
        terms: name → value of the terms of the loss of that step.
        case_ids: cases of that step.
    """

    def __init__(
        self,
        what: str,
        value: float,
        phase: str,
        epoch: int,
        step: int,
        terms: Mapping[str, float],
        case_ids: tuple[str, ...],
    ) -> None:
        # All of them, so that a process can hand it on to another.
        super().__init__(what, value, phase, epoch, step, terms, case_ids)
        self.what, self.value, self.phase, self.epoch, self.step = what, value, phase, epoch, step
        self.terms, self.case_ids = dict(terms), case_ids

    def __str__(self) -> str:
        """`the loss is nan in epoch 2 (phase tasks), step 3: idh nan, segmentation 0.4; cases: P-1, P-2`."""
        terms = ", ".join(f"{name} {value:.4g}" for name, value in self.terms.items())
        return (
            f"the {self.what} is {self.value} in epoch {self.epoch} (phase {self.phase}), step {self.step}"
            + (f": terms of the loss: {terms}" if terms else "")
            + (f"; cases of the batch: {', '.join(self.case_ids)}" if self.case_ids else "")
        )
