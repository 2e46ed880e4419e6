"""Unusable photos made from good ones. The border: a person who knows the place could no longer say clean or dirty.

Mild night, rain, blur and dirt of `conditions.py` stay usable; here each kind begins well beyond them.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from conditions import dirt_on_lens, motion, rain
from framing import Rng


def dark(x: np.ndarray, rng: Rng) -> np.ndarray:
    dim = 255 * (x / 255) ** rng.uniform(1.3, 2.2) * rng.uniform(0.02, 0.1)
    return dim + np.abs(rng.standard_normal(x.shape, dtype=np.float32)) * rng.uniform(0.5, 6)


def overexposed(x: np.ndarray, rng: Rng) -> np.ndarray:
    return 255 * (x / 255) ** rng.uniform(0.15, 0.4) * rng.uniform(1.2, 2.0) + rng.uniform(30, 110)


def out_of_focus(x: np.ndarray, rng: Rng) -> np.ndarray:
    return cv2.GaussianBlur(x, (0, 0), rng.uniform(5.5, 14))


def moved(x: np.ndarray, rng: Rng) -> np.ndarray:
    return motion(motion(x, rng, rng.uniform(29, 70)), rng, rng.uniform(7, 15))


def covered(x: np.ndarray, rng: Rng) -> np.ndarray:
    """A finger, a glove or mud over nearly all of the lens."""
    height, width = x.shape[:2]
    tone = np.array([rng.uniform(15, 190), rng.uniform(10, 130), rng.uniform(5, 110)], np.float32) * rng.uniform(0.3, 1)
    y, across = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    cover = np.clip((1.5 - np.hypot(across - rng.uniform(-0.7, 0.7), y - rng.uniform(-0.7, 0.7))) * 2.5, 0, 1)[..., None]
    return x * (1 - cover) + tone * cover * (1 + 0.15 * across[..., None]) + rng.normal(0, 3, x.shape).astype(np.float32)


def washed(x: np.ndarray, rng: Rng) -> np.ndarray:
    blurred = cv2.GaussianBlur(x, (0, 0), rng.uniform(3, 6))
    return dirt_on_lens(rain(blurred, rng, heavy=True), rng, rng.uniform(0.6, 0.95))


def tiny(x: np.ndarray, rng: Rng) -> np.ndarray:
    """So few pixels that nothing can be made out."""
    side = int(rng.uniform(6, 26))
    small = cv2.resize(x, (side, side), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, x.shape[1::-1], interpolation=cv2.INTER_LINEAR if rng.random() < 0.5 else cv2.INTER_CUBIC)


KINDS: tuple[Callable[[np.ndarray, Rng], np.ndarray], ...] = (
    dark, overexposed, out_of_focus, moved, covered, washed, tiny,
)  # fmt: skip


def spoiled(square: np.ndarray, rng: Rng) -> np.ndarray:
    kind = KINDS[int(rng.integers(len(KINDS)))]
    return np.clip(kind(square.astype(np.float32), rng), 0, 255).astype(np.uint8)
