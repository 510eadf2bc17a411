"""Evidence packs: manifests, signatures, offline verification and the search for patient data."""
