"""What it takes to make a server ready, to share it, and whether two makings of it are the same.

Four ways to the same server, each in the isolation it belongs to:

========== ======== ====================================================== ======================================
way        in       what is made                                           compared with (drift)
========== ======== ====================================================== ======================================
install    bare     packages installed by commands in a fresh system       the first such installation made here
build      docker   the image, built anew from its recipe, and imported    the image in the cache
load       docker   the ready image, unpacked by the engine                what had been packed
copy       vm       the ready machine's disk, unpacked                     the disk that had been packed
========== ======== ====================================================== ======================================

One trial is one making: timed, the server started from it, then compared file by file with a making that is
independent of it. Samples, all better lower:

========================== ===================================== ==================================================
metric                     vantage                               what
========================== ===================================== ==================================================
provision.time (s)         host                                  until what is made is in place
provision.ready (s)        host                                  that, and the server's start until it says it is ready
provision.bytes (B)        the form: see ``sharing``, ``install`` what has to be shared
provision.drift (files)    content, metadata, presence, total    files that are not the same in both makings
provision.drift.content    the area: see ``drift``               files of other content, by where they lie
provision.drift.packages   host                                  packages of another version: the archive has moved
========================== ===================================== ==================================================

The making may use all of the host's CPUs, the server gets the scenario's envelope. Network and archive are in
the time of ``install`` and ``build``; ``load`` and ``copy`` start from a compressed file on the local disk. In place
means readable, not flushed to the disk. The drift of the archive between two makings is part of their drift, as it
is for those who install today what others installed a year ago; it is counted and said.
"""

from bench.measuring.provision.container import remove_leftover_images
from bench.measuring.provision.making import make
from bench.measuring.provision.ways import offered, prepare

__all__ = ["make", "offered", "prepare", "remove_leftover_images"]
