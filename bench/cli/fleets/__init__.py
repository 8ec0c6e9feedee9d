"""The commands for many hosts: ``bench fleet``."""
