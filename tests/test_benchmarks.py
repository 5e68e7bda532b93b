"""Benchmarks measure what the pipeline does."""

import argparse
import importlib.util
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture
def benchmark(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(BENCHMARKS), *sys.path])
    spec = importlib.util.spec_from_file_location("benchmark_of_prediction", BENCHMARKS / "predict.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("kind", "part"), [("mttunet", "decoder"), ("psnet", "mask"), ("singletask", None)])
@pytest.mark.parametrize("variant", [None, "plain"])
def test_prediction_is_measured_without_the_segmentation_that_it_does_not_make(
    benchmark, monkeypatch, tmp_path, kind, part, variant
):
    calls = []

    def watched(*arguments, **settings):
        network = build(*arguments, **settings)
        network.register_forward_hook(lambda *_: calls.append("network"))
        if part:
            getattr(network, part).register_forward_hook(lambda *_: calls.append(part))
        return network

    build = benchmark.build
    monkeypatch.setattr(benchmark, "build", watched)
    monkeypatch.setattr(benchmark, "matmul_rates", lambda _: {"32": 1.0, "bf16": 1.0})
    options = argparse.Namespace(
        kind=kind, variant=variant, preset="tiny", shape=(32, 32, 32), steps=1, warm_up=1, device="cpu", threads=1
    )
    figures = benchmark.one(options, tmp_path)
    assert calls == ["network"] * (1 if variant is None else 2)
    assert figures["flops" if variant is None else "step_s"] > 0
