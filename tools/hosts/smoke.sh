#!/bin/sh
# Inside a host of the lab: what every host must be able to do. Results go where the lab takes them from.
set -eu
isolations=bare,docker,podman,crun
.venv/bin/python -m bench doctor --isolation $isolations
.venv/bin/python -m bench run startup --isolation $isolations --rounds 3 --results /srv/results
