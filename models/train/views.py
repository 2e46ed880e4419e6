"""Many looks at each photo, and what the frozen half of the network makes of them: drawn once, used by every run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import nn

from conditions import weathered
from framing import Rng, beside, chance, crop, fit, lay_on_ground, look, pad, shrink
from network import Network
from photos import CLEAN, NOT_A_SITE, OVERFLOW, SCATTERED, Photo, shares
from spoil import spoiled
from trunk import feature_runner

UNUSABLE = -1
# Of all views. The rest is one photo from another stand, in other weather.
JOINED, LITTERED, PATCHED, SPOILED = 0.14, 0.07, 0.05, 0.07
# Small litter must not fall out of the picture with the crop.
LEAST_AREA = {CLEAN: 0.55, OVERFLOW: 0.5, SCATTERED: 0.65, NOT_A_SITE: 0.4}
# Sources whose photos were squeezed into squares before they came here.
STRETCHED = frozenset({"atanu"})
# Not pictures of streets.
INDOORS = frozenset({"imagenet"})
CHUNK = 64


@dataclass(frozen=True)
class Scene:
    """One decoded photo, or part of one."""

    photo: Photo
    pixels: np.ndarray


@dataclass(frozen=True)
class Views:
    """Features at the cut (float16, views x channels x places), label or UNUSABLE, the photo drawn, and all sources in it."""

    features: np.ndarray
    labels: np.ndarray
    sources: np.ndarray
    others: np.ndarray

    def without(self, sources: frozenset[str]) -> np.ndarray:
        """Which views show nothing of these sources."""
        return ~(np.isin(self.sources, list(sources)) | np.isin(self.others, list(sources)))


class Cut(nn.Module):
    """The frozen half, its output laid out as channels x places."""

    def __init__(self) -> None:
        super().__init__()
        self.network = Network().eval()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.network.early(x)[1].flatten(2)


class Painter:
    """Draws view after view; the same seed and number give the same view."""

    def __init__(self, scenes: Sequence[Scene], seed: int) -> None:
        self.scenes = scenes
        self.seed = seed
        labels = np.array([scene.photo.label for scene in scenes])
        sources = np.array([scene.photo.source for scene in scenes])
        trust = np.array([scene.photo.trust for scene in scenes])
        self.share = shares(labels, sources, trust)
        outdoors = ~np.isin(sources, list(INDOORS))
        self.streets = np.flatnonzero((labels == NOT_A_SITE) & outdoors)
        # Where waste fills the lower half, so that a patch of it is waste.
        self.litter = np.flatnonzero((labels == SCATTERED) & (trust >= 1))
        self.ground = np.flatnonzero(np.isin(labels, (CLEAN, NOT_A_SITE)) & outdoors)

    def _look(self, scene: Scene, rng: Rng) -> np.ndarray:
        photo = scene.photo
        return look(scene.pixels, rng, LEAST_AREA[photo.label], photo.source in STRETCHED)

    def _patch(self, members: np.ndarray, rng: Rng) -> Scene:
        scene = self.scenes[int(rng.choice(members))]
        height, width = scene.pixels.shape[:2]
        lower = scene.pixels[int(height * 0.5) : int(height * 0.9), int(width * 0.2) : int(width * 0.8)]
        return Scene(scene.photo, crop(lower, rng, 0.3))

    def view(self, number: int) -> tuple[np.ndarray, int, str, str]:
        """Square bytes, label, source, the other source (the same where there is one)."""
        rng = np.random.default_rng((self.seed, number))
        scene = self.scenes[int(rng.choice(len(self.scenes), p=self.share))]
        source, other, label = scene.photo.source, scene.photo.source, scene.photo.label
        kind = rng.random()
        if kind < LITTERED + PATCHED and len(self.streets) > 0:
            litters = kind < LITTERED
            members = self.streets if litters or label != CLEAN else [int(rng.choice(self.ground))]
            scene = self.scenes[int(rng.choice(members))]
            patch = self._patch(self.litter if litters else self.ground, rng)
            source, other = scene.photo.source, patch.photo.source
            label = SCATTERED if litters else scene.photo.label
            pixels = lay_on_ground(self._look(scene, rng), patch.pixels, rng)
        elif kind > 1 - JOINED:
            second = self.scenes[int(rng.choice(len(self.scenes), p=self.share))]
            other = second.photo.source
            # The worst of both: overflow, scattered, clean, nothing.
            label = min((label, second.photo.label), key=(OVERFLOW, SCATTERED, CLEAN, NOT_A_SITE).index)
            pixels = beside(self._look(scene, rng), self._look(second, rng), rng)
        else:
            pixels = self._look(scene, rng)
        if chance(rng, 0.15):
            small = rng.uniform(0.35, 0.7)
            pixels = cv2.resize(pixels, None, fx=small, fy=small, interpolation=cv2.INTER_AREA)
        seen = weathered(shrink(pixels), rng)
        if chance(rng, SPOILED):
            return pad(spoiled(seen, rng)), UNUSABLE, source, other
        return pad(seen), label, source, other


_painter: Painter | None = None


def _paint(numbers: range) -> list[tuple[np.ndarray, int, str, str]]:
    cv2.setNumThreads(1)
    assert _painter is not None
    return [_painter.view(number) for number in numbers]


def load_views(folder: Path) -> Views | None:
    """What `draw_views` left in the folder."""
    told = folder / "told.npz"
    if not told.exists():
        return None
    columns = np.load(told)
    features = np.load(folder / "features.npy", mmap_mode="r")
    return Views(features, columns["labels"], columns["sources"], columns["others"])


def draw_views(scenes: Sequence[Scene], count: int, seed: int, folder: Path) -> None:
    """Draws the views in other processes and runs the frozen half over them, into the folder."""
    global _painter
    # Forked workers share the decoded photos.
    _painter = Painter(scenes, seed)
    rows: list[tuple[int, str, str]] = []

    def squares() -> Iterator[np.ndarray]:
        with ProcessPoolExecutor(mp_context=get_context("fork")) as pool:
            for chunk in pool.map(_paint, [range(at, min(count, at + CHUNK)) for at in range(0, count, CHUNK)]):
                for square, *row in chunk:
                    rows.append((row[0], row[1], row[2]))
                    yield square
                if len(rows) % (CHUNK * 20) == 0:
                    print(f"{len(rows)} of {count} views", flush=True)

    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "features.npy", feature_runner(Cut())(squares()))
    labels, sources, others = (np.array(column) for column in zip(*rows, strict=True))
    np.savez(folder / "told.npz", labels=labels, sources=sources, others=others)


def plain_features(pictures: Sequence[np.ndarray]) -> np.ndarray:
    """The same features of whole, unchanged photos."""
    return feature_runner(Cut())(fit(picture) for picture in pictures)
