"""Writes what Python makes of one picture, for the test that compares it with the device's preprocessing.

The file holds the letterboxed square as rows of RGB bytes, rounded; `--exact` writes float32 instead.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from picture import decode, letterbox


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--picture", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--exact", action="store_true")
    arguments = parser.parse_args()
    square = letterbox(decode(arguments.picture))
    values = square.astype("<f4") if arguments.exact else np.rint(square).astype(np.uint8)
    arguments.out.write_bytes(values.tobytes())


if __name__ == "__main__":
    main()
