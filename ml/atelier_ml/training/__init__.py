"""Trains the embedded models: tokenizer, autoencoder, then text encoder and denoiser together."""
