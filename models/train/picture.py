"""JPEG to tensor: the same rule as `edge/classify/preprocess.ts`; a test compares the two."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

SIDE_PX = 224
# The ImageNet weights were trained on (value - 127) / 128.
MEAN = 127.0
STD = 128.0


def decode(path: Path) -> np.ndarray:
    """Height x width x RGB bytes, turned upright by EXIF."""
    with Image.open(path) as image:
        return np.asarray(ImageOps.exif_transpose(image).convert("RGB"))


@lru_cache(maxsize=512)
def area_weights(source: int, target: int) -> np.ndarray:
    """Target x source matrix: each target cell is the mean of the source cells it covers, by covered length."""
    scale = source / target
    edges = np.arange(target)[:, None] * scale
    cells = np.arange(source)[None, :]
    overlap = np.minimum(edges + scale, cells + 1) - np.maximum(edges, cells)
    return (np.clip(overlap, 0, None) / scale).astype(np.float32)


def stretch(pixels: np.ndarray, side_px: int = SIDE_PX) -> np.ndarray:
    """The whole picture stretched to a square by area averaging; 0..255 floats, not rounded."""
    rows = area_weights(pixels.shape[0], side_px)
    columns = area_weights(pixels.shape[1], side_px)
    return np.einsum("yh,hwc,xw->yxc", rows, pixels.astype(np.float32), columns, optimize=True)


def normalise(pixels: np.ndarray) -> np.ndarray:
    """Square picture (height x width x RGB, 0..255) to the model's channels x height x width."""
    return np.ascontiguousarray(((pixels.astype(np.float32) - MEAN) / STD).transpose(2, 0, 1))


def tensor_of(path: Path) -> np.ndarray:
    """What the model sees of one file."""
    return normalise(stretch(decode(path)))
