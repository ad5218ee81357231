"""The Python end of `npm run bench:model`: denoisers of random weights as graphs, and the same in PyTorch."""
