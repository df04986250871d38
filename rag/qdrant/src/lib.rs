//! The index of vectors on Qdrant: the engine in this process, or a server.
