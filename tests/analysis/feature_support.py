"""Small videos and a small net with random weights, for the tests of features."""

from pathlib import Path

import torch

from c3d_teach import C3D, Classifier, Preprocess
from c3d_teach.data.export import write_video

SIZE = (36, 48)  # what frames are resized to for the net


def net(seed: int = 0, name: str = "tiny") -> Classifier:
    """A C3D with random weights for 32×32 crops; fc6 has 128 features."""
    torch.manual_seed(seed)
    model = C3D(5, clip_shape=(3, 16, 32, 32), width=1 / 32)
    preprocess = Preprocess(
        (32, 32), 36, mean=(100.0, 101.0, 102.0), std=(50.0, 51.0, 52.0), frame_size=SIZE
    )
    return Classifier(model.channels_last().eval(), preprocess, tuple("abcde"), name=name)


def video(path: Path, frames: int, seed: int = 0, size: tuple[int, int] = (48, 64)) -> Path:
    """Noise in blocks that fades out, so that each clip has activations of its own size."""
    generator = torch.Generator().manual_seed(seed)
    blocks = torch.randint(0, 256, (frames, size[0] // 8, size[1] // 8, 3), generator=generator)
    faded = blocks * torch.linspace(1, 0.2, frames).view(-1, 1, 1, 1)
    whole = faded.to(torch.uint8).repeat_interleave(8, 1).repeat_interleave(8, 2)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_video(path, whole, crf=20)
    return path


def folder(root: Path, lengths: dict[str, int]) -> Path:
    """Videos of the given names and lengths, each with other pictures."""
    for seed, (name, frames) in enumerate(lengths.items()):
        video(root / name, frames, seed)
    return root


def contents(out: Path) -> dict[str, bytes]:
    """Every file below a folder, hidden ones too."""
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file()
    }
