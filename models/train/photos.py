"""The photographs: listing, a cache of small squares, balanced drawing and augmentation."""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageFilter
from torch.utils.data import Dataset

from picture import SIDE_PX, decode, normalise, stretch

LABELS = ("clean", "overflow", "scattered", "not_a_site")
# Room for crops: the smallest crop below (0.45 of the area) is still 193 px wide.
CACHE_PX = 288


@dataclass(frozen=True)
class Photo:
    """One labelled file; the first word of its name is its source."""

    path: Path
    label: int
    source: str


def list_photos(folder: Path, without: frozenset[str] = frozenset()) -> list[Photo]:
    """All photos below `folder`/{label}/, in a fixed order, except the sources left out."""
    found = [
        Photo(path, label, path.name.split("-")[0])
        for label, name in enumerate(LABELS)
        for path in sorted((folder / name).glob("*.jpg"))
    ]
    return [photo for photo in found if photo.source not in without]


def cached_squares(photos: list[Photo], side_px: int, cache: Path) -> np.ndarray:
    """Every photo decoded and stretched once, as bytes in one file that is mapped, not loaded."""
    names = "\n".join(str(photo.path) for photo in photos)
    key = hashlib.sha256(f"{side_px}\n{names}".encode()).hexdigest()[:16]
    path = cache / f"{key}.npy"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        squares = np.empty((len(photos), side_px, side_px, 3), dtype=np.uint8)
        for index, photo in enumerate(photos):
            squares[index] = np.rint(stretch(decode(photo.path), side_px))
        partial = path.with_suffix(".partial.npy")
        np.save(partial, squares)
        partial.rename(path)
    return np.load(path, mmap_mode="r")


def balanced_draw(photos: list[Photo], count: int, rng: np.random.Generator) -> np.ndarray:
    """Indices with every class equally often and, within a class, each source by the root of its size.

    The root keeps 19 overfull Montevideo containers from drowning among 1,172 pictures of another source, without
    showing each of them twenty times an epoch.
    """
    groups: dict[int, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for index, photo in enumerate(photos):
        groups[photo.label][photo.source].append(index)
    drawn: list[int] = []
    for label, sources in sorted(groups.items()):
        share = np.sqrt([len(members) for members in sources.values()])
        wanted = np.rint(share / share.sum() * count / len(groups)).astype(int)
        for members, amount in zip(sources.values(), wanted, strict=True):
            rounds = [rng.permutation(members) for _ in range(math.ceil(amount / len(members)))]
            drawn.extend(np.concatenate(rounds)[:amount] if rounds else [])
    return rng.permutation(np.array(drawn))


def augment(square: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A random look at one photo: another framing, light, lens and sensor."""
    image = Image.fromarray(square)
    if rng.random() < 0.25:
        # Black wedges mark one source (a shear in its collection), so every source gets them.
        shear, turn = rng.uniform(-0.2, 0.2, 2)
        half = CACHE_PX / 2
        matrix = (1, shear, -shear * half, turn, 1, -turn * half)
        image = image.transform(image.size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)
    area = rng.uniform(0.45, 1.0) * CACHE_PX**2
    ratio = math.exp(rng.uniform(math.log(3 / 4), math.log(4 / 3)))
    width = min(CACHE_PX, math.sqrt(area * ratio))
    height = min(CACHE_PX, math.sqrt(area / ratio))
    left = rng.uniform(0, CACHE_PX - width)
    top = rng.uniform(0, CACHE_PX - height)
    box = (left, top, left + width, top + height)
    image = image.resize((SIDE_PX, SIDE_PX), Image.Resampling.BILINEAR, box=box)
    if rng.random() < 0.2:
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.5)))
    pixels = np.asarray(image, dtype=np.float32)
    if rng.random() < 0.5:
        pixels = pixels[:, ::-1]
    return recolour(pixels, rng)


def recolour(pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Light, white balance, contrast, saturation and noise."""
    if rng.random() < 0.5:
        pixels = 255 * (pixels / 255) ** math.exp(rng.uniform(-0.5, 0.5))
    pixels = pixels * rng.uniform(0.7, 1.3) * rng.uniform(0.88, 1.12, 3).astype(np.float32)
    mean = pixels.mean()
    pixels = mean + (pixels - mean) * rng.uniform(0.65, 1.35)
    grey = pixels @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    saturation = 0.0 if rng.random() < 0.1 else rng.uniform(0.5, 1.5)
    pixels = grey[..., None] + (pixels - grey[..., None]) * saturation
    if rng.random() < 0.25:
        noise = rng.standard_normal(pixels.shape, dtype=np.float32)
        pixels = pixels + noise * rng.uniform(2, 12)
    if rng.random() < 0.2:
        side = int(rng.uniform(0.1, 0.3) * SIDE_PX)
        y, x = rng.integers(0, SIDE_PX - side, 2)
        pixels[y : y + side, x : x + side] = rng.uniform(0, 255)
    return np.clip(pixels, 0, 255)


class Epoch(Dataset):
    """The augmented pictures of one epoch; the same seed and epoch give the same pictures."""

    def __init__(self, photos: list[Photo], squares: np.ndarray, count: int, seed: int, epoch: int) -> None:
        self.photos = photos
        self.squares = squares
        self.seed = (seed, epoch)
        self.order = balanced_draw(photos, count, np.random.default_rng((*self.seed, 0)))

    def __len__(self) -> int:
        return len(self.order)

    def __getitem__(self, position: int) -> tuple[torch.Tensor, int]:
        index = self.order[position]
        rng = np.random.default_rng((*self.seed, 1, position))
        pixels = augment(np.array(self.squares[index]), rng)
        return torch.from_numpy(normalise(pixels)), self.photos[index].label
