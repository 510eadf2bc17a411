"""ASGI middlewares: one concern each."""
