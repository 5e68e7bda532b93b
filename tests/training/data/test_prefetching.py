import threading

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from gliomanet.training.data.batches import BalancedBatches, load_cases
from gliomanet.training.data.prefetching import Prefetched


@pytest.fixture
def loader(cohort):
    labels = (cohort[["idh"]] == "mutant").to_numpy(np.int64)
    cases, _ = load_cases(cohort, labels, ("t1c", "t2"), (32, 32, 32))
    return DataLoader(cases, sampler=BalancedBatches(labels, 9, seed=1), batch_size=None)


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "batches"]


def test_batches_come_in_their_order_and_are_the_loaders(loader):
    ahead = Prefetched(loader, pinned=False)
    assert len(ahead) == 9
    for epoch in (0, 1):
        ahead.sampler.set_epoch(epoch)
        pairs = list(zip(loader, ahead, strict=True))
        assert [batch.step for _, batch in pairs] == list(range(9))
        assert all(torch.equal(one.image, other.image) for one, other in pairs)
        assert all(torch.equal(one.labels, other.labels) for one, other in pairs)
    assert not threads()


def test_it_draws_from_torchs_generator_as_the_loader_does(loader):
    states = []
    for batches in (loader, Prefetched(loader, pinned=False)):
        torch.manual_seed(1)
        list(batches)
        states.append(torch.get_rng_state())
    assert torch.equal(*states)


def test_whoever_leaves_early_leaves_no_thread(loader):
    batches = iter(Prefetched(loader, pinned=False))
    next(batches)
    assert threads()
    batches.close()
    assert not threads()


def test_an_error_of_the_cases_is_raised_where_the_batch_is_wanted(loader):
    class Failing(type(loader.dataset)):
        def __getitem__(self, item):
            if item[0] == 2:
                raise OSError("stale file handle")
            return super().__getitem__(item)

    cases = Failing(loader.dataset.images, loader.dataset.labels, "")
    batches = iter(Prefetched(DataLoader(cases, sampler=loader.sampler, batch_size=None), pinned=False))
    assert [next(batches).step, next(batches).step] == [0, 1]
    with pytest.raises(OSError, match="stale file handle"):
        next(batches)
    assert not threads()
