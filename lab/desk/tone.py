# SPDX-License-Identifier: GPL-2.0-or-later
"""Which tone a recording holds."""

import array
import cmath

BLOCK = 4096
# Of full scale; what a sound server adds to silence is far below.
QUIET = 0.01


def transform(values):
    """The discrete Fourier transform of a power of two of values (Cooley and Tukey's)."""
    if len(values) == 1:
        return values
    half = len(values) // 2
    even, odd = transform(values[::2]), transform(values[1::2])
    turned = [cmath.exp(-1j * cmath.pi * k / half) * odd[k] for k in range(half)]
    return [even[k] + turned[k] for k in range(half)] + [even[k] - turned[k] for k in range(half)]


def loudness(block):
    """Root of the mean square, of full scale."""
    return (sum(sample * sample for sample in block) / len(block)) ** 0.5 / 32768


def peak(data, rate):
    """What sounds in 16-bit samples of one channel, as bytes.

    Return: (seconds of blocks that are not silent, frequency of the highest peak in their mean
    spectrum in Hz, the peak's part of all power).
    """
    samples = array.array("h", data[:len(data) // 2 * 2])
    loud = [block for block in (samples[at:at + BLOCK] for at in range(0, len(samples), BLOCK))
            if len(block) == BLOCK and loudness(block) > QUIET]
    power = [0.0] * (BLOCK // 2)
    for block in loud:
        # Hann's window, so that a tone between two bins stays in its place.
        shaped = [sample * (0.5 - 0.5 * cmath.cos(2 * cmath.pi * i / BLOCK).real)
                  for i, sample in enumerate(block)]
        for k, value in enumerate(transform(shaped)[:BLOCK // 2]):
            power[k] += abs(value) ** 2
    if not loud:
        return 0.0, 0.0, 0.0
    top = max(range(1, BLOCK // 2 - 1), key=power.__getitem__)
    near = range(max(top - 2, 0), top + 3)
    within = sum(power[k] for k in near)
    centre = sum(k * power[k] for k in near) / within
    return len(loud) * BLOCK / rate, centre * rate / BLOCK, within / sum(power)
