"""Instances that come back: what an isolation may offer beside a start."""
