"""A harness that is killed while a container of podman's runs, started as a module with the id of its run.

It prints its own pid, its service's and the container's id.
"""

from __future__ import annotations

import os
import signal
import sys

from bench import images
from bench.isolations.engines.podman import Podman
from bench.scenario import load_recipe, stock_folder
from bench.testing.contract import IsolationContract
from bench.testing.launching import start

if __name__ == "__main__":
    isolation = Podman(sys.argv[1])
    image = images.build(load_recipe(stock_folder() / "images/base.toml"), (), say=lambda _line: None)
    isolation.prepare(image, lambda _line: None)
    with start(isolation, image, IsolationContract.stays, ready="^ready$") as instance:
        assert instance.wait("ready", timeout_s=30) == "ready"
        [container] = isolation.api.containers()
        print(os.getpid(), isolation.find_daemons()[0].pid, container["Id"], flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
