"""Evaluation of a shipped model folder: test conversations, and the judge of the TypeScript pipeline's outputs."""
