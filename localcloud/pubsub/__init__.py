"""Pub/Sub: durable messages, delivery, and the gRPC face of the API."""
