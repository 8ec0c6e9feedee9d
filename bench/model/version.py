"""The version of Isobench, as runs record it."""

__version__ = "0.1.0"
