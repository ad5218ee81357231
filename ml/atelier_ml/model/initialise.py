"""Starting values of the transformer's parameters."""

from __future__ import annotations

from torch import nn


def initialise_dit(dit: nn.Module) -> None:
    """Xavier weights and zero biases; small embedders; text and output start silent (their last layers are zero)."""
    for module in dit.modules():
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            nn.init.zeros_(module.bias)
    nn.init.xavier_uniform_(dit.x_embedder.proj.weight.detach().flatten(1))
    nn.init.zeros_(dit.x_embedder.proj.bias)
    for layer in (dit.y_embedder.fc1, dit.y_embedder.fc2, dit.t_embedder.mlp[0], dit.t_embedder.mlp[2], dit.t_block[1]):
        nn.init.normal_(layer.weight, std=0.02)
    for block in dit.blocks:
        nn.init.zeros_(block.cross_attn.o.weight)
    nn.init.zeros_(dit.final_layer.linear.weight)
