"""The eleven lessons: what each asks, how long it takes, and which others it leans on."""

from c3d_teach.viz.course_stop import Stop

_TIME, _NET, _USE, _START = (
    "time: what 3D is for",
    "the net: C3D itself",
    "what it learnt, and what it is good for",
    "start",
)
COURSE = (
    Stop(0, "Start here", "Is everything here? How does this work?", 20, _START, (0, 0)),
    Stop(
        1,
        "One convolution",
        "What arithmetic can tell left from right?",
        60,
        _TIME,
        (1, 0),
        (0,),
    ),
    Stop(2, "2D or 3D", "Can a 2D net know how something moves?", 60, _TIME, (2, 0), (1,)),
    Stop(
        3,
        "Where time goes",
        "Can a net be built that cannot see a stutter?",
        60,
        _TIME,
        (3, 0),
        (2,),
    ),
    Stop(4, "Kernel depth", "How many frames should a kernel see?", 75, _TIME, (4, 0), (3,)),
    Stop(5, "Building C3D", "Where are its 80 million weights?", 60, _NET, (1, 1), (1,)),
    Stop(6, "Training it", "How do random weights become an answer?", 75, _NET, (2, 1), (5,)),
    Stop(7, "What the filters learnt", "What does one filter look for?", 60, _USE, (4, 1), (4,)),
    Stop(
        8,
        "C3D as feature extractor",
        "Can what a net learnt help with other tasks?",
        60,
        _USE,
        (2, 2),
        (6,),
        (4,),
    ),
    Stop(9, "Your own video", "How do 900 frames become 16?", 60, _USE, (3, 1), (6,)),
    Stop(10, "From C3D to a 3D U-Net", "Which pixels are moving?", 60, _USE, (1, 2), (5,)),
)
