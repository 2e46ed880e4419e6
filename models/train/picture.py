"""JPEG to tensor: the same rule as `edge/classify/preprocess.ts`; a test compares the two."""

from __future__ import annotations

import math
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

SIDE_PX = 256
# The ImageNet weights were trained on (value - 127) / 128, so the grey of the padding is 0 for the network.
MEAN = 127.0
STD = 128.0
PAD = 127
# A photo four times as long as the network's input is halved first; its pixels are weighed so (cubic, sum 256).
HALVED_FROM_PX = 4 * SIDE_PX
ORIENTATION = 0x0112  # of EXIF; from 5 on width and height change places
HALVING = (-3, -9, 29, 111, 111, 29, -9, -3)


def decode(path: Path) -> np.ndarray:
    """Height x width x RGB bytes, turned upright by EXIF, halved where it is large: all that is ever seen of a photo."""
    with Image.open(path) as image:
        lies_on_its_side = image.getexif().get(ORIENTATION, 1) >= 5
        pixels = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
    height, width = pixels.shape[:2]
    if max(height, width) < HALVED_FROM_PX or height % 2 or width % 2:
        return pixels
    # As it is stored: up and down first.
    first = 1 if lies_on_its_side else 0
    return halve(halve(pixels, first), 1 - first)


def halve(pixels: np.ndarray, axis: int) -> np.ndarray:
    """Half as many bytes along one axis, as the device's image library computes them: edges repeated, rounded half up."""
    padding = [(0, 0)] * pixels.ndim
    padding[axis] = (3, 3)
    padded = np.pad(pixels, padding, mode="edge").astype(np.int32)
    count = pixels.shape[axis]
    sums = sum(
        weight * padded.take(range(first, first + count, 2), axis=axis) for first, weight in enumerate(HALVING)
    )
    return np.clip((sums + 128) >> 8, 0, 255).astype(np.uint8)


@lru_cache(maxsize=512)
def area_weights(source: int, target: int) -> np.ndarray:
    """Target x source matrix: each target cell is the mean of the source cells it covers, by covered length."""
    scale = source / target
    edges = np.arange(target)[:, None] * scale
    cells = np.arange(source)[None, :]
    overlap = np.minimum(edges + scale, cells + 1) - np.maximum(edges, cells)
    return (np.clip(overlap, 0, None) / scale).astype(np.float32)


def stretch(pixels: np.ndarray, height: int, width: int) -> np.ndarray:
    """The whole picture stretched by area averaging; 0..255 floats, not rounded."""
    rows = area_weights(pixels.shape[0], height)
    columns = area_weights(pixels.shape[1], width)
    return np.einsum("yh,hwc,xw->yxc", rows, pixels.astype(np.float32), columns, optimize=True)


def letterbox_size(height: int, width: int, side_px: int = SIDE_PX) -> tuple[int, int]:
    """Height and width inside the square: the longer side fills it, the other is rounded half up, at least 1."""
    scale = side_px / max(height, width)
    down, across = (min(side_px, max(1, math.floor(length * scale + 0.5))) for length in (height, width))
    return down, across


def letterbox(pixels: np.ndarray, side_px: int = SIDE_PX) -> np.ndarray:
    """The whole picture in a square with its proportions kept, centred (a spare pixel below and right) on grey."""
    height, width = letterbox_size(*pixels.shape[:2], side_px)
    square = np.full((side_px, side_px, 3), PAD, dtype=np.float32)
    top, left = (side_px - height) // 2, (side_px - width) // 2
    square[top : top + height, left : left + width] = stretch(pixels, height, width)
    return square


def normalise(pixels: np.ndarray) -> np.ndarray:
    """Pictures (... x height x width x RGB, 0..255) to the model's ... x channels x height x width."""
    return np.ascontiguousarray(np.moveaxis((pixels.astype(np.float32) - MEAN) / STD, -1, -3))


def tensor_of(path: Path) -> np.ndarray:
    """What the model sees of one file."""
    return normalise(letterbox(decode(path)))
