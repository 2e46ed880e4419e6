"""Runs a fixed network over many pictures as fast as the machine can: OpenVINO in bfloat16 on a CPU, torch on a GPU."""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import torch
from torch import nn

from picture import SIDE_PX, normalise

BATCH = 16
AT_ONCE = 3
Features = Callable[[Iterable[np.ndarray]], np.ndarray]


def feature_runner(module: nn.Module) -> Features:
    """A function from square pictures (bytes) to the module's output for each, as float16."""
    return _on_gpu(module) if torch.cuda.is_available() else _on_cpu(module)


def _batches(squares: Iterable[np.ndarray]) -> Iterable[tuple[int, np.ndarray]]:
    gathered: list[np.ndarray] = []
    for square in squares:
        gathered.append(square)
        if len(gathered) == BATCH:
            yield BATCH, normalise(np.stack(gathered))
            gathered = []
    if gathered:
        filled = gathered + [gathered[-1]] * (BATCH - len(gathered))
        yield len(gathered), normalise(np.stack(filled))


def _on_gpu(module: nn.Module) -> Features:
    placed = module.eval().cuda().half()

    @torch.no_grad()
    def run(squares: Iterable[np.ndarray]) -> np.ndarray:
        parts = [placed(torch.from_numpy(x).cuda().half())[:count].cpu().numpy() for count, x in _batches(squares)]
        return np.concatenate(parts)

    return run


def _on_cpu(module: nn.Module) -> Features:
    import openvino

    core = openvino.Core()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trunk.onnx"
        example = torch.zeros(BATCH, 3, SIDE_PX, SIDE_PX)
        torch.onnx.export(module.eval(), (example,), str(path), input_names=["input"], opset_version=17, dynamo=False)
        hints = {"INFERENCE_PRECISION_HINT": "bf16", "NUM_STREAMS": 2}
        compiled = core.compile_model(core.read_model(path), "CPU", hints)

    requests = [compiled.create_infer_request() for _ in range(AT_ONCE)]

    def run(squares: Iterable[np.ndarray]) -> np.ndarray:
        parts: list[np.ndarray] = []
        # Waited for in turn, without callbacks: their threads and Python's lock can wait for each other for ever.
        under_way: deque[tuple[openvino.InferRequest, int]] = deque()

        def collect() -> None:
            request, count = under_way.popleft()
            request.wait()
            parts.append(request.get_output_tensor(0).data[:count].astype(np.float16))

        for number, (count, x) in enumerate(_batches(squares)):
            if len(under_way) == AT_ONCE:
                collect()
            request = requests[number % AT_ONCE]
            request.start_async([x])
            under_way.append((request, count))
        while under_way:
            collect()
        return np.concatenate(parts)

    return run
