"""Exercise of lesson 05: the parameters and the work of one convolution layer."""

from collections.abc import Mapping
from math import prod
from typing import Any

import torch

from c3d_teach.classroom.oracle import (
    AnswerError,
    Case,
    Function,
    Verdict,
    judge,
    numbers,
    returned,
)
from c3d_teach.models.arithmetic import Conv, trace

_NAME = "count"
# what is special about it, filters, channels, kernel d×k×k, output l×h×w; all numbers are
# different where they can be, so that two mistakes never give the same count
_CASES: tuple[tuple[str, int, int, tuple[int, int, int], tuple[int, int, int]], ...] = (
    ("a small layer", 4, 7, (3, 5, 5), (6, 7, 9)),
    ("one channel", 5, 1, (3, 3, 3), (16, 32, 32)),
    ("a kernel of depth 1", 6, 3, (1, 3, 3), (8, 10, 12)),
    ("a kernel of depth 5", 9, 4, (5, 3, 3), (4, 9, 11)),
    ("a kernel of 3×3×3", 3, 8, (3, 3, 3), (2, 7, 7)),
    ("one filter", 1, 6, (7, 3, 3), (16, 5, 4)),
    ("a layer of C3D's size", 512, 256, (3, 3, 3), (4, 14, 14)),
)


def check_count(function: Any) -> Verdict:
    """Does ``function(filters, channels, kernel, output)`` count parameters and MACs?

    ``kernel`` is d×k×k, ``output`` is l×h×w, the answer is ``(parameters, MACs)`` of one
    convolution with a bias for each filter (ours). The oracle is the arithmetic behind
    ``describe``, which the tests hold against the tensors of real nets.
    """
    praise = (
        "Right: parameters and MACs of seven layers are exact to the last one, and twice the "
        "filters make twice of both."
    )
    return judge(function, _examine, name=_NAME, praise=praise)


def _examine(function: Function) -> None:
    for name, filters, channels, kernel, output in _CASES:
        inputs = {"filters": filters, "channels": channels, "kernel": kernel, "output": output}
        parameters, macs = _oracle(filters, channels, kernel, output)
        expected = torch.tensor([parameters, macs], dtype=torch.float64)
        case = Case(name, inputs, expected, returns="numbers")
        raw = returned(function, case, name=_NAME)
        given = numbers(raw, case, name=_NAME)
        _two_whole_numbers(given.tolist(), raw, case)
        first, second = (int(n) for n in given.tolist())
        if (first, second) == (macs, parameters):
            raise AnswerError(
                "The two have changed places: the parameters come first, then the MACs."
            )
        known = _wrong_parameters(filters, channels, kernel, output, parameters, macs)
        _look(first, parameters, "parameters", known, case)
        known = _wrong_macs(filters, channels, kernel, output, parameters, macs)
        _look(second, macs, "MACs", known, case)
    one, two = (tuple(function(n, 5, (3, 3, 3), (3, 8, 6))) for n in (11, 22))
    if (2 * one[0], 2 * one[1]) != two:
        raise AnswerError(
            "Twice the filters should make twice the parameters and twice the MACs; here they do "
            "not. Does a count depend on something else than the four arguments?"
        )


def _oracle(
    filters: int, channels: int, kernel: tuple[int, int, int], output: tuple[int, int, int]
) -> tuple[int, int]:
    # padding is "same" and the stride is 1, so what goes in is as large as what comes out
    (row,) = trace([Conv("layer", filters, kernel)], (channels, *output))
    return row.parameters, row.macs


def _two_whole_numbers(given: list[float], raw: Any, case: Case) -> None:
    if len(given) != 2:
        raise AnswerError(
            f"{_NAME} returned {len(given)} numbers for {case.given}; it should return two, the "
            "parameters and the MACs."
        )
    if any(n != n or abs(n) == float("inf") for n in given):
        raise AnswerError(f"{_NAME} gave NaN or infinity for {case.given}; counts are finite.")
    parts = list(raw) if isinstance(raw, list | tuple) else []
    if any(isinstance(part, float) for part in parts) or any(n != int(n) for n in given):
        raise AnswerError(
            f"{_NAME} returned a number with a decimal point. Parameters and MACs are counted: "
            "whole numbers, made with * and +, without /."
        )
    if min(given) < 0:
        raise AnswerError(f"{_NAME} returned a number below 0 for {case.given}; nothing counts so.")


