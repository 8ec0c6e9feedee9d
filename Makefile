# Isobench. Every target may be repeated at will and changes nothing the second time.
.DEFAULT_GOAL := help
.PHONY: help setup bench test stop

PYTHON := .venv/bin/python

help:  ## show this
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s%s\n", $$1, $$2}' Makefile

setup:  ## install what is missing: system packages, a virtual environment in .venv
	@tools/setup

bench: setup  ## compare bare, docker and vm in a few minutes; prints a table and where the report is
	@$(PYTHON) -m bench run startup footprint cpu --quick --fix --yes

test:  ## check everything: format, lint, types, tests
	@tools/setup --dev
	@$(PYTHON) -m bench doctor --fix --yes || echo "Going on with what is ready."
	@tools/check

stop:  ## stop the Docker engine that setup or a run has started
	@$(PYTHON) -m bench doctor --stop-engine
