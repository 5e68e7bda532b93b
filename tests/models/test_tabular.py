import numpy as np
import pandas as pd
import pytest

from gliomanet.models.tabular import SklearnModels, TabularInputs
from gliomanet.models.tabular_inputs import has_inputs

NOTHING = np.nan


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (["t1_a", "t2_b", "age"], [True, True, False, False, False]),
        (["t1_a", "t2_b"], [True, True, False, False, False]),
        (["t2_b", "age"], [False, True, False, False, False]),
        (["age"], [True, False, True, False, False]),
    ],
)
def test_a_case_needs_a_radiomic_feature_or_for_a_model_of_age_alone_the_age(columns, expected):
    table = pd.DataFrame(
        {
            "t1_a": [1.0, NOTHING, NOTHING, NOTHING, np.inf],
            "t2_b": [NOTHING, 0.0, NOTHING, NOTHING, NOTHING],
            "age": [50.0, NOTHING, 50.0, NOTHING, NOTHING],
        }
    )
    assert has_inputs(table[columns]).tolist() == expected


def test_a_models_inputs_are_those_of_any_task():
    def inputs(*columns):
        return TabularInputs(columns, *(np.ones(len(columns)) for _ in range(3)))

    models = SklearnModels({"idh": inputs("b", "a"), "grade": inputs("a", "c")}, {}, {})
    assert models.columns == ("b", "a", "c")
