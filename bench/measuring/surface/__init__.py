"""What an instance can reach, seen from both sides: from inside by asking, from the host by tracing.

The client's step ``calls`` asks, every other one is a piece of work that the host's tracer watches. Samples, one of
each a trial, all of the instance as a whole:

=============================== ======== ========================================================================
metric (1)                      vantage  what
=============================== ======== ========================================================================
``surface.answered``            workload system calls that a kernel's own handler answered
``surface.refused``             workload those that a filter refused
``surface.needs_capability``    workload those that want a capability, or a privilege, which the workload has not
``surface.absent``              workload those that are not there
``surface.writable``            workload files below /proc and /sys that could be opened for writing
``surface.devices``             workload device nodes below /dev
``surface.set_id``              workload programs of the root file system with a set-user-id or set-group-id bit
``surface.mounts``              workload mounts
``surface.processes``           workload processes that can be seen, the workload's own among them
``surface.namespaces``          workload namespaces other than the host's
``surface.host_syscalls``       host     different system calls that the instance's processes made on the host
``surface.host_functions``      host     different functions of the host's kernel that were entered on their behalf
``surface.host_syscalls.WORK``  host     the same over one piece of work alone, such as ``redis``
``surface.host_functions.WORK`` host     likewise
=============================== ======== ========================================================================

Beside them the trial keeps the tables themselves, as notes: ``answers`` and ``survey`` say which. What cannot be traced
is said with its reason, and has no sample: never a nought. Nothing is traced before an instance is ready, nor is
anything timed while it is traced.
"""

from bench.measuring.surface.survey import Survey

__all__ = ["Survey"]
