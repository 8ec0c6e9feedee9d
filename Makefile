# Isobench. Every target may be repeated at will and changes nothing the second time.
.DEFAULT_GOAL := help
.PHONY: help setup bench test bars docs lowest lab stop

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

bars:  ## judge every bar of time over many rounds, on a quiet machine; for a release
	@tools/setup --dev
	@$(PYTHON) -m bench doctor --fix --yes || echo "Going on with what is ready."
	@tools/check --bars

docs:  ## build the documentation site in build/docs
	@tools/setup --dev
	@tools/site

lowest:  ## run the tests that start nothing with the oldest dependencies that are admitted
	@tools/setup --dev
	@tools/lowest

lab: setup  ## boot a whole Debian 13 in QEMU and measure in it: doctor, and start-up on four isolations
	@tools/lab run debian13 -- sh tools/hosts/smoke.sh

stop:  ## stop the Docker engine that setup or a run has started
	@$(PYTHON) -m bench doctor --stop-engine
