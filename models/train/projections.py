"""Fixed projections for comparing photos, fitted on training photos: whitened principal components."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from network import EMBEDDING, LOCAL_CHANNELS, Network
from picture import tensor_of
from photos import Photo

# Small components are noise; they are damped rather than blown up to the size of the first.
DAMPING = 0.1


def whitened(rows: np.ndarray, count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Weight (count x columns) and bias of the projection."""
    mean = rows.mean(0)
    _, strength, directions = np.linalg.svd(rows - mean, full_matrices=False)
    spread = strength[:count] / len(rows) ** 0.5
    weight = np.zeros((count, rows.shape[1]))
    # Fewer rows than components leave the last ones empty.
    weight[: len(spread)] = directions[:count] / (spread + DAMPING * spread[0])[:, None]
    return torch.from_numpy(weight).float(), torch.from_numpy(-weight @ mean).float()


@torch.no_grad()
def fit_projections(network: Network, photos: Sequence[Photo]) -> None:
    """Fills `embed` and `reduce` of the network in place."""
    pooled, places = [], []
    for photo in photos:
        middle, cut = network.early(torch.from_numpy(tensor_of(photo.path)[None]))
        pooled.append(torch.cat([middle.mean((2, 3)), cut.mean((2, 3))], 1)[0].numpy())
        places.append(middle[0].flatten(1).T[::11].numpy())
    weight, bias = whitened(np.stack(pooled), EMBEDDING)
    network.embed.weight.copy_(weight)
    network.embed.bias.copy_(bias)
    weight, bias = whitened(np.concatenate(places), LOCAL_CHANNELS)
    network.reduce.weight.copy_(weight[:, :, None, None])
    network.reduce.bias.copy_(bias)
