"""Somebody's OCI image becomes the root file system of every isolation.

::

    source     where it comes from, told by looking: a saved image, an OCI layout, a Dockerfile, an engine, a registry
    engine     what a Docker engine is asked for
    logins     the user's logins at registries, as far as they can be read
    tars       tars that lead on and have what they say
    files      the files of a saved image or a layout, in a folder or a tar
    documents  what the JSON among them must look like
    chosen     which of several images is meant, and what beside them is none
    layout     which configuration and layers these files hold for this machine
    layers     each layer, unpacked and held against its digest
    members    what one layer's tar brings, with names that cannot lead out
    root       the root file system as layers put one over the other
    flatten    layers in, one tar out
    user       who runs it, by the image's own /etc/passwd and /etc/group
    settings   environment, user and directory in the words of the entry
    base       all of it, cached by content
"""

from bench.images.oci.base import imported_base

__all__ = ["imported_base"]
