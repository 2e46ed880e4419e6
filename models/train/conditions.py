"""Light, weather, lens and file: what a truck's camera does to a picture that a person can still judge."""

from __future__ import annotations

import math

import cv2
import numpy as np

from framing import Rng, chance

GREY = np.array([0.299, 0.587, 0.114], dtype=np.float32)


def light(x: np.ndarray, rng: Rng) -> np.ndarray:
    """Exposure, gamma, white balance, contrast, saturation."""
    if chance(rng, 0.5):
        x = 255 * (x / 255) ** math.exp(rng.uniform(-0.5, 0.6))
    x = x * rng.uniform(0.7, 1.3) * rng.uniform(0.9, 1.1, 3).astype(np.float32)
    mean = x.mean()
    x = mean + (x - mean) * rng.uniform(0.6, 1.35)
    grey = (x @ GREY)[..., None]
    return grey + (x - grey) * (0.0 if chance(rng, 0.12) else rng.uniform(0.4, 1.5))


def night(x: np.ndarray, rng: Rng) -> np.ndarray:
    """Little light, a street lamp's colour, often the cone of one's own headlights, and noise."""
    height, width = x.shape[:2]
    lamp = np.array([rng.uniform(1.0, 1.25), rng.uniform(0.85, 1.0), rng.uniform(0.55, 1.0)], np.float32)
    x = 255 * (np.clip(x, 0, 255) / 255) ** rng.uniform(1.2, 1.9) * lamp
    strength = rng.uniform(0.22, 0.6)
    if chance(rng, 0.6):
        y, across = np.mgrid[0:height, 0:width].astype(np.float32)
        centre = rng.uniform(0.25, 0.75) * width, rng.uniform(0.5, 0.85) * height
        spread = rng.uniform(0.25, 0.55) * width
        cone = np.exp(-(((across - centre[0]) / spread) ** 2 + ((y - centre[1]) / (0.7 * spread)) ** 2))
        x = x * (strength + (1.2 - strength) * cone[..., None])
    else:
        x = x * (strength + 0.25)
    return x + rng.standard_normal(x.shape, dtype=np.float32) * rng.uniform(2, 9)


def rain(x: np.ndarray, rng: Rng, heavy: bool = False) -> np.ndarray:
    """Slanted streaks and haze; heavy rain hides the scene."""
    height, width = x.shape[:2]
    drops = np.zeros((height, width), np.float32)
    count = int(rng.uniform(1500, 2500) if heavy else rng.uniform(80, 400))
    drops[rng.integers(0, height, count), rng.integers(0, width, count)] = 255
    length = int(rng.uniform(9, 21))
    kernel = np.zeros((length, length), np.float32)
    cv2.line(kernel, (int(rng.uniform(0, length)), 0), (length // 2, length - 1), 1)
    streaks = cv2.filter2D(drops, -1, kernel / max(1, kernel.sum()) * rng.uniform(2, 5))[..., None]
    haze = rng.uniform(0.5, 0.8) if heavy else rng.uniform(0, 0.25)
    return (x * (1 - haze) + 170 * haze) * 1.0 + streaks * rng.uniform(0.3, 0.8)


def snow(x: np.ndarray, rng: Rng) -> np.ndarray:
    """Falling flakes, and white that lies on what is bright and low in the picture."""
    height, width = x.shape[:2]
    flakes = np.zeros((height, width), np.float32)
    for _ in range(int(rng.uniform(30, 200))):
        centre = int(rng.integers(0, width)), int(rng.integers(0, height))
        cv2.circle(flakes, centre, int(rng.uniform(0.6, 2.6)), float(rng.uniform(120, 255)), -1)
    x = np.maximum(x, cv2.GaussianBlur(flakes, (0, 0), 0.7)[..., None])
    if chance(rng, 0.5):
        grey = (x @ GREY)[..., None]
        low = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
        lying = np.clip((grey - grey.mean()) / 60 + low - 0.4, 0, 1) * rng.uniform(0.3, 0.75)
        x = x * (1 - lying) + 235 * lying
    return x


def dirt_on_lens(x: np.ndarray, rng: Rng, share: float) -> np.ndarray:
    """Blurred smears and drops on the glass over about this share of the picture."""
    height, width = x.shape[:2]
    coarse = rng.random((7, 7), dtype=np.float32)
    field = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    mask = np.clip((np.quantile(field, share) - field) * 8, 0, 1)[..., None]
    smear = cv2.GaussianBlur(x, (0, 0), rng.uniform(6, 12)) * rng.uniform(0.4, 1.0) + rng.uniform(0, 40)
    return x * (1 - mask) + smear * mask


def motion(x: np.ndarray, rng: Rng, length: float) -> np.ndarray:
    """Smeared by so many pixels of the model's square."""
    size = max(3, int(length) | 1)
    kernel = np.zeros((size, size), np.float32)
    angle = rng.normal(0, 0.35)
    reach = size / 2 * np.array([math.cos(angle), math.sin(angle)])
    centre = np.array([size // 2, size // 2])
    cv2.line(kernel, tuple(np.rint(centre - reach).astype(int).tolist()), tuple(np.rint(centre + reach).astype(int).tolist()), 1)
    return cv2.filter2D(x, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REFLECT)


def compress(x: np.ndarray, rng: Rng, quality: float) -> np.ndarray:
    _, data = cv2.imencode(".jpg", np.clip(x, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, int(quality)])
    return cv2.imdecode(data, cv2.IMREAD_UNCHANGED).astype(np.float32)


def weathered(square: np.ndarray, rng: Rng) -> np.ndarray:
    """A random mixture that leaves the picture judgeable."""
    x = light(square.astype(np.float32), rng) if chance(rng, 0.85) else square.astype(np.float32)
    if chance(rng, 0.14):
        x = night(x, rng)
    if chance(rng, 0.07):
        x = rain(x, rng)
    elif chance(rng, 0.08):
        x = snow(x, rng)
    if chance(rng, 0.07):
        x = dirt_on_lens(x, rng, rng.uniform(0.05, 0.25))
    if chance(rng, 0.1):
        x = motion(x, rng, rng.uniform(3, 6))
    elif chance(rng, 0.18):
        x = cv2.GaussianBlur(x, (0, 0), rng.uniform(0.4, 1.3))
    if chance(rng, 0.2):
        x = x + rng.standard_normal(x.shape, dtype=np.float32) * rng.uniform(2, 11)
    if chance(rng, 0.12):
        side = int(rng.uniform(0.1, 0.28) * min(x.shape[:2]))
        top, left = int(rng.integers(0, x.shape[0] - side)), int(rng.integers(0, x.shape[1] - side))
        x[top : top + side, left : left + side] = rng.uniform(0, 255)
    if chance(rng, 0.25):
        x = compress(x, rng, rng.uniform(25, 75))
    return np.clip(x, 0, 255).astype(np.uint8)
