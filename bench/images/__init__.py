"""From a recipe to the form each isolation needs, cached by content.

Example::

    image = build(recipe, scenario.files, say=print)   # rootfs.tar, lock.json
    root = tree(image, print)                          # a directory, for a chroot
    drive = disk(image, print)                         # a raw ext4 disk, for a virtual machine
    boot = kit(image.suite, say=print)                 # kernel and initrd, for a virtual machine
    initrd = boot.initrd.read_bytes() + trial_cpio(nonce=nonce, pids=512, entry=launch.entry)
"""

from bench.images.build import ENTRY, build, require_real_folder, verify
from bench.images.cache import Say
from bench.images.forms import disk, tree, volume
from bench.images.kernel import KERNEL_ARGUMENTS, Kit, kit, trial_cpio

__all__ = [
    "ENTRY",
    "KERNEL_ARGUMENTS",
    "Kit",
    "Say",
    "build",
    "disk",
    "kit",
    "require_real_folder",
    "tree",
    "trial_cpio",
    "verify",
    "volume",
]
