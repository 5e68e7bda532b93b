import json

from gliomanet.reporting.model_notes import NYUL, model_notes


def test_each_sentence_once_a_model(tmp_path):
    contents = {
        "net/supervised/fold0": {"input": {"intensities": "nyul"}},
        "net/supervised/fold1": {"input": {"intensities": "nyul"}},
        "trees/supervised/fold0": {"harmonization": {"method": "combat", "note": "EAST cannot be harmonised."}},
        "age/supervised/fold0": {"harmonization": {"method": "none"}},
    }
    files = []
    for name, content in contents.items():
        files.append(tmp_path / name / "model.json")
        files[-1].parent.mkdir(parents=True)
        files[-1].write_text(json.dumps(content))
    assert model_notes(files) == [("net", NYUL), ("trees", "EAST cannot be harmonised.")]
