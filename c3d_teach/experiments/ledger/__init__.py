"""The sentences about nets that lessons and pages lean on, a module for each subject."""

from c3d_teach.experiments.ledger.building import BUILDING
from c3d_teach.experiments.ledger.descriptors import DESCRIPTORS
from c3d_teach.experiments.ledger.inside import INSIDE
from c3d_teach.experiments.ledger.lessons import LESSONS
from c3d_teach.experiments.ledger.segmentation import SEGMENTATION
from c3d_teach.experiments.ledger.studies import STUDIES
from c3d_teach.experiments.ledger.time import TIME
from c3d_teach.experiments.ledger.training import TRAINING
from c3d_teach.experiments.ledger.video import VIDEO

LEDGER = (
    *STUDIES,
    *LESSONS,
    *TIME,
    *BUILDING,
    *TRAINING,
    *INSIDE,
    *DESCRIPTORS,
    *VIDEO,
    *SEGMENTATION,
)
