"""The ways to run a workload: ``registry`` is their table, ``base`` the seam, one folder for each kind."""

from bench.isolations.moved import moved

__getattr__ = moved(__name__)
