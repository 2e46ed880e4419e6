"""Trains the network: several runs from one start over the same views, their weights averaged; one checkpoint.

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
from fit import averaged, fit, probabilities, start
from network import Network
from photos import LABELS, Photo, hold_out, list_photos, own_photos
from prepare import SEED, Judged, gather, judged, prepare

RUNS = 3
SAMPLES = 36_000
HELD_OUT = 0.2


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
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--samples", type=int, default=SAMPLES, help="views shown in each run")
    arguments = parser.parse_args()
    if arguments.photos is None and arguments.data is None:
        parser.error("give --photos, --data or both")

    started = time.monotonic()
    kept, held = hold_out(own_photos(arguments.data), HELD_OUT, SEED) if arguments.data else ([], [])
    photos = gather(arguments.photos, kept)
    cache = arguments.out / "cache"
    views = prepare(photos, cache)
    checks = {"val": judged(list_photos(arguments.photos / "val"), cache, "val")} if arguments.photos else {}
    if held:
        checks["held"] = judged(held, cache, "held")
        lay_out(held, arguments.out / "held-out")
    begin = start(SEED)
    everything = np.ones(len(views.labels), dtype=bool)
    networks: list[Network] = []
    for run in range(arguments.runs):
        networks.append(fit(views, everything, arguments.samples, SEED + run, begin))
        mean = averaged(networks)
        sources: dict[str, int] = {}
        for photo in photos:
            sources[photo.source] = sources.get(photo.source, 0) + 1
        line = {
            "runs": run + 1,
            "samples": arguments.samples,
            "views": len(views.labels),
            "seed": SEED,
            "sources": sources,
            "minutes": round((time.monotonic() - started) / 60, 1),
            "last": {name: report(networks[-1], split) for name, split in checks.items()},
            "mean": {name: report(mean, split) for name, split in checks.items()},
        }
        torch.save({"weights": mean.state_dict(), "report": line}, arguments.out / "network.pt")
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
