"""The graph of a network whose weights are not in memory."""

from __future__ import annotations

import onnx
import torch
from torch import nn
from torch.func import functional_call

from ..export.graph_spec import GraphSpec
from ..export.trace import trace_module


class _Bare(nn.Module):
    """A network that is handed its weights with every call."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        # Kept from nn.Module's registration: the weights shall not be parameters of this module.
        self.__dict__['network'] = network

    def forward(self, weights: dict[str, torch.Tensor], *inputs: torch.Tensor) -> torch.Tensor:
        return functional_call(self.network, weights, inputs)


def trace_without_weights(spec: GraphSpec) -> onnx.ModelProto:
    """Traces a module that may be on the `meta` device. Its parameters become inputs of the graph, under their names.

    Being inputs, they are not folded into anything: each can be filled in later, in any format.
    """
    shapes = {name: value.shape for name, value in spec.module.named_parameters()}
    # One number each, seen from every index: they have the shape and type of the weights, and take no memory.
    weights = {name: torch.zeros(()).expand(shape) for name, shape in shapes.items()}
    return trace_module(
        _Bare(spec.module),
        (weights, *spec.inputs.values()),
        {'weights': {name: {} for name in weights}, 'inputs': tuple(spec.axes[name] for name in spec.inputs)},
        input_names=[*weights, *spec.inputs],
        outputs=spec.outputs,
    )
