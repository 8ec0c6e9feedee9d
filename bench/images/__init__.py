"""From a recipe to the form each isolation needs, cached by content.

Example::

    image = build(recipe, scenario.files, say=print)   # rootfs.tar, lock.json
    root = tree(image, print)                          # a directory, for a chroot
    drive = disk(image, print)                         # a raw ext4 disk, for a virtual machine
    boot = kit(image.suite, say=print)                 # kernel and initrd, for a virtual machine
    initrd = boot.initrd.read_bytes() + trial_cpio(pids=512, entry=launch.entry)
"""

from bench.images.boot.kit import KERNEL_ARGUMENTS, Kit, kit, trial_cpio
from bench.images.build import ENTRY, build, require_real_folder, verify
from bench.images.cleaning import clean
from bench.images.forms import disk, ext4_volume, tree

__all__ = [
    "ENTRY",
    "KERNEL_ARGUMENTS",
    "Kit",
    "build",
    "clean",
    "disk",
    "ext4_volume",
    "kit",
    "require_real_folder",
    "tree",
    "trial_cpio",
    "verify",
]
