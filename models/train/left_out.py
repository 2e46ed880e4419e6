"""Trained without one source, asked about it: the criterion by which this recipe was chosen.

    left_out.py --photos ../shared/photos --out /tmp/train/run
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from answers import dirty_or_clean, label_recalls
from fit import fit, probabilities, start
from photos import list_photos
from prepare import SEED, gather, judged, prepare, with_plain

# Both Montevideo sources are one city. `imagenet` is only one class, and never a street.
GROUPS: dict[str, frozenset[str]] = {
    "montevideo": frozenset({"montevideo", "montevideo2"}),
    "atanu": frozenset({"atanu"}),
    "civic": frozenset({"civic"}),
    "roads": frozenset({"roads"}),
    "imagenet": frozenset({"imagenet"}),
}
# Classes of which nearly nothing is left without the source (40 photos of 1,210): reported apart.
ONLY_THERE = {"atanu": ("overflow",)}
SAMPLES = 8_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="the training's folder: its views are used again")
    parser.add_argument("--samples", type=int, default=SAMPLES)
    parser.add_argument("--groups", nargs="*", default=list(GROUPS))
    arguments = parser.parse_args()

    cache = arguments.out / "cache"
    photos = gather(arguments.photos, [])
    views = with_plain(prepare(photos, cache), judged(photos, cache, "train"))
    everything = judged([*photos, *list_photos(arguments.photos / "val")], cache, "train-val")
    begin = start(SEED)
    means: list[float] = []
    for group in arguments.groups:
        network = fit(views, views.without(GROUPS[group]), arguments.samples, SEED, begin)
        asked = np.isin(everything.sources, list(GROUPS[group]))
        found, labels = probabilities(network, everything.features[asked]), everything.labels[asked]
        recalls = label_recalls(labels, found)
        counted = [share for label, share in recalls.items() if label not in ONLY_THERE.get(group, ())]
        means.append(float(np.mean(counted)))
        line = {
            "without": group,
            "macro": round(means[-1], 3),
            "allClasses": round(float(np.mean(list(recalls.values()))), 3),
            "recalls": recalls,
            "dirtyOrClean": dirty_or_clean(labels, found),
            "photos": int(asked.sum()),
        }
        print(json.dumps(line), flush=True)
    print(json.dumps({"leaveOneSourceOut": round(float(np.mean(means)), 3)}), flush=True)


if __name__ == "__main__":
    main()
