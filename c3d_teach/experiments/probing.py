"""The paper's study of descriptors on one's own features: probe, compactness, map (section 4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from c3d_teach.analysis.descriptors.compactness import PAPER_UCF101, CompactnessCurve, compactness
from c3d_teach.analysis.descriptors.embedding import FEWEST, Embedding, embedding
from c3d_teach.analysis.descriptors.feature_files import FeatureTable, write_csv
from c3d_teach.analysis.descriptors.folds import Folds
from c3d_teach.analysis.descriptors.linear_probe import ProbeResult, linear_probe
from c3d_teach.files import writable_folder, write_atomically, write_json
from c3d_teach.viz.feature_charts import compactness_chart, confusion_chart
from c3d_teach.viz.video_map import embedding_chart

_CONTROLS = 10  # shuffles, where they take seconds
_WORK = 2_000_000_000  # numbers times classes that all of them may take
_METHODS = {"tsne": "t-SNE", "pca": "PCA"}


@dataclass(frozen=True)
class Study:
    """Result of :func:`study`.

    Attributes:
        probe: the linear SVM.
        controls: accuracies of the same with the training labels shuffled, each time anew;
            they must lie around chance. Videos of one group move together, so that a single
            shuffle can lie far from it.
        note: what to keep in mind about the folds, or ``""``.
        curve: accuracy by number of principal components, if asked for.
        map: every video in the plane, if asked for.
        written: files with the numbers and the figures.
    """

    probe: ProbeResult
    controls: tuple[float, ...]
    note: str
    curve: CompactnessCurve | None
    map: Embedding | None
    written: tuple[Path, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, lists and words, for JSON; the map stands in its own file."""
        shown = ("method", "seed", "perplexity", "explained")
        return {
            "probe": self.probe.to_dict(),
            "controls": [round(v, 4) for v in self.controls],
            "note": self.note,
            "compactness": self.curve.to_dict() if self.curve else None,
            "embedding": {k: self.map.to_dict()[k] for k in shown} if self.map else None,
            "files": [path.name for path in self.written],
        }

    def __str__(self) -> str:
        low, high = min(self.controls), max(self.controls)
        mean = sum(self.controls) / len(self.controls)
        times = f"{len(self.controls)} times: {low:.1%} to {high:.1%}"
        parts = [
            str(self.probe),
            f"{'control':<8}{mean:.1%} with the training labels shuffled ({times})",
        ]
        if self.note:
            parts.append(self.note)
        if self.curve:
            parts += ["", str(self.curve)]
        if self.written:
            names = ", ".join(path.name for path in self.written)
            parts += ["", f"written to {self.written[0].parent}: {names}"]
        return "\n".join(parts)


def study(
    table: FeatureTable,
    out: str | Path,
    *,
    folds: Folds = "auto",
    c: float | str = 1.0,
    dimensions: Sequence[int] = (10, 50, 100, 500),
    map_by: str | None = "tsne",
    seed: int = 0,
) -> Study:
    """Probe descriptors as the paper does, and write numbers and figures to ``out``.

    Args:
        table: what ``read_features`` gives.
        out: folder for ``probe.json``, ``confusion.png``, ``compactness.png``,
            ``embedding.png`` and ``embedding.csv``.
        folds, c, seed: as in :func:`~c3d_teach.linear_probe`. The curve needs one C for all
            its points; where C is chosen it takes the one that most folds chose.
        dimensions: of the compactness curve; none leave it out.
        map_by: ``"tsne"``, ``"pca"`` or None. Fewer than 5 videos have no map.

    Raises:
        UsageError, KitError: as :func:`~c3d_teach.linear_probe` raises.
    """
    folder = writable_folder(Path(out))
    folds, note = _fair(table, folds)
    probe = linear_probe(table, folds=folds, c=c, seed=seed)
    chosen = max(probe.c, key=probe.c.count)
    work = table.descriptors.size * len(probe.classes)
    controls = tuple(
        linear_probe(table, folds=folds, c=chosen, seed=seed + k, shuffled=True).accuracy
        for k in range(min(_CONTROLS, max(1, _WORK // work)))
    )
    figures = {
        "confusion.png": confusion_chart(
            probe.confusion,
            probe.classes,
            title=f"{probe.accuracy:.0%} of {probe.videos} test videos right: "
            "what the linear SVM takes for what",
        )
    }
    curve = None
    if dimensions:
        whole = probe if set(probe.c) == {chosen} else None
        curve = compactness(
            table, dimensions=dimensions, folds=folds, c=chosen, seed=seed, whole=whole
        )
        if len(curve.points) > 1:
            figures["compactness.png"] = _curve_chart(curve, ucf101=len(probe.classes) == 101)
    flat = None
    if map_by is not None and len(table.videos) >= FEWEST:
        flat = embedding(table, method=map_by, seed=seed)
        figures["embedding.png"] = embedding_chart(
            flat.coordinates,
            table.labels,
            title=f"Videos by their descriptors alone ({_METHODS[flat.method]}): "
            "do classes lie together?",
        )
    written = [folder / "probe.json"]
    for name, figure in figures.items():
        _write_figure(folder / name, figure)
        written.append(folder / name)
    if flat:
        _write_map(folder / "embedding.csv", table, flat)
        written.append(folder / "embedding.csv")
    found = Study(probe, controls, note, curve, flat, tuple(written))
    write_json(written[0], found.to_dict() | {"features": table.settings, "seed": seed})
    return found


def _fair(table: FeatureTable, folds: Folds) -> tuple[Folds, str]:
    """Folds that do not test on what the net itself was trained on, and a word about it."""
    split = table.settings.get("net", {}).get("trained on split")
    if not split or not table.splits:
        return folds, ""
    others = f"the net was itself trained on videos that other splits than split {split} test"
    if folds == "auto":
        return f"split{split}", f"{'note':<8}only split {split}, for {others}"
    if folds in ("official", f"split{split}"):
        return folds, f"{'note':<8}{others}" * (folds == "official")
    return folds, f"{'note':<8}the net was itself trained on some of these videos"


def _curve_chart(curve: CompactnessCurve, *, ucf101: bool) -> Figure:
    points = curve.points
    return compactness_chart(
        [p.dimension for p in points],
        [p.accuracy for p in points],
        [p.interval[0] for p in points],
        [p.interval[1] for p in points],
        title="How few numbers will do: linear SVM after PCA",
        paper=PAPER_UCF101 if ucf101 else None,
        chance=curve.chance,
    )


def _write_figure(path: Path, figure: Figure) -> None:
    # the temporary name has another ending, so the format is named
    write_atomically(path, lambda part: figure.savefig(part, format="png", dpi=150))


def _write_map(path: Path, table: FeatureTable, flat: Embedding) -> None:
    places = zip(table.videos, table.labels, flat.coordinates.tolist(), strict=True)
    rows = [(video, label, f"{x:.4f}", f"{y:.4f}") for video, label, (x, y) in places]
    write_atomically(path, lambda part: write_csv(part, ("video", "label", "x", "y"), rows))
