"""Trains the network in rounds over the same views, each from where the last one ended; a checkpoint after each.

    train.py --photos ../shared/photos --out /tmp/train/run
    train.py --photos ../shared/photos --data /var/lib/operator/photos --out /tmp/train/own     base and own photos
    train.py --data /var/lib/operator/photos --out /tmp/train/own                               own photos only
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch

from answers import confusion_of, dirty_or_clean, label_recalls
from fit import fit, probabilities, start
from network import Network
from photos import LABELS, Photo, hold_out, list_photos, own_photos
from prepare import SEED, VIEWS, Judged, gather, judged, prepare, with_plain

# A third round of 52,000 made the training photos fit better and nothing else: see README.md.
ROUNDS = 2
SAMPLES = 40_000


def report(network: Network, split: Judged) -> dict[str, object]:
    found = probabilities(network, split.features)
    return {
        "accuracy": round(float((found.argmax(1) == split.labels).mean()), 4),
        "dirtyOrClean": dirty_or_clean(split.labels, found),
        "recalls": label_recalls(split.labels, found),
        "confusion": confusion_of(split.labels, found).tolist(),
    }


def lay_out(photos: list[Photo], folder: Path) -> None:
    """Links to photos that no run has seen, as {class}/*.jpg with the class that people agreed on, for `eval:compare`."""
    for number, photo in enumerate(photos):
        link = folder / LABELS[photo.label] / f"own-{number:05d}.jpg"
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(photo.path.resolve())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, help="folder with train/ and val/")
    parser.add_argument("--data", type=Path, help="an operator's folder: {class}/*.jpg, and answers.csv if there is one")
    parser.add_argument("--out", type=Path, required=True, help="checkpoint and cache; not in the repository")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--samples", type=int, default=SAMPLES, help="views shown in each round")
    parser.add_argument("--views", type=int, default=VIEWS, help="views drawn in all")
    arguments = parser.parse_args()
    if arguments.photos is None and arguments.data is None:
        parser.error("give --photos, --data or both")

    started = time.monotonic()
    kept, held = hold_out(own_photos(arguments.data), SEED) if arguments.data else ([], [])
    photos = gather(arguments.photos, kept)
    cache = arguments.out / "cache"
    views = with_plain(prepare(photos, cache, arguments.views), judged(photos, cache, "train"))
    checks = {"val": judged(list_photos(arguments.photos / "val"), cache, "val")} if arguments.photos else {}
    if held:
        checks["held"] = judged(held, cache, "held")
        lay_out(held, arguments.out / "held-out")
    network = start(SEED)
    everything = np.ones(len(views.labels), dtype=bool)
    for turn in range(arguments.rounds):
        network = fit(views, everything, arguments.samples, SEED + turn, network)
        sources: dict[str, int] = {}
        for photo in photos:
            sources[photo.source] = sources.get(photo.source, 0) + 1
        line = {
            "samples": (turn + 1) * arguments.samples,
            "views": len(views.labels),
            "seed": SEED,
            "sources": sources,
            "minutes": round((time.monotonic() - started) / 60, 1),
            "checks": {name: report(network, split) for name, split in checks.items()},
        }
        torch.save({"weights": network.state_dict(), "report": line}, arguments.out / "network.pt")
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
