"""The answers as a tree: logits to the probabilities of the four labels, the loss on them, and figures about them."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn.functional import binary_cross_entropy_with_logits as binary
from torch.nn.functional import logsigmoid

from photos import CLEAN, LABELS, NOT_A_SITE, OVERFLOW, SCATTERED

SMOOTHING = 0.06
USABLE_WEIGHT = 0.5
DIRT_WEIGHT = 0.3


def log_probabilities(answers: torch.Tensor) -> torch.Tensor:
    """Logits (site, overflow given a site, scattered given a site that does not overflow, usable) to four labels."""
    site, overflow, scattered = answers[:, 0], answers[:, 1], answers[:, 2]
    tidy = logsigmoid(site) + logsigmoid(-overflow)
    by_label = {
        CLEAN: tidy + logsigmoid(-scattered),
        OVERFLOW: logsigmoid(site) + logsigmoid(overflow),
        SCATTERED: tidy + logsigmoid(scattered),
        NOT_A_SITE: logsigmoid(-site),
    }
    return torch.stack([by_label[label] for label in range(len(LABELS))], 1)


def soft_labels(labels: torch.Tensor) -> torch.Tensor:
    """One row per view; a view that nobody can judge has no label at all."""
    known = labels >= 0
    rows = torch.full((len(labels), len(LABELS)), SMOOTHING / len(LABELS))
    rows[torch.arange(len(labels))[known], labels[known]] += 1 - SMOOTHING
    return rows * known[:, None]


def loss_of(answers: torch.Tensor, dirt: torch.Tensor, wanted: torch.Tensor, usable: torch.Tensor) -> torch.Tensor:
    """Cross entropy of the tree (which masks each answer where it has no meaning), of `usable`, and of "dirty"."""
    known = wanted.sum(1)
    label = -(wanted * log_probabilities(answers)).sum() / known.sum().clamp(min=1)
    dirty = wanted[:, OVERFLOW] + wanted[:, SCATTERED]
    dirt_each = binary(dirt, dirty, reduction="none") * known
    return label + USABLE_WEIGHT * binary(answers[:, 3], usable) + DIRT_WEIGHT * dirt_each.mean()


def confusion_of(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Rows are the truth."""
    matrix = np.zeros((len(LABELS), len(LABELS)), dtype=int)
    np.add.at(matrix, (labels, probabilities.argmax(1)), 1)
    return matrix


def label_recalls(labels: np.ndarray, probabilities: np.ndarray) -> dict[str, float]:
    """Share found of each label that occurs."""
    right = probabilities.argmax(1) == labels
    return {name: round(float(right[labels == at].mean()), 3) for at, name in enumerate(LABELS) if (labels == at).any()}


def dirty_or_clean(labels: np.ndarray, probabilities: np.ndarray) -> float | None:
    """Mean of the hit rates on clean and on dirty sites; null where either is missing."""
    says = probabilities[:, OVERFLOW] + probabilities[:, SCATTERED] > probabilities[:, CLEAN]
    clean, dirty = labels == CLEAN, (labels == OVERFLOW) | (labels == SCATTERED)
    if not clean.any() or not dirty.any():
        return None
    return round(float((1 - says[clean].mean() + says[dirty].mean()) / 2), 4)
