"""Trains the late half and the answers on views whose frozen features are at hand."""

from __future__ import annotations

import copy
import math
import time

import numpy as np
import torch
from torch import nn

import matrices
from answers import log_probabilities, loss_of, soft_labels
from network import Network
from photos import shares
from views import UNUSABLE, Views

BATCH = 128
# AdamW for a fine-tune: the body moves slowly, the new answers faster.
BODY_RATE = 6e-4
HEAD_RATE = 2e-3
WEIGHT_DECAY = 0.03
WARM_UP_STEPS = 30
AVERAGE_DECAY = 0.99
# Two views blended in this share of the batches.
BLENDED = 0.35
BLEND_ALPHA = 0.3


def device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def rate_at(step: int, steps: int) -> float:
    """Factor on the learning rates: a short climb, then a cosine to 2 %."""
    climb = min(1.0, (step + 1) / WARM_UP_STEPS)
    return climb * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * step / steps)))


def start(seed: int) -> Network:
    """ImageNet weights and small random answers."""
    torch.manual_seed(seed)
    return Network()


def drawn(views: Views, keep: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Indices of views: labels alike and sources by the root, among those kept; each seldom twice."""
    kept = np.flatnonzero(keep)
    labels, sources = views.labels[kept], views.sources[kept]
    weight = shares(labels, sources, np.ones(len(kept)))
    spoiled = labels == UNUSABLE
    if spoiled.any():
        # One label among five would be too many.
        weight[spoiled] *= 0.35
        weight /= weight.sum()
    return rng.choice(kept, size=count, p=weight)


def batch_of(views: Views, indices: np.ndarray, where: torch.device) -> torch.Tensor:
    """Features as channels x places x pictures in bfloat16."""
    rows = torch.from_numpy(np.ascontiguousarray(views.features[np.sort(indices)]))
    return rows.to(where).to(torch.bfloat16).permute(1, 2, 0).contiguous()


@torch.no_grad()
def update_average(average: nn.Module, network: nn.Module, step: int) -> None:
    decay = min(AVERAGE_DECAY, (1 + step) / (10 + step))
    for kept, current in zip(average.parameters(), network.parameters(), strict=True):
        if current.requires_grad:
            kept.lerp_(current, 1 - decay)


def fit(views: Views, keep: np.ndarray, samples: int, seed: int, begin: Network) -> Network:
    """Trains a copy of `begin`; returns the running average of its weights."""
    where = device()
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    network = copy.deepcopy(begin).to(where).train()
    average = copy.deepcopy(network)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.requires_grad_(False)
    head = [*network.answer.parameters(), *network.dirt.parameters()]
    body = [p for module in network.late_modules() for p in module.parameters() if p.requires_grad]
    groups = [{"params": body, "lr": BODY_RATE}, {"params": head, "lr": HEAD_RATE}]
    optimiser = torch.optim.AdamW(groups, weight_decay=WEIGHT_DECAY)
    steps = samples // BATCH
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: rate_at(step, steps))
    order = drawn(views, keep, steps * BATCH, rng)
    started, losses = time.monotonic(), []
    for step in range(steps):
        indices = np.sort(order[step * BATCH : (step + 1) * BATCH])
        x = batch_of(views, indices, where)
        labels = torch.from_numpy(views.labels[indices])
        wanted, usable = soft_labels(labels).to(where), (labels != UNUSABLE).float().to(where)
        if rng.random() < BLENDED:
            share = float(rng.beta(BLEND_ALPHA, BLEND_ALPHA))
            other = torch.randperm(BATCH)
            x = share * x + (1 - share) * x[:, :, other]
            wanted = share * wanted + (1 - share) * wanted[other]
            usable = share * usable + (1 - share) * usable[other]
        optimiser.zero_grad()
        loss = loss_of(*matrices.judge(network, matrices.late(network, x)), wanted, usable)
        loss.backward()
        nn.utils.clip_grad_norm_(body + head, 3.0)
        optimiser.step()
        schedule.step()
        update_average(average, network, step)
        losses.append(loss.item())
        if (step + 1) % 50 == 0:
            rate = (step + 1) * BATCH / (time.monotonic() - started)
            print(f"step {step + 1}/{steps} loss {np.mean(losses[-50:]):.3f} {rate:.0f} views/s", flush=True)
    return average.cpu().eval()


@torch.no_grad()
def answers_of(network: Network, features: np.ndarray) -> torch.Tensor:
    """Logits for features at the cut, in the precision of the training."""
    network.eval()
    parts = []
    for at in range(0, len(features), BATCH):
        x = torch.from_numpy(np.ascontiguousarray(features[at : at + BATCH])).to(torch.bfloat16).permute(1, 2, 0)
        parts.append(matrices.judge(network, matrices.late(network, x.contiguous()))[0])
    return torch.cat(parts)


def probabilities(network: Network, features: np.ndarray) -> np.ndarray:
    return log_probabilities(answers_of(network, features)).exp().numpy()
