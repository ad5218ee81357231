"""Export of PyTorch networks to a model folder of ONNX graphs. Entry point: `export_folder`."""
