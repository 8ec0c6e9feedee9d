"""The same request on many hosts, by dask.distributed: a host is a worker, and each keeps a whole run of its own.

::

    certificates  a small certificate authority, and what each host gets of it
    network       addresses, encryption, and how dask is told to keep quiet
    host_request  what a host is asked to do, as plain data
    installed     whether what all this needs is there
    mirror        a run's folder, sent while it grows, and written down again
    on_host       what runs on a worker: a look at the host, a run
    serving       a worker that waits for one fleet after another
    talk          what is asked of hosts and heard from them, and who is given up
    admission     which hosts take part, and why others do not
    coordinator   from the request to the folder of a fleet
"""
