"""Reports: one result type, a file per format."""
