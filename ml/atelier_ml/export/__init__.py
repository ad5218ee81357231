"""From networks in PyTorch to a model folder of ONNX graphs."""

from .export_folder import export_folder

__all__ = ['export_folder']
