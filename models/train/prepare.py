"""From a folder of photos to features: what every run of the training, the left-out runs and the curve start from."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from photos import Photo, list_photos, load
from probe import empty_streets, label_trust, pooled_features
from views import Scene, Views, draw_views, load_views, plain_features

VIEWS = 30_000
SEED = 7


@dataclass(frozen=True)
class Judged:
    """Whole, unchanged photos of one split, as the frozen half sees them."""

    photos: list[Photo]
    features: np.ndarray

    @property
    def labels(self) -> np.ndarray:
        return np.array([photo.label for photo in self.photos])

    @property
    def sources(self) -> np.ndarray:
        return np.array([photo.source for photo in self.photos])


def gather(base: Path | None, own: Sequence[Photo]) -> list[Photo]:
    """The training photos: those of `base`/train, an operator's own, or both."""
    return [*(list_photos(base / "train") if base else []), *own]


def prepare(photos: list[Photo], cache: Path, views: int = VIEWS) -> Views:
    """Decodes, doubts labels, cuts empty streets, draws views; found again in `cache` the next time."""
    lines = "\n".join(f"{photo.path} {photo.label} {photo.trust}" for photo in photos)
    folder = cache / f"views-{hashlib.sha256(f'{views} {SEED} {lines}'.encode()).hexdigest()[:12]}"
    found = load_views(folder)
    if found is not None:
        return found
    pictures = load(photos)
    features = pooled_features(pictures)
    trust = label_trust(photos, features, SEED)
    streets = empty_streets(photos, pictures, features, SEED)
    print(f"{len(photos)} photos, {int((trust < 1).sum())} labels doubted, {len(streets)} empty streets cut", flush=True)
    scenes = [Scene(replace(p, trust=float(t)), x) for p, t, x in zip(photos, trust, pictures, strict=True)]
    draw_views([*scenes, *(Scene(part, x) for part, x in streets)], views, SEED, folder)
    return prepare(photos, cache, views)


def with_plain(views: Views, plain: Judged) -> Views:
    """The views and, beside them, each photo as it is."""
    return Views(
        np.concatenate([views.features, plain.features]),
        np.concatenate([views.labels, plain.labels]),
        np.concatenate([views.sources, plain.sources]),
        np.concatenate([views.others, plain.sources]),
    )


def judged(photos: list[Photo], cache: Path, name: str) -> Judged:
    path = cache / f"plain-{name}-{len(photos)}.npy"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        np.save(path, plain_features(load(photos)))
    return Judged(photos, np.load(path))


