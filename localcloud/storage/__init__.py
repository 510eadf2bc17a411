"""Cloud Storage: objects on disk, their generations and what protects them."""
