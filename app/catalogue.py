"""The pages of the dashboard: what each asks, and the lessons that go with it.

Plain data, so that a page's title stands on the screen before its tools are loaded.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Card:
    """One page.

    Attributes:
        name: in the navigation; its file is ``views/NAME.py``, its address ``/NAME``, in small
            letters.
        icon: of Streamlit's material icons, which come with it.
        title: what stands on top of the page.
        lead: two or three sentences below it (Markdown): what there is to do and to see.
        lessons: numbers of the notebooks on the same subject, the nearest first.
    """

    name: str
    icon: str
    title: str
    lead: str
    lessons: tuple[int, ...]

    @property
    def key(self) -> str:
        """File name and address."""
        return self.name.lower()


CARDS = (
    Card(
        "Playground",
        ":material/tune:",
        "Train a small video net while you watch",
        "Choose how deep in time the kernels are and where time is pooled, press **Train**, and "
        "see in seconds what such a net can learn, and what it never will.",
        (6, 4),
    ),
    Card(
        "Convolution",
        ":material/grid_on:",
        "One convolution, down to one multiplication",
        "A kernel walks over a clip in x, y and t. Follow it from the net to one unit, and from "
        "the unit to one product, then see what 2D, 2D on many frames and 3D make of time.",
        (1, 2),
    ),
    Card(
        "Architecture",
        ":material/account_tree:",
        "Build a net, and see what is left of time",
        "Set kernels and pools, and read off at once the shapes, the frames that are left, the "
        "parameters, the work and what one unit can see.",
        (5, 3),
    ),
    Card(
        "Filters",
        ":material/blur_on:",
        "What did this unit learn to look for?",
        "Pick a net, a layer and a unit. See its kernel slice by slice and through time, what "
        "motion it prefers, and the clips that excite it most.",
        (7, 4),
    ),
    Card(
        "Predictions",
        ":material/play_circle:",
        "Which way does it move?",
        "A 3D convolution looks at several frames at once, a 2D convolution at one. Ask nets of "
        "one build, one of each kind, how a film moves. Then turn time around.",
        (9, 7),
    ),
    Card(
        "Experiments",
        ":material/science:",
        "The paper's studies, run again",
        "Every net of every study, over seeds, with intervals and controls, down to the single "
        "training. Below: each sentence that this kit says about nets, and the numbers behind it.",
        (4, 3),
    ),
    Card(
        "Features",
        ":material/scatter_plot:",
        "Clips that a net takes for alike",
        "The last layers before the answer turn a clip into one list of numbers, its descriptor. "
        "On this map near means alike: choose a point and see the clip and its neighbours.",
        (8,),
    ),
    Card(
        "Segmentation",
        ":material/motion_photos_on:",
        "Which pixels are moving?",
        "Three digits, and one of them moves. A U-Net of 3D convolutions marks it, pixel by pixel; "
        "its 2D twin sees the same frames one at a time.",
        (10,),
    ),
)
