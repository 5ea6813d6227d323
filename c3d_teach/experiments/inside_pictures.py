"""The pictures of docs/seeing-inside.md, one of each look inside a net.

``python -m c3d_teach.experiments.inside_pictures`` makes them anew: a minute on two cores.
"""

import json
from pathlib import Path

import numpy as np

from c3d_teach.analysis.attribution.attribute import METHODS, attribute
from c3d_teach.analysis.descriptors.clip_embedding import embed_clips
from c3d_teach.analysis.excitation.best_clips import best_clips
from c3d_teach.analysis.excitation.excite import excite
from c3d_teach.analysis.fields.clip_fields import field_in_clip
from c3d_teach.analysis.filters.kernels import kernel_view
from c3d_teach.analysis.filters.tuning import tuning
from c3d_teach.data.camera import CameraMotion
from c3d_teach.data.motion import MotionDigits
from c3d_teach.experiments import map_sanity, selectivity, when_it_moves
from c3d_teach.models.weights import load
from c3d_teach.viz.clip_charts import best_clips_chart
from c3d_teach.viz.embedding_charts import clip_embedding_chart
from c3d_teach.viz.excitation_charts import excitation_animation, excitation_chart
from c3d_teach.viz.field_charts import field_chart
from c3d_teach.viz.heat_charts import heat_rows, sanity_chart
from c3d_teach.viz.heat_movie import heat_animation
from c3d_teach.viz.kernel_charts import kernel_chart
from c3d_teach.viz.notebook import png
from c3d_teach.viz.tuning_charts import selectivity_chart, tuning_chart

FOLDER = Path("docs") / "inside"


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    digits, camera = load("motion-d3"), load("camera-c3d")

    def save(name: str, figure: object, sentence: str) -> None:
        (FOLDER / name).write_bytes(figure if isinstance(figure, bytes) else png(figure))  # type: ignore[arg-type]
        print(f"{name}: {sentence}")

    # the kernel and the unit with the clearest direction; nothing else was looked for
    views = [kernel_view(digits, "conv1", unit) for unit in range(16)]
    view = max(views, key=lambda one: np.nan_to_num(one.direction_index))
    save("kernel.png", kernel_chart(view), view.sentence)
    found = tuning(digits, "conv1")
    unit = found.unit(found.most_selective(1)[0])
    save("tuning.png", tuning_chart(unit), unit.sentence)
    measured = json.loads(selectivity.RESULT.read_text(encoding="utf-8"))["motion-d3"]
    save("selectivity.png", selectivity_chart(selectivity.pooled(measured)), "see the table")

    clip = CameraMotion(9, split="test", seed=3)[0]["clip"]
    field = field_in_clip(camera, clip, "conv3b", 2)
    save("field.png", field_chart(field), field.sentence)

    best = best_clips(digits, "conv3", MotionDigits(512, split="test"), units=[6], progress=False)
    save("best-clips.png", best_clips_chart(best.units[0]), best.units[0].sentence)

    clips, motions, _ = when_it_moves.right_clips(digits, 8)
    maps = [
        attribute(digits, clips[0], method, target=motions[0])
        for method in METHODS
        if method != "box occlusion"
    ]
    save("heat.png", heat_rows(maps), " ".join(one.sentence for one in maps))
    save("heat.webp", heat_animation(maps[-1]), maps[-1].sentence)
    checks = map_sanity.checks("motion-d3")
    save("sanity.png", sanity_chart(checks), " ".join(one.sentence for one in checks.values()))

    made = excite(camera, "conv3b", 5)
    save("excitation.png", excitation_chart(made), made.sentence)
    save("excitation.webp", excitation_animation(made), made.sentence)
    places = embed_clips(digits, MotionDigits(512, split="test"), method="tsne")
    save("clips-map.png", clip_embedding_chart(places), places.sentence)


if __name__ == "__main__":
    main()
