"""The lab: whole hosts that people have, booted in QEMU without a network, to run this checkout's commands in.

Words: a **system** is what is installed, kept in the cache by the digest of all it is made of; a **host** is how one is
booted; a **job** is one boot that runs one command. Not part of the package; ``tools/lab`` runs it.
"""
