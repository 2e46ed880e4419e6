"""The photographs: listing, people's answers about them, and how often each is drawn."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from picture import decode

LABELS = ("clean", "overflow", "scattered", "not_a_site")
CLEAN, OVERFLOW, SCATTERED, NOT_A_SITE = range(4)
OWN = "own"
# Of an operator's photos, so many are never trained on: they compare the new model with the old one.
HELD_OUT = 0.2


@dataclass(frozen=True)
class Photo:
    """One labelled file; `trust` (0 to 1) is what its label weighs."""

    path: Path
    label: int
    source: str
    trust: float = 1.0


def list_photos(folder: Path) -> list[Photo]:
    """All photos below `folder`/{label}/, in a fixed order; the first word of a file's name is its source."""
    return [
        Photo(path, label, path.name.split("-")[0])
        for label, name in enumerate(LABELS)
        for path in sorted((folder / name).glob("*.jpg"))
    ]


def own_photos(folder: Path) -> list[Photo]:
    """An operator's `{label}/*.jpg`, corrected by `answers.csv` (columns file, class, annotator) where there is one.

    `file` is relative to the folder. Several people may answer about one file: the majority is its class, and the
    share that agreed is what it weighs; a file without a majority is left out.
    """
    photos = {photo.path.relative_to(folder).as_posix(): replace(photo, source=OWN) for photo in list_photos(folder)}
    answers: dict[str, dict[str, str]] = defaultdict(dict)
    table = folder / "answers.csv"
    if table.exists():
        with table.open(newline="") as lines:
            for row in csv.DictReader(lines):
                if row["class"] not in LABELS:
                    raise SystemExit(f"{table}: class {row['class']!r} of {row['file']} is none of {', '.join(LABELS)}")
                answers[row["file"]][row["annotator"]] = row["class"]
    for file, by_person in answers.items():
        (best, count), *others = Counter(by_person.values()).most_common()
        photos.pop(file, None)
        if (folder / file).exists() and not (others and others[0][1] == count):
            photos[file] = Photo(folder / file, LABELS.index(best), OWN, count / len(by_person))
    return [photos[name] for name in sorted(photos)]


def hold_out(photos: Sequence[Photo], seed: int) -> tuple[list[Photo], list[Photo]]:
    """(kept for training, held out), each class alike."""
    rng = np.random.default_rng(seed)
    held: set[int] = set()
    for label in range(len(LABELS)):
        members = [index for index, photo in enumerate(photos) if photo.label == label]
        held.update(rng.permutation(members)[: round(HELD_OUT * len(members))].tolist())
    kept = [photo for index, photo in enumerate(photos) if index not in held]
    return kept, [photo for index, photo in enumerate(photos) if index in held]


def load(photos: Sequence[Photo]) -> list[np.ndarray]:
    """Decoded pictures (about 330 KB each)."""
    with ProcessPoolExecutor() as pool:
        return list(pool.map(decode, [photo.path for photo in photos], chunksize=64))


def shares(labels: np.ndarray, sources: np.ndarray, trust: np.ndarray) -> np.ndarray:
    """How often each item is drawn: classes alike, within a class each source by the root of its size; sums to 1.

    The root keeps 19 overfull Montevideo containers from drowning among 1,172 pictures of another source, without
    showing each of them twenty times as often.
    """
    weight = np.zeros(len(labels))
    for label in np.unique(labels):
        of_label = labels == label
        groups = [of_label & (sources == source) for source in np.unique(sources[of_label])]
        roots = np.sqrt([group.sum() for group in groups])
        for group, share in zip(groups, roots / roots.sum(), strict=True):
            weight[group] = share * trust[group] / max(1e-9, trust[group].sum())
    return weight / weight.sum()
