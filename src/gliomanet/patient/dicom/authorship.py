"""What every object of a result has in common: its maker, its dates, and UIDs that the same case gets again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from highdicom import SOPClass
from pydicom.valuerep import DA, DT, TM

from gliomanet.patient.dicom.codes import declared_schemes
from gliomanet.patient.result import ResultValues

MAKER = "gliomanet"
FIRST_SERIES = 9101
"""Number of the first series that is written; scanners count from 1."""

_NAMESPACE = UUID("6f0c3f52-6f1b-5d0c-9d0e-0d3f8f0a7c11")
RESEARCH = "Research use only"
SIMULATED = "trained on phantoms: no meaning for patients"


@dataclass(frozen=True)
class Authorship:
    """Maker, dates and UIDs.

    Attributes:
        version: of this program.
        model: the model that answered.
        bundle: digest of its bundle.
        simulated: phantoms trained it.
        made: when the result was made, in local time.
        identity: digest that UIDs are derived from.
    """

    version: str
    model: str
    bundle: str
    simulated: bool
    made: datetime
    identity: str

    @classmethod
    def of(cls, values: ResultValues, images: Iterable[str]) -> Authorship:
        """The authorship of a result.

        Args:
            values: whose content, but for its time, the UIDs are derived from, with
            images: UIDs of the images it was made of.
        """
        content = {key: value for key, value in values.model_dump(mode="json").items() if key != "made_at"}
        text = json.dumps([content, sorted(images)], sort_keys=True)
        return cls(
            values.gliomanet,
            values.bundle.model,
            values.bundle.digest,
            values.bundle.simulated,
            datetime.fromisoformat(values.made_at).astimezone().replace(tzinfo=None),
            hashlib.sha256(text.encode()).hexdigest(),
        )

    @property
    def caution(self) -> str:
        """The short form of what is to be read before any number; fits a header's 64 characters."""
        return f"{RESEARCH}; {SIMULATED}" if self.simulated else RESEARCH

    @property
    def _mark(self) -> str:
        """Shorter still, for the description of a series."""
        return "research only, trained on phantoms" if self.simulated else "research only"

    def uid(self, *of: str) -> str:
        """The UID of a thing of this result, below the root for UUIDs (ISO/IEC 9834-8)."""
        return f"2.25.{uuid5(_NAMESPACE, chr(10).join((self.identity, *of))).int}"

    def header(self, name: str, number: int, description: str) -> dict[str, Any]:
        """Arguments of highdicom that an object of its own series has beside its content.

        Args:
            name: of the object, for its UIDs.
            number: of its series, from 0.
            description: of the series, after the caution.
        """
        return {
            "series_instance_uid": self.uid(name, "series"),
            "sop_instance_uid": self.uid(name, "instance"),
            "series_number": FIRST_SERIES + number,
            "instance_number": 1,
            "series_description": f"{MAKER} {description}; {self._mark}",
            "manufacturer": MAKER,
            "manufacturer_model_name": self.model[:64],
            "software_versions": self.version,
            "device_serial_number": self.bundle[:64],
            "specific_character_set": "ISO_IR 192",
            "coding_schemes": declared_schemes(),
            "series_date": DA(self.made.date()),
            "series_time": TM(self.made.time()),
            "content_date": DA(self.made.date()),
            "content_time": TM(self.made.time()),
        }

    def date(self, instance: SOPClass) -> None:
        """Give an object the result's own time of creation: highdicom takes the clock's."""
        instance.InstanceCreationDate = DA(self.made.date())
        instance.InstanceCreationTime = TM(self.made.time())
        for equipment in instance.get("ContributingEquipmentSequence") or ():
            if "ContributionDateTime" in equipment:
                equipment.ContributionDateTime = DT(self.made)
