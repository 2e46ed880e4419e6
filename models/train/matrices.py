"""The trained half of the network as plain matrix products, which a CPU with bfloat16 tiles runs several times faster.

Features lie as channels x places x pictures, so a 1x1 convolution is one product and a depthwise one a product per
channel with a (places out x places in) matrix that is laid out from its few weights. The parameters stay those of
`Network`; the statistics of its normalisations are fixed and become part of the weights on the way.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import nn
from torch.nn.functional import relu6

from network import DROP_CONNECT, FROZEN_BLOCKS, Network


@lru_cache(maxsize=16)
def taps(side: int, kernel: int, stride: int, before: int, after: int) -> tuple[torch.Tensor, int]:
    """Which place in feeds which place out through which weight: kernel² x (out² * in²) of ones and zeros."""
    out = (side + before + after - kernel) // stride + 1
    laid = torch.zeros(kernel, kernel, out, out, side, side)
    for ky in range(kernel):
        for kx in range(kernel):
            for y in range(out):
                for x in range(out):
                    row, column = y * stride + ky - before, x * stride + kx - before
                    if 0 <= row < side and 0 <= column < side:
                        laid[ky, kx, y, x, row, column] = 1
    return laid.reshape(kernel * kernel, -1), out


def fused(convolution: nn.Module, norm: nn.BatchNorm2d) -> tuple[torch.Tensor, torch.Tensor]:
    """Weights (outputs x rest) and biases of a convolution with the fixed normalisation behind it, which stays as it is."""
    scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    return convolution.weight.flatten(1) * scale.detach()[:, None], (norm.bias - norm.running_mean * scale).detach()


def pointwise(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    product = torch.addmm(bias.to(x.dtype)[:, None], weight.to(x.dtype), x.flatten(1))
    return product.view(-1, *x.shape[1:])


def depthwise(x: torch.Tensor, block: nn.Module) -> torch.Tensor:
    convolution = block._depthwise_conv
    weight, bias = fused(convolution, block._bn1)
    padding = convolution.static_padding
    before, after = (padding.padding[0], padding.padding[1]) if isinstance(padding, nn.ZeroPad2d) else convolution.padding
    side = round(x.shape[1] ** 0.5)
    laid, out = taps(side, convolution.kernel_size[0], convolution.stride[0], before, after)
    matrices = (weight @ laid.to(weight.device)).view(len(weight), out * out, side * side)
    return torch.baddbmm(bias.to(x.dtype)[:, None, None], matrices.to(x.dtype), x)


def late(network: Network, x: torch.Tensor) -> torch.Tensor:
    """The last feature map, as channels x places x pictures, of the cut's features in the same order."""
    blocks = network.net._blocks
    for index, block in enumerate(blocks[FROZEN_BLOCKS:], FROZEN_BLOCKS):
        wide = relu6(pointwise(x, *fused(block._expand_conv, block._bn0)))
        wide = relu6(depthwise(wide, block))
        narrow = pointwise(wide, *fused(block._project_conv, block._bn2))
        if narrow.shape == x.shape:
            if network.training:
                keep = 1 - DROP_CONNECT * index / len(blocks)
                narrow = narrow * (torch.rand(x.shape[2], device=x.device) < keep).to(x.dtype) / keep
            narrow = narrow + x
        x = narrow
    return relu6(pointwise(x, *fused(network.net._conv_head, network.net._bn1)))


def judge(network: Network, last: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits (pictures x answers) and the mean of "dirty" over the places (pictures)."""
    mean, most = last.float().mean(1), last.amax(1).float()
    pooled = torch.cat([mean, most]).T
    return network.answer(network.dropout(pooled)), network.dirt(mean.T[:, :, None, None]).flatten()
