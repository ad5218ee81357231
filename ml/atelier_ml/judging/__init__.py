"""Judges a shipped model folder: draws test conversations, judges what the TypeScript pipeline made of them."""
