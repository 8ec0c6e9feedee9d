"""The seam for isolations in other packages: import from here alone, and updates change nothing for you.

::

    from bench.plugin import Gated, Row, Seat

    ROW = Row(place="my_package:MyIsolation", hint="pip install my-package", seam=2)

    class MyIsolation(Gated): ...

``docs/how-to/add-an-isolation.md`` says what the members have to do. ``SEAM_VERSION`` is raised when a class that was
written for an older one would no longer work.

===================================================== =================================================================
the row
``Row``                                               what the entry point leads to: where the class is, and facts of it
``Role``                                              what a helper program is to an instance, and how that is reported
``SEAM_VERSION``                                      the seam's version here; a row says for which it was written
the seam
``Isolation``                                         whether it works here, forms of images, launching, cleaning up
``Instance``                                          one started unit: processes, account, input, exit
``Launch``, ``Trial``, ``Image``, ``Envelope``,       what is to be started, from what, with which limits
``Storage``, ``Network``
``Virtualization``, ``GuestKernel``                   what kind of machine it is; a guest's kernel of the user's own
``Phase``                                             a mark that it sets, and what has happened then
``Exit``                                              how an instance ended, as the host sees it
``Fault``, ``Availability``                           why it cannot run, with a remedy; what is known of it where it can
``Route``, ``LOOPBACK``, ``HOST_STACK``               how an instance is reached; the two that most have
``HOSTNAME``, ``SHM_BYTES``                           what is the same inside, in every isolation
``Clock``, ``MonotonicClock``                         where time comes from
``Guard``, ``Say``                                    what is entered around a start; takes a line of progress
what an instance is made of
``Timeline``                                          its marks, on the host's monotonic clock
``Console``, ``console_of``, ``pump``                 every byte of its output; the one of a launch; what feeds it
``HostProcess``, ``ProcessMemory``, ``Unreadable``    a process on the host; its memory; what is raised once it ended
``Account``, ``AccountReading``                       a control group's own books
``Cgroup``, ``PsutilProcess``, ``descendants``        both of these for real, and all that a process has started
``by_role``                                           sorts processes into roles by their programs
what a gate starts
``Gated``, ``GatedInstance``, ``Seat``                an isolation by one command; its instance; where that will stand
what an isolation may offer beside a start
``Pausing``                                           to pause an instance, and let it go on
``Checkpointing``, ``Checkpoint``                     to write an instance to the disk, and bring it back from there
tools
``missing_package``, ``programs``, ``patience``       a fault that can be mended; finds programs; limits on starts
``tree``, ``disk``                                    an image as a folder, and as a disk
errors
``BenchError``, ``IsolationError``, ``LeftoverError`` the tree's root; an engine refused; something could not be removed
``StartTimeoutError``, ``UnavailableError``           it did not start in time; it cannot run on this host
===================================================== =================================================================
"""

from bench.errors import BenchError, IsolationError, LeftoverError, StartTimeoutError, UnavailableError
from bench.host import patience, programs
from bench.host.accounting import Account, AccountReading, HostProcess, ProcessMemory, Unreadable
from bench.host.cgroup import Cgroup
from bench.host.processes import PsutilProcess, descendants
from bench.images import disk, tree
from bench.images.boot.guest_kernel import GuestKernel
from bench.isolations.base import (
    HOST_STACK,
    HOSTNAME,
    LOOPBACK,
    SEAM_VERSION,
    SHM_BYTES,
    Availability,
    Exit,
    Fault,
    Guard,
    Instance,
    Isolation,
    Launch,
    Route,
    console_of,
)
from bench.isolations.console import Console
from bench.isolations.launched.gate import Gated, GatedInstance
from bench.isolations.launched.seat import Seat
from bench.isolations.registry import Row
from bench.isolations.remedy import missing_package
from bench.isolations.revival.offers import Checkpoint, Checkpointing, Pausing
from bench.isolations.roles import by_role
from bench.isolations.stream import pump
from bench.isolations.timeline import Clock, MonotonicClock, Timeline
from bench.model import Envelope, Image, Network, Phase, Role, Say, Storage, Trial, Virtualization

__all__ = [
    "HOSTNAME", "HOST_STACK", "LOOPBACK", "SEAM_VERSION", "SHM_BYTES", "Account", "AccountReading", "Availability",
    "BenchError", "Cgroup", "Checkpoint", "Checkpointing", "Clock", "Console", "Envelope", "Exit", "Fault", "Gated",
    "GatedInstance", "Guard", "GuestKernel", "HostProcess", "Image", "Instance", "Isolation", "IsolationError",
    "Launch", "LeftoverError", "MonotonicClock", "Network", "Pausing", "Phase", "ProcessMemory", "PsutilProcess",
    "Role", "Route", "Row", "Say", "Seat", "StartTimeoutError", "Storage", "Timeline", "Trial", "UnavailableError",
    "Unreadable", "Virtualization", "by_role", "console_of", "descendants", "disk", "missing_package", "patience",
    "programs", "pump", "tree",
]  # fmt: skip
