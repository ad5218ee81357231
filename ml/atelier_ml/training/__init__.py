"""Training of the embedded models: tokenizer, autoencoder, text encoder, denoiser."""
