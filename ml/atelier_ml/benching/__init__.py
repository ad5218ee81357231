"""The Python side of `npm run bench:model`: denoisers with random weights as graphs, and the same in PyTorch."""
