"""A bundle, opened: every file held against its digest, then models as the study's own code takes them.

Only JSON and safetensors are read, so that opening somebody else's bundle executes nothing of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.numpy import load as load_arrays
from safetensors.torch import load as load_tensors

from gliomanet import __version__
from gliomanet.bundle.description import (
    ARRAYS,
    DECISIONS,
    FITTED,
    LOOK,
    NAME,
    REFERENCE_ARRAYS,
    REFERENCES,
    SCHEMA_VERSION,
    WEIGHTS,
    BundleDescription,
    fit_folder,
)
from gliomanet.bundle.fitted import put_together
from gliomanet.bundle.references import References
from gliomanet.config.preprocessing import Preprocessing
from gliomanet.errors import ModelError, Problem
from gliomanet.files.digests import sha256
from gliomanet.models.artifact import MODEL_FILE, ImageModelDescription, ModelDescription
from gliomanet.models.ensemble import EnsembleDescription
from gliomanet.prediction.image import ImageModel, image_model
from gliomanet.prediction.predict_center import Member

COPY_AGAIN = "copy the bundle again, or ask those who made it"


@dataclass(frozen=True)
class Bundle:
    """A bundle whose files are those that its maker wrote.

    Attributes:
        folder: where it lies.
        description: what it says of itself.
        digest: SHA-256 of its `bundle.json`, and so of all of it.
    """

    folder: Path
    description: BundleDescription
    digest: str

    @classmethod
    def open(cls, folder: Path) -> Bundle:
        """Open a bundle, and hold every file against its digest.

        Raises:
            ModelError: there is none, it is of another version, or a file is missing, another one, or of no use here.
        """
        path = folder / NAME
        try:
            content = path.read_bytes()
            values = json.loads(content)
        except (FileNotFoundError, NotADirectoryError):
            action = "give the folder that `gliomanet bundle` wrote"
            raise _refused(
                Problem(f"no bundle: it holds no {NAME}", action, file=str(folder), rule="no_bundle")
            ) from None
        except ValueError as error:
            found = f"is no JSON ({error})"
            raise _refused(Problem(found, COPY_AGAIN, file=str(path), rule="damaged_bundle")) from None
        _check_version(values, path)
        try:
            description = BundleDescription.model_validate(values)
        except ValidationError as error:
            raise _refused(
                *(
                    Problem(
                        one["msg"], COPY_AGAIN, key=".".join(map(str, one["loc"])), file=str(path), rule="bundle_key"
                    )
                    for one in error.errors()
                )
            ) from None
        if problems := [*_unnamed_parts(description, path), *file_problems(folder, description.files)]:
            raise _refused(*problems)
        return cls(folder, description, hashlib.sha256(content).hexdigest())

    def json(self, name: str) -> dict[str, Any]:
        """The values of a JSON file of it."""
        values: dict[str, Any] = json.loads((self.folder / name).read_text(encoding="utf-8"))
        return values

    @cached_property
    def preprocessing(self) -> Preprocessing:
        """The study's settings."""
        return Preprocessing.model_validate(self.description.preprocessing)

    @cached_property
    def decisions(self) -> EnsembleDescription:
        """The way from the answering model's probabilities to decisions."""
        return EnsembleDescription.read(self.folder / DECISIONS)

    @cached_property
    def references(self) -> References:
        """Distributions of features among the study's cases."""
        arrays = load_arrays((self.folder / REFERENCE_ARRAYS).read_bytes())
        return References.of(self.json(REFERENCES), arrays)

    @cached_property
    def look(self) -> dict[str, Any]:
        """Ranges of image quality among the training cases."""
        return self.json(LOOK)

    @cached_property
    def _loaded(self) -> dict[tuple[str, str], Member]:
        return {}

    def member(self, model: str, fold: str) -> Member:
        """A fit of one of its models, loaded.

        Raises:
            ModelError: its files hold another kind of model, or cannot be read.
        """
        if (model, fold) not in self._loaded:
            stage, scenario = self.description.models[model].stage, self.description.scenario
            folder = self.folder / fit_folder(model, fold)
            self._loaded[model, fold] = Member(stage, scenario, fold, folder, _load(folder))
        return self._loaded[model, fold]

    def members(self, model: str) -> list[Member]:
        """The fits that decide a model's classes."""
        return [self.member(model, fold) for fold in self.description.models[model].folds]

    def segmenting(self, model: str) -> list[ImageModel]:
        """The networks that segment, of a model that does."""
        found = [self.member(model, fold).loaded for fold in self.description.models[model].segmenting_folds]
        return [one for one in found if isinstance(one, ImageModel)]


def file_problems(folder: Path, digests: Mapping[str, str]) -> list[Problem]:
    """Problems of a bundle's files: missing, changed, or not named in it."""
    problems = []
    for name, digest in digests.items():
        path = folder / name
        if not path.resolve().is_relative_to(folder.resolve()):
            problems.append(Problem("lies outside the bundle", COPY_AGAIN, file=name, rule="file_outside_bundle"))
        elif not path.is_file():
            problems.append(Problem("is missing", COPY_AGAIN, file=str(path), rule="bundle_file_missing"))
        elif sha256(path) != digest:
            found = "is not what the bundle was made with: its digest differs"
            problems.append(Problem(found, COPY_AGAIN, file=str(path), rule="bundle_file_changed"))
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    for name in sorted(there - {NAME, *digests}):
        action = "remove it: a bundle holds what its bundle.json names, and no more"
        problems.append(Problem("is no part of the bundle", action, file=str(folder / name), rule="foreign_file"))
    return problems


def _unnamed_parts(description: BundleDescription, path: Path) -> list[Problem]:
    """Files that are read and have no digest: dropped from a bundle, or a model's name that leads out of it."""
    fits = [fit_folder(model, fold) for model, of in description.models.items() for fold in of.fits]
    parts = [DECISIONS, REFERENCES, REFERENCE_ARRAYS, LOOK, *(f"{fit}/{MODEL_FILE}" for fit in fits)]
    absent = [name for name in parts if name not in description.files]
    return [
        Problem(f"has no digest of {name}", COPY_AGAIN, file=str(path), rule="bundle_part_unnamed") for name in absent
    ]


def _check_version(values: Any, path: Path) -> None:
    found = values.get("schema_version") if isinstance(values, dict) else None
    if found == SCHEMA_VERSION:
        return
    versions = values.get("versions") if isinstance(values, dict) else None
    maker = versions.get("gliomanet", "") if isinstance(versions, dict) else ""
    action = (
        f"install the gliomanet that made it{f' ({maker})' if maker else ''}, or have the study's model bundled "
        "again with this one"
    )
    of = "without a schema version" if found is None else f"of schema version {found!r}"
    said = f"is a bundle {of}; gliomanet {__version__} reads version {SCHEMA_VERSION}"
    raise _refused(Problem(said, action, file=str(path), rule="bundle_of_another_version"))


def _load(folder: Path) -> Any:
    description = ModelDescription.read(folder / MODEL_FILE)
    try:
        if isinstance(description, ImageModelDescription):
            return image_model(description, load_tensors((folder / WEIGHTS).read_bytes()))
        values = json.loads((folder / FITTED).read_text(encoding="utf-8"))
        return put_together(values, load_arrays((folder / ARRAYS).read_bytes()))
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        found = f"holds no model that can be loaded ({str(error).splitlines()[0]})"
        raise _refused(Problem(found, COPY_AGAIN, file=str(folder), rule="no_model_in_bundle")) from None


def _refused(*problems: Problem) -> ModelError:
    return ModelError(problems, where="a bundle")
