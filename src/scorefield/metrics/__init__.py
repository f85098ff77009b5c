"""Figures of samples: points (M, D) against points (N, D) or a known law, features (M, F) against
features (N, F), and the evaluators that turn images into features."""

from typing import TYPE_CHECKING

from scorefield.core.namespace import namespace

if TYPE_CHECKING:
    from scorefield.metrics.bootstrap import bootstrap as bootstrap
    from scorefield.metrics.density_coverage import density_coverage as density_coverage
    from scorefield.metrics.energy_distance import energy_distance as energy_distance
    from scorefield.metrics.evaluators import FeatureEvaluator as FeatureEvaluator
    from scorefield.metrics.evaluators import LawEvaluator as LawEvaluator
    from scorefield.metrics.evaluators import evaluator_of as evaluator_of
    from scorefield.metrics.fidelity import fid as fid
    from scorefield.metrics.fidelity import fidelity as fidelity
    from scorefield.metrics.fidelity import kid as kid
    from scorefield.metrics.fidelity import precision_recall as precision_recall
    from scorefield.metrics.memorisation import memorisation as memorisation
    from scorefield.metrics.mmd import mmd as mmd
    from scorefield.metrics.mmd import mmd_floor as mmd_floor
    from scorefield.metrics.novelty import novelty as novelty
    from scorefield.metrics.ranking import auroc as auroc
    from scorefield.metrics.ranking import spearman as spearman

FILES = {  # the public names of each file
    "bootstrap": "bootstrap",
    "density_coverage": "density_coverage",
    "energy_distance": "energy_distance",
    "evaluators": "FeatureEvaluator LawEvaluator evaluator_of",
    "fidelity": "fid fidelity kid precision_recall",
    "memorisation": "memorisation",
    "mmd": "mmd mmd_floor",
    "novelty": "novelty",
    "ranking": "auroc spearman",
}

namespace(__name__, {name: file for file, names in FILES.items() for name in names.split()})
