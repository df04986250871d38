//! Embedders: models that turn text into dense vectors, here or behind an API.
