"""Scores of samples: of points (M, D) against points (N, D) or a law, of features (M, F) against
features (N, F), and the evaluators that turn images into features."""

from scorefield.metrics.bootstrap import bootstrap
from scorefield.metrics.copies import copies
from scorefield.metrics.density_coverage import density_coverage
from scorefield.metrics.energy_distance import energy_distance
from scorefield.metrics.evaluators import FeatureEvaluator, LawEvaluator, evaluator_of
from scorefield.metrics.fidelity import fid, fidelity, kid, precision_recall
from scorefield.metrics.mmd import mmd, mmd_floor
from scorefield.metrics.novelty import novelty
from scorefield.metrics.ranking import auroc, spearman

__all__ = [
    "FeatureEvaluator",
    "LawEvaluator",
    "auroc",
    "bootstrap",
    "copies",
    "density_coverage",
    "energy_distance",
    "evaluator_of",
    "fid",
    "fidelity",
    "kid",
    "mmd",
    "mmd_floor",
    "novelty",
    "precision_recall",
    "spearman",
]
