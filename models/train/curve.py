"""What more photos, or more sources, would bring: a probe on frozen features, trained on less of both.

    curve.py --photos ../shared/photos --out /tmp/train/run
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from answers import dirty_or_clean, label_recalls
from left_out import GROUPS
from photos import list_photos, load, shares
from probe import Probe, pooled_features, table_of

SHARES = (0.125, 0.25, 0.5, 1.0)
DRAWS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="the features are kept here")
    arguments = parser.parse_args()

    photos = [*list_photos(arguments.photos / "train"), *list_photos(arguments.photos / "val")]
    kept = arguments.out / "cache" / f"pooled-{len(photos)}.npy"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.save(kept, pooled_features(load(photos)))
    features = np.load(kept)
    labels, sources, trust = table_of(photos)
    val = np.array([photo.path.parent.parent.name == "val" for photo in photos])

    def figures(trained: np.ndarray, asked: np.ndarray) -> tuple[float, float]:
        probe = Probe(features[trained], labels[trained], shares(labels[trained], sources[trained], trust[trained]))
        found = probe(features[asked])
        recalls = label_recalls(labels[asked], found)
        return float(np.mean(list(recalls.values()))), dirty_or_clean(labels[asked], found) or float("nan")

    def tell(name: str, trained: int, results: list[tuple[float, float]]) -> None:
        macro, sides = np.mean(results, axis=0).round(3).tolist()
        print(json.dumps({"asked": name, "trainedOn": trained, "macro": macro, "dirtyOrClean": sides}), flush=True)

    for name, left in {"val": frozenset(), "montevideo": GROUPS["montevideo"], "atanu": GROUPS["atanu"]}.items():
        out = np.isin(sources, list(left))
        asked, allowed = (out, ~out & ~val) if left else (val, ~val)
        for share in SHARES:
            rng = np.random.default_rng(7)
            draws = DRAWS if share < 1 else 1
            some = [allowed & (rng.random(len(photos)) < share) for _ in range(draws)]
            tell(name, int(share * allowed.sum()), [figures(trained, asked) for trained in some])
    # The same number of photos from one source, and from several.
    asked = np.isin(sources, list(GROUPS["montevideo"]))
    rng = np.random.default_rng(7)
    nothing = np.isin(sources, ["imagenet"])
    for others in (["atanu"], ["atanu", "civic"], ["atanu", "civic", "roads"]):
        pool = np.flatnonzero(np.isin(sources, others) & ~val)
        chosen = np.zeros(len(photos), dtype=bool)
        chosen[rng.choice(pool, 1200, replace=False)] = True
        tell(f"montevideo, 1,200 photos of {' + '.join(others)}", 1200, [figures(chosen | (nothing & ~val), asked)])


if __name__ == "__main__":
    main()
