"""Containers by an engine that speaks the Docker Engine API."""
