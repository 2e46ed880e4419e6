"""A logistic regression on untouched ImageNet features: which labels are doubtful, and where a street is empty."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from framing import fit
from network import Network
from photos import CLEAN, LABELS, NOT_A_SITE, Photo, shares
from trunk import feature_runner

FOLDS = 5
# A label that the other folds give less than this is doubted, and weighs less.
DOUBTED_BELOW = 0.08
DOUBTED_WEIGHS = 0.3
CROPS_PER_PHOTO = 4
EMPTY_FROM = 0.5


class Pooled(nn.Module):
    """Mean and maximum of the last feature map."""

    def __init__(self) -> None:
        super().__init__()
        self.network = Network().eval()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        last = self.network.late(self.network.early(x)[1])
        return torch.cat([last.mean((2, 3)), last.amax((2, 3))], 1)


def pooled_features(pictures: Sequence[np.ndarray]) -> np.ndarray:
    run = feature_runner(Pooled())
    return run(fit(picture) for picture in pictures).astype(np.float32)


class Probe:
    """Fitted on features, labels and weights; gives the probabilities of the four labels."""

    def __init__(self, features: np.ndarray, labels: np.ndarray, weights: np.ndarray, penalty: float = 1e-4) -> None:
        self.mean, self.spread = features.mean(0), (features.std(0) + 1e-3) * features.shape[1] ** 0.5
        x, y, w = self._scaled(features), torch.from_numpy(labels), torch.from_numpy(weights).float()
        self.weight = torch.zeros(features.shape[1], len(LABELS), requires_grad=True)
        self.bias = torch.zeros(len(LABELS), requires_grad=True)
        optimiser = torch.optim.LBFGS([self.weight, self.bias], max_iter=60, line_search_fn="strong_wolfe")

        def loss() -> torch.Tensor:
            optimiser.zero_grad()
            each = cross_entropy(x @ self.weight + self.bias, y, reduction="none", label_smoothing=0.05)
            total = (w * each).sum() + penalty * (self.weight**2).sum()
            total.backward()
            return total

        optimiser.step(loss)

    def _scaled(self, features: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(((features - self.mean) / self.spread).astype(np.float32))

    @torch.no_grad()
    def __call__(self, features: np.ndarray) -> np.ndarray:
        return (self._scaled(features) @ self.weight + self.bias).softmax(1).numpy()


def table_of(photos: Sequence[Photo]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    labels = np.array([photo.label for photo in photos])
    return labels, np.array([photo.source for photo in photos]), np.array([photo.trust for photo in photos])


def label_trust(photos: Sequence[Photo], features: np.ndarray, seed: int) -> np.ndarray:
    """What each label weighs: less where a probe that never saw the photo is nearly sure of another one."""
    labels, sources, trust = table_of(photos)
    fold = np.random.default_rng(seed).permutation(len(photos)) % FOLDS
    given = np.zeros(len(photos))
    for held in range(FOLDS):
        kept = fold != held
        probe = Probe(features[kept], labels[kept], shares(labels[kept], sources[kept], trust[kept]))
        given[~kept] = probe(features[~kept])[np.arange((~kept).sum()), labels[~kept]]
    return trust * np.where(given < DOUBTED_BELOW, DOUBTED_WEIGHS, 1.0)


def empty_streets(
    photos: Sequence[Photo], pictures: Sequence[np.ndarray], features: np.ndarray, seed: int
) -> list[tuple[Photo, np.ndarray]]:
    """Parts of clean sites' photos that show street, wall or green without a container: `not_a_site`, same source.

    There are hardly any photos of empty streets, and a network without them takes any street for a clean site. The
    probe proposes; of 140 that it was least sure of, about one in six showed a part of a bin.
    """
    labels, sources, trust = table_of(photos)
    probe = Probe(features, labels, shares(labels, sources, trust))
    rng = np.random.default_rng(seed)
    parts: list[tuple[Photo, np.ndarray]] = []
    for photo, pixels in zip(photos, pictures, strict=True):
        if photo.label != CLEAN:
            continue
        height, width = pixels.shape[:2]
        for corner in range(CROPS_PER_PHOTO):
            size, ratio = rng.uniform(0.42, 0.6) * max(height, width), np.exp(rng.uniform(-0.25, 0.25))
            w, h = int(min(width, size * ratio)), int(min(height, size / ratio))
            left = (width - w) * (corner % 2)
            top = int((height - h) * (corner // 2 if height >= width else rng.uniform()))
            part = Photo(photo.path, NOT_A_SITE, photo.source, 0.8)
            parts.append((part, np.ascontiguousarray(pixels[top : top + h, left : left + w])))
    empty = probe(pooled_features([pixels for _, pixels in parts]))[:, NOT_A_SITE] >= EMPTY_FROM
    return [part for part, kept in zip(parts, empty, strict=True) if kept]
