"""Evidence packs of drills: what a hospital or an authority reads, and what it verifies."""
