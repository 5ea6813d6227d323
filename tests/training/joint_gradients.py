"""Gradients of one step on joint mini-batches, by as many processes as torchrun started.

``python joint_gradients.py FILE`` writes them, one tensor a case and weight.
"""

import os
import sys
from dataclasses import replace

import torch
from safetensors.torch import save_file

from c3d_teach import MotionDigits, Preprocess, Recipe, SearchNet
from c3d_teach.processes import joined
from c3d_teach.training.optimiser import optimiser_of
from c3d_teach.training.step import Stepper

RECIPE = replace(Recipe.classroom(), flip=0.5, crop="random")
DATA = MotionDigits(64, clip_shape=(1, 16, 40, 40))


def gradients(dtype, count, place, **settings):
    torch.manual_seed(0)
    model = SearchNet(8, clip_shape=(1, 16, 32, 32), width=0.1, dropout=0.0).to(dtype).train()
    stepper = Stepper(
        model,
        optimiser_of(model, RECIPE),
        Preprocess((32, 32), 37, (30.0,), (60.0,)),
        RECIPE,
        device=torch.device("cpu"),
        mirrored=DATA.mirrored,
        seed=0,
        place=place,
        **settings,
    )
    mine = list(place.share(count)) or [0]  # without a share: a clip that counts nothing
    sums = stepper.gradients(DATA.batch(mine), 7, count)
    found = {name: p.grad.clone() for name, p in model.named_parameters()}
    return found | {"sums": sums}


def main(file):
    torch.set_num_threads(1)
    found = {}
    with joined() as place:
        for name, dtype in (("single", torch.float32), ("double", torch.float64)):
            for count in (12, 13, 1):
                for key, value in gradients(dtype, count, place).items():
                    found[f"{name} {count} {key}"] = value.contiguous()
        for key, value in gradients(torch.float64, 12, place, recompute=True).items():
            found[f"recomputed 12 {key}"] = value.contiguous()
        if place.first:
            save_file(found, file)


if __name__ == "__main__":
    main(sys.argv[1])
    os._exit(0)  # threads of torch's that still run would now and then abort Python's own end
