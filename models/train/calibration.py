"""How sure the answers may say they are: a temperature for each, and the thresholds below which a person looks."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from answers import log_probabilities
from network import ANSWERS
from photos import CLEAN, LABELS, NOT_A_SITE, OVERFLOW, SCATTERED

TEMPERATURES = np.geomspace(0.4, 3.0, 60)
# A verdict of a class is given where, from there up, so many verdicts of this class are right on val/.
# About one label in fourteen is doubtful, so more cannot be asked for; and few verdicts are worth having if most are `unsure`.
PRECISION = 0.93
LEAST, MOST = 0.45, 0.6
# Of good photos of val/, at most so many may be refused as unusable; and none that is surer than this to be usable.
REFUSED = 0.01
MOST_USABLE = 0.95


def _best(logits: np.ndarray, truth: np.ndarray) -> float:
    x, y = torch.from_numpy(logits).double(), torch.from_numpy(truth).double()
    losses = [binary_cross_entropy_with_logits(x / t, y).item() for t in TEMPERATURES]
    return round(float(TEMPERATURES[int(np.argmin(losses))]), 3)


def temperatures(logits: np.ndarray, labels: np.ndarray, spoiled: np.ndarray) -> dict[str, float]:
    """From the logits of good photos with their labels, and those of spoiled photos."""
    site, calm = labels != NOT_A_SITE, (labels != NOT_A_SITE) & (labels != OVERFLOW)
    usable = np.concatenate([logits[:, 3], spoiled[:, 3]]), np.repeat([1, 0], [len(logits), len(spoiled)])
    found = (
        _best(logits[:, 0], site),
        _best(logits[site, 1], labels[site] == OVERFLOW),
        _best(logits[calm, 2], labels[calm] == SCATTERED),
        _best(*usable),
    )
    return dict(zip(ANSWERS, found, strict=True))


def tempered(logits: np.ndarray, by_answer: dict[str, float]) -> np.ndarray:
    """Probabilities of the four labels."""
    scaled = logits / np.array([by_answer[answer] for answer in ANSWERS], dtype=np.float32)
    return log_probabilities(torch.from_numpy(scaled)).exp().numpy()


def decide(probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The device's rule (`stateOf` in edge/classify/verdict.ts): which label, and how probable what it was taken for is."""
    clean, overflow, scattered, nothing = probabilities.T
    dirty = overflow + scattered
    sure = np.maximum(np.maximum(dirty, clean), nothing)
    tidy = np.where(clean >= nothing, CLEAN, NOT_A_SITE)
    return np.where(dirty >= sure, np.where(overflow >= scattered, OVERFLOW, SCATTERED), tidy), sure


def thresholds(probabilities: np.ndarray, labels: np.ndarray, usable: np.ndarray) -> dict[str, float]:
    """The lowest that keep the promised precision on each class; and for `usable`, from probabilities of good photos."""
    said, sure = decide(probabilities)
    # Which of the two kinds of dirt it is matters less than that it is dirt.
    dirty = np.isin(labels, (OVERFLOW, SCATTERED))
    chosen: dict[str, float] = {}
    for at, name in enumerate(LABELS):
        true = dirty if at in (OVERFLOW, SCATTERED) else labels == at
        steps = np.arange(LEAST, MOST, 0.01)
        right = [true[(said == at) & (sure >= step)].mean() for step in steps]
        fits = [step for step, share in zip(steps, right, strict=True) if share >= PRECISION]
        chosen[name] = round(float(fits[0] if fits else MOST), 2)
    return {**chosen, "usable": round(float(min(MOST_USABLE, np.quantile(usable, REFUSED))), 3)}


def calibration_error(probabilities: np.ndarray, labels: np.ndarray, bins: int = 10) -> float:
    """Expected calibration error of the best class, equal bins of probability."""
    sure, right = probabilities.max(1), probabilities.argmax(1) == labels
    place = np.minimum((sure * bins).astype(int), bins - 1)
    gaps = [abs(sure[place == at].mean() - right[place == at].mean()) * (place == at).mean() for at in range(bins) if (place == at).any()]
    return round(float(sum(gaps)), 4)
