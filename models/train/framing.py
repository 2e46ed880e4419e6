"""Where the camera stood: crops, shears and their black wedges, distance, wide angle, two scenes in one picture."""

from __future__ import annotations

import math

import cv2
import numpy as np

from picture import PAD, SIDE_PX, letterbox_size

Rng = np.random.Generator
WEDGES = (0, 0, 0)


def chance(rng: Rng, share: float) -> bool:
    return bool(rng.random() < share)


def crop(pixels: np.ndarray, rng: Rng, least_area: float) -> np.ndarray:
    """A part of at least this share of the area."""
    height, width = pixels.shape[:2]
    area = rng.uniform(least_area, 1)
    ratio = math.exp(rng.uniform(-0.25, 0.25))
    across = min(1.0, math.sqrt(area * ratio))
    down = min(1.0, area / across)
    w, h = max(8, round(width * across)), max(8, round(height * down))
    left, top = int(rng.integers(0, width - w + 1)), int(rng.integers(0, height - h + 1))
    return pixels[top : top + h, left : left + w]


def stretch_by(pixels: np.ndarray, ratio: float) -> np.ndarray:
    """Wider (ratio above 1) or narrower, with the area kept."""
    height, width = pixels.shape[:2]
    size = (max(8, round(width * math.sqrt(ratio))), max(8, round(height / math.sqrt(ratio))))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR)


def shear(pixels: np.ndarray, rng: Rng) -> np.ndarray:
    """Turned and sheared by some degrees; the wedges are black as in one source's copies, or stretched edges."""
    height, width = pixels.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), rng.uniform(-8, 8), 1)
    a, b = rng.uniform(-0.18, 0.18, 2)
    matrix = matrix @ np.array([[1, a, -a * height / 2], [b, 1, -b * width / 2], [0, 0, 1]])
    border = cv2.BORDER_CONSTANT if chance(rng, 0.6) else cv2.BORDER_REPLICATE
    return cv2.warpAffine(pixels, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=border, borderValue=WEDGES)


def wide_angle(pixels: np.ndarray, rng: Rng) -> np.ndarray:
    """The barrel of a dashboard camera: straight lines bend outwards."""
    height, width = pixels.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    u, v = (x - width / 2) / (width / 2), (y - height / 2) / (height / 2)
    bend = 1 + rng.uniform(0.05, 0.25) * (u * u + v * v)
    return cv2.remap(
        pixels, u * bend * width / 2 + width / 2, v * bend * height / 2 + height / 2, cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT, borderValue=WEDGES,
    )  # fmt: skip


def shrink(pixels: np.ndarray, side_px: int = SIDE_PX) -> np.ndarray:
    """The longer side as long as the model's square, by area averaging in bytes: quick enough for many views."""
    height, width = letterbox_size(*pixels.shape[:2], side_px)
    method = cv2.INTER_AREA if side_px < max(pixels.shape[:2]) else cv2.INTER_LINEAR
    return cv2.resize(pixels, (width, height), interpolation=method)


def pad(pixels: np.ndarray, side_px: int = SIDE_PX) -> np.ndarray:
    """The grey around it, as the device lays it."""
    height, width = pixels.shape[:2]
    square = np.full((side_px, side_px, 3), PAD, np.uint8)
    top, left = (side_px - height) // 2, (side_px - width) // 2
    square[top : top + height, left : left + width] = pixels
    return square


def fit(pixels: np.ndarray) -> np.ndarray:
    """The letterbox of `picture.py`, in bytes."""
    return pad(shrink(pixels))


def look(pixels: np.ndarray, rng: Rng, least_area: float, stretched: bool) -> np.ndarray:
    """One photo from another stand; `stretched` ones come from a source that squeezed its photos into squares."""
    if chance(rng, 0.8):
        pixels = crop(pixels, rng, least_area)
    if stretched:
        pixels = stretch_by(pixels, math.exp(rng.uniform(-0.4, 0.6)))
    elif chance(rng, 0.35):
        pixels = stretch_by(pixels, math.exp(rng.uniform(-0.4, 0.4)))
    if chance(rng, 0.3):
        pixels = shear(pixels, rng)
    if chance(rng, 0.12):
        pixels = wide_angle(pixels, rng)
    if chance(rng, 0.5):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)


def beside(one: np.ndarray, other: np.ndarray, rng: Rng) -> np.ndarray:
    """Two scenes in one picture, each whole: what is in either is in the picture, smaller and elsewhere."""
    share = rng.uniform(0.35, 0.65)
    long, short = 320, int(rng.uniform(170, 320))
    cut = round(long * share)
    if chance(rng, 0.65):
        parts = [cv2.resize(p, (w, short), interpolation=cv2.INTER_AREA) for p, w in ((one, cut), (other, long - cut))]
        return np.concatenate(parts, 1)
    parts = [cv2.resize(p, (short, h), interpolation=cv2.INTER_AREA) for p, h in ((one, cut), (other, long - cut))]
    return np.concatenate(parts, 0)


def blob(height: int, width: int, rng: Rng) -> np.ndarray:
    """A soft irregular mask, 0 to 1."""
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    coarse = rng.uniform(-0.45, 0.45, (5, 5)).astype(np.float32)
    ragged = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    inside = ((x * x + y * y) ** 0.5 + ragged < 0.8).astype(np.float32)
    return cv2.GaussianBlur(inside, (0, 0), max(0.6, width / 40))[..., None]


def lay_on_ground(scene: np.ndarray, litter: np.ndarray, rng: Rng) -> np.ndarray:
    """A patch of another photo on the lower half of a scene, in the scene's light."""
    height, width = scene.shape[:2]
    w = int(width * rng.uniform(0.12, 0.38))
    h = min(int(w * rng.uniform(0.5, 1.0)), int(height * 0.45))
    patch = cv2.resize(litter, (max(4, w), max(4, h)), interpolation=cv2.INTER_AREA).astype(np.float32)
    top = int(rng.uniform(height * 0.5, height - patch.shape[0] - 1))
    left = int(rng.uniform(0, width - patch.shape[1] - 1))
    out = scene.astype(np.float32)
    under = out[top : top + patch.shape[0], left : left + patch.shape[1]]
    patch *= np.clip((under.mean() + 25) / (patch.mean() + 25), 0.55, 1.6)
    mask = blob(*patch.shape[:2], rng)
    under[:] = under * (1 - mask) + patch * mask
    return np.clip(out, 0, 255).astype(np.uint8)
