"""The ACE model in PyTorch, its export to ONNX, its parity checks, and the training of the embedded model."""
