"""Where ``Gated`` was before ``bench.plugin``."""

from bench.isolations.moved import moved

__getattr__ = moved(__name__)
