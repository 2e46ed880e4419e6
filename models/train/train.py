"""Fine-tunes EfficientNet-Lite0 on the photographs; leaves one checkpoint and one line of report per epoch.

A run may be stopped after any epoch: `export.py` takes any checkpoint.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader

from network import Network, fast_early
from photos import CACHE_PX, LABELS, Epoch, Photo, cached_squares, list_photos
from picture import SIDE_PX, normalise

BATCH = 32
SAMPLES_PER_EPOCH = 3600
# AdamW for a fine-tune: the body moves slowly, the new head four times as fast.
BODY_RATE = 5e-4
HEAD_RATE = 2e-3
WARM_UP_STEPS = 60
LABEL_SMOOTHING = 0.05
AVERAGE_DECAY = 0.995


def rate_at(step: int, steps: int) -> float:
    """Factor on the learning rates: a short climb, then a cosine to 2 %."""
    climb = min(1.0, (step + 1) / WARM_UP_STEPS)
    return climb * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * step / steps)))


@torch.no_grad()
def update_average(average: Network, network: Network, step: int) -> None:
    """Moves the running average of the weights, which is what is judged and shipped."""
    decay = min(AVERAGE_DECAY, (1 + step) / (10 + step))
    current = network.state_dict()
    for name, value in average.state_dict().items():
        if value.dtype.is_floating_point:
            value.lerp_(current[name], 1 - decay)
        else:
            value.copy_(current[name])


@torch.no_grad()
def report(network: Network, early: nn.Module, photos: list[Photo], squares: np.ndarray) -> dict[str, object]:
    """Four-way accuracy, balanced dirty-or-clean accuracy and the confusion matrix (rows are the truth)."""
    network.eval()
    confusion = np.zeros((len(LABELS), len(LABELS)), dtype=int)
    for start in range(0, len(photos), 64):
        pixels = np.stack([normalise(square) for square in squares[start : start + 64]])
        logits = network.late(early(torch.from_numpy(pixels).to(memory_format=torch.channels_last)))
        for photo, answer in zip(photos[start : start + 64], logits.argmax(1).tolist(), strict=True):
            confusion[photo.label, answer] += 1
    clean = confusion[0, 0] / max(1, confusion[0, :3].sum())
    dirty = confusion[1:3, 1:3].sum() / max(1, confusion[1:3, :3].sum())
    return {
        "accuracy": round(float(np.trace(confusion) / confusion.sum()), 4),
        "dirtyOrClean": round(float((clean + dirty) / 2), 4),
        "confusion": confusion.tolist(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, required=True, help="folder with train/ and val/")
    parser.add_argument("--out", type=Path, required=True, help="where checkpoints go; not in the repository")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--without", nargs="*", default=[], help="sources to leave out of the training")
    arguments = parser.parse_args()

    torch.set_num_threads(2)
    torch.manual_seed(arguments.seed)
    arguments.out.mkdir(parents=True, exist_ok=True)
    photos = list_photos(arguments.photos / "train", frozenset(arguments.without))
    squares = cached_squares(photos, CACHE_PX, arguments.out / "cache")
    val = list_photos(arguments.photos / "val")
    val_squares = cached_squares(val, SIDE_PX, arguments.out / "cache")

    network = Network().to(memory_format=torch.channels_last)
    early = fast_early(network)
    average = copy.deepcopy(network)
    head = list(network.net._fc.parameters())
    body = [p for name, p in network.named_parameters() if p.requires_grad and "_fc" not in name]
    groups = [{"params": body, "lr": BODY_RATE}, {"params": head, "lr": HEAD_RATE}]
    optimiser = torch.optim.AdamW(groups, weight_decay=0.02)
    loss_of = nn.CrossEntropyLoss(label_smoothing=LABEL_SMOOTHING)
    steps = arguments.epochs * math.ceil(SAMPLES_PER_EPOCH / BATCH)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: rate_at(step, steps))

    step = 0
    for epoch in range(1, arguments.epochs + 1):
        network.train()
        started = time.monotonic()
        losses: list[float] = []
        seen = 0
        dataset = Epoch(photos, squares, SAMPLES_PER_EPOCH, arguments.seed, epoch)
        for pictures, labels in DataLoader(dataset, BATCH, num_workers=1, prefetch_factor=4, drop_last=True):
            optimiser.zero_grad()
            logits = network.late(early(pictures.to(memory_format=torch.channels_last)))
            loss = loss_of(logits, labels)
            loss.backward()
            nn.utils.clip_grad_norm_(body + head, 5.0)
            optimiser.step()
            schedule.step()
            update_average(average, network, step)
            step += 1
            seen += len(labels)
            losses.append(loss.item())
            if step % 20 == 0:
                rate = seen / (time.monotonic() - started)
                print(f"epoch {epoch} step {step}/{steps} loss {np.mean(losses[-20:]):.3f} {rate:.1f} photos/s", flush=True)
        line = {
            "epoch": epoch,
            "epochs": arguments.epochs,
            "seed": arguments.seed,
            "without": arguments.without,
            "loss": round(float(np.mean(losses)), 4),
            "seconds": round(time.monotonic() - started),
            "val": report(average, early, val, val_squares),
        }
        torch.save({"weights": average.state_dict(), "report": line}, arguments.out / f"epoch-{epoch:02d}.pt")
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
