"""The drill engine: definition, hypothesis, method, rollback, journal and verdict."""
