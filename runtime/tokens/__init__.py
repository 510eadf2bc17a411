"""SMART backend services: client assertions in, access tokens out."""