def _look(given: int, right: int, what: str, known: Mapping[str, int], case: Case) -> None:
    if given == right:
        return
    for sentence, wrong in known.items():
        # where a mistake and the truth, or an earlier mistake, coincide, nothing can be told
        if given == wrong != right:
            raise AnswerError(f"Look at the {what}: {sentence}")
    size = "many" if given > right else "few"
    raise AnswerError(
        f"Too {size} {what} for {case.given} ({case.name}), and not by a slip that is known "
        "here. Draw one filter, write its sizes beside it, and multiply them one by one."
    )


def _wrong_parameters(
    filters: int,
    channels: int,
    kernel: tuple[int, int, int],
    output: tuple[int, int, int],
    parameters: int,
    macs: int,
) -> Mapping[str, int]:
    """Sentence → the number of parameters that this mistake gives, most telling first."""
    d, k, _ = kernel
    block = prod(kernel)
    no_channels = (
        "a filter reaches through all channels of its input, so they are a factor, too. (Without "
        "it one gets the small gaps between nets that are printed in section 3.1 of the paper.)"
    )
    no_depth = "the kernel is a block of d×k×k weights; its depth d is missing."
    return {
        "the biases are missing. Each filter has one number more that is added at the end.": (
            filters * channels * block
        ),
        no_channels: filters * block + filters,
        no_channels + " And each filter has a bias.": filters * block,
        no_depth: filters * channels * k * k + filters,
        no_depth + " And each filter has a bias.": filters * channels * k * k,
        "one bias for the whole layer is too few: each filter has one of its own.": (
            filters * channels * block + 1
        ),
        "each filter has one bias, not one for each channel.": (
            filters * channels * block + filters * channels
        ),
        "a bias stands at the end of the whole sum of a filter, not at every weight.": (
            2 * filters * channels * block
        ),
        "a bias belongs to a filter, that is to a channel that comes out, not to one that goes "
        "in.": filters * channels * block + channels,
        "this is one filter. The layer has several of them.": channels * block + 1,
        "this is one filter without its bias. The layer has several of them.": channels * block,
        "the kernel is d×k×k, with k twice: it has a height and a width.": (
            filters * channels * d * k + filters
        ),
        "the sizes are multiplied, not added.": filters * channels * sum(kernel) + filters,
        "the weights slide over the clip, and are the same at every place. The size of the "
        "output does not count here.": parameters * prod(output),
        "the weights slide over the clip, and are the same at every place: the size of the output "
        "does not count here. These are the MACs.": macs,
    }


def _wrong_macs(
    filters: int,
    channels: int,
    kernel: tuple[int, int, int],
    output: tuple[int, int, int],
    parameters: int,
    macs: int,
) -> Mapping[str, int]:
    """Sentence → the number of MACs that this mistake gives, most telling first."""
    length, height, width = output
    d, k, _ = kernel
    block, places = prod(kernel), prod(output)
    grown = prod(n + size - 1 for n, size in zip(output, kernel, strict=True))
    shrunk = prod(max(n - size + 1, 0) for n, size in zip(output, kernel, strict=True))
    no_channels = "one number of the output takes a product for every weight of every channel."
    return {
        "this is twice too many. A MAC is one multiplication together with its addition; who "
        "counts both has FLOPs.": 2 * macs,
        "these are the weights. Each of them is used once for every place of the output.": (
            filters * channels * block
        ),
        "these are the parameters again. Each weight is used once for every place of the "
        "output.": parameters,
        "the biases are additions without a multiplication; by custom they are not counted.": (
            parameters * places
        ),
        no_channels: filters * block * places,
        "the kernel is a block of d×k×k weights; its depth d is missing.": (
            filters * channels * k * k * places
        ),
        "the kernel is d×k×k, with k twice: it has a height and a width.": (
            filters * channels * d * k * places
        ),
        "every filter does this work. The number of filters is missing.": channels * block * places,
        "the output has a length, too: the kernel also slides through time.": (
            filters * channels * block * height * width
        ),
        "the output is l×h×w; height and width are both factors.": (
            filters * channels * block * length * height
        ),
        "what counts is the number of places in the output, not in the clip with its padding.": (
            filters * channels * block * grown
        ),
        "the output is given as it is, with the padding at work. Nothing is to be taken off "
        "it.": filters * channels * block * shrunk,
        "the sizes are multiplied, not added.": filters * channels * block * sum(output),
        "this is how many numbers come out. Each of them takes many products.": filters * places,
        "the channels are counted twice.": macs * channels,
        "the filters are counted twice.": macs * filters,
    }
