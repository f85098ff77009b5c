"""Noise by Philox: published values, and independence of chunks, calls and neighbours."""

import pytest
import torch
from scipy.stats import kstest

from scorefield.core.errors import InputError
from scorefield.core.noise import streams
from scorefield.core.philox import WORD, normals, words

ONES = 0xFFFFFFFF
KNOWN = {  # counter, key, words: kat_vectors of Random123 1.14, philox4x32 10
    "zeros": ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    "ones": ((ONES,) * 4, (ONES, ONES), (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    "pi": (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
}


@pytest.mark.parametrize("counter, key, expected", KNOWN.values(), ids=KNOWN)
def test_words_are_the_published_ones_of_philox4x32_10(counter, key, expected):
    found = words(tuple(torch.tensor([c]) for c in counter), key[0] + (key[1] << 32))
    assert tuple(int(word) for word in found) == expected


def test_noise_of_a_row_does_not_depend_on_its_neighbours_to_the_bit():
    whole = streams(3, range(1000))(torch.empty(1000, 7))
    for part in (range(1), range(17, 40), range(999, 1000)):
        assert torch.equal(streams(3, part)(torch.empty(len(part), 7)), whole[list(part)])


def test_a_sequence_is_the_same_in_one_draw_or_in_many():
    many = streams(5, range(6))
    parts = [many(torch.empty(6, n)) for n in (2, 2, 61, 5, 300, 1)]
    assert torch.equal(torch.cat(parts, 1), streams(5, range(6))(torch.empty(6, 371)))


def test_seeds_and_indices_beyond_32_bits_have_sequences_of_their_own():
    like = torch.empty(1, 64)
    pairs = [(0, 0), (2**32, 0), (0, 2**32), (1, 0), (0, 1), (2**64 - 1, 0)]
    drawn = torch.cat([streams(seed, [i])(like) for seed, i in pairs])
    assert (torch.corrcoef(drawn) - torch.eye(len(pairs))).abs().max() < 0.5
    with pytest.raises(InputError, match="seed: -1 is not in"):
        streams(-1, [0])


def test_noise_is_standard_normal_in_all_and_across_sequences():
    x = streams(0, range(2000))(torch.empty(2000, 100))
    assert kstest(x.flatten(), "norm").pvalue > 0.01
    assert kstest(x[:, 0], "norm").pvalue > 0.01 and kstest(x[7], "norm").pvalue > 0.01
    assert (torch.corrcoef(x.T) - torch.eye(100)).abs().max() < 5 / 2000**0.5
    tail = (x.abs() > 3).double().mean().item()
    assert tail == pytest.approx(0.0027, abs=4 * (0.0027 / x.numel()) ** 0.5)


def test_the_least_and_largest_words_give_finite_numbers():
    ends = torch.tensor([0, 1, WORD - 1, WORD])
    first, second = torch.meshgrid(ends, ends, indexing="ij")
    found = torch.stack(normals(first, second))
    assert found.isfinite().all() and found.abs().max() < 6.81
