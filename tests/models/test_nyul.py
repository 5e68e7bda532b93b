import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from intensity_normalization.adapters.images import NumpyImageAdapter
from intensity_normalization.normalizers.population.nyul import NyulNormalizer

from gliomanet.models.artifact import ImageModelDescription
from gliomanet.models.nyul import PERCENTILES, RANGE, CommonHistogram, landmarks
from tests.descriptions import image_description, write_description


def common_histogram(images):
    return CommonHistogram.mean([CommonHistogram.of_image(image) for image in images])


def brains(n, seed=0):
    """Tissue peaks of differing share, as a brain's histogram has them."""
    generator = np.random.default_rng(seed)
    for _ in range(n):
        share = generator.uniform(0.3, 0.6)
        size = int(3000 * share)
        yield np.concatenate([generator.normal(-0.8, 0.3, size), generator.normal(0.7, 0.4, 3000 - size)]).astype(
            np.float32
        )


def test_two_scanners_with_other_intensity_curves_become_alike():
    first = list(brains(20))
    second = [np.exp(0.6 * image + 5) for image in brains(20, 1)]  # monotone, neither shift nor factor
    common = common_histogram([*first, *second])

    def distance(one, two):
        quantiles = np.linspace(0.02, 0.98, 49)
        means = [np.mean([np.quantile(image, quantiles) for image in images], axis=0) for images in (one, two)]
        return np.abs(means[0] - means[1]).mean()

    standard = [[(i - i.mean()) / i.std() for i in images] for images in (first, second)]
    mapped = [[common.map(i) for i in images] for images in (first, second)]
    before, after = distance(*standard), distance(*mapped)
    print(f"mean distance of the scanners' quantiles: z-scored {before:.3f}, mapped {after:.4f}")
    assert before > 0.1
    assert after < before / 5


def test_the_figures_are_the_librarys():
    images = list(brains(5))
    adapters = [NumpyImageAdapter(image.reshape(30, 10, 10)) for image in images]
    whole = [NumpyImageAdapter(np.ones((30, 10, 10))) for _ in images]
    library = NyulNormalizer(output_min_value=RANGE[0], output_max_value=RANGE[1]).fit_population(adapters, whole)
    ours = common_histogram(images)
    assert ours.percentiles == pytest.approx(tuple(library.percentiles))
    assert ours.values == pytest.approx(library.standard_scale, rel=1e-5)
    theirs = library.transform(adapters[0], whole[0]).get_data().ravel()
    np.testing.assert_allclose(ours.map(images[0]), theirs, rtol=1e-4, atol=1e-5)


@given(st.floats(0.1, 1e3), st.floats(-1e3, 1e3), st.integers(0, 20))
def test_shift_and_factor_of_a_scanner_do_not_matter_and_ranks_stay(factor, shift, seed):
    image = next(brains(1, seed)).astype(np.float64)
    common = common_histogram(brains(3))
    mapped = common.map(image)
    np.testing.assert_allclose(common.map(image * factor + shift), mapped, atol=1e-4)
    assert (np.diff(mapped[np.argsort(image)]) >= 0).all()


def test_landmarks_go_to_their_places_and_the_outer_lines_go_on():
    common = CommonHistogram((0.0, 50.0, 100.0), (-1.0, 0.0, 4.0))
    assert common.map(np.array([0.0, 10.0, 30.0])).tolist() == [-1.0, 0.0, 4.0]
    inner = CommonHistogram((25.0, 75.0), (0.0, 1.0))  # landmarks 1 and 3 of five voxels
    assert inner.map(np.array([0.0, 1.0, 2.0, 3.0, 10.0])).tolist() == [-0.5, 0.0, 0.5, 1.0, 4.5]


def test_many_equal_voxels_are_one_point():
    image = np.concatenate([np.zeros(500), np.linspace(1, 2, 400), np.full(100, 2.0)])
    mapped = common_histogram([image]).map(image)
    assert np.isfinite(mapped).all()
    assert len(np.unique(mapped[image == 0])) == 1
    assert (np.diff(mapped[np.argsort(image, kind="stable")]) >= 0).all()


def test_a_model_keeps_its_histograms_to_the_last_bit(tmp_path):
    common = common_histogram(brains(3))
    described = image_description(geometry={"histograms": {"t1c": common}})
    path = write_description(tmp_path, described)
    assert ImageModelDescription.read(path).input.histograms == {"t1c": common}
    assert common.percentiles == PERCENTILES
    assert (common.values[0], common.values[-1]) == RANGE


def test_what_has_no_histogram_says_so():
    with pytest.raises(ValueError, match="no voxel inside the brain"):
        landmarks(np.zeros(0))
    with pytest.raises(ValueError, match="inside the brain are 3 at both percentile 1 and percentile 99"):
        common_histogram([np.full(10, 3.0)])
