"""From networks in PyTorch to a model folder of ONNX graphs; `export_folder` is the way in."""
