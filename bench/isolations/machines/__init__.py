"""Virtual machines: one description, started by libvirt or by ourselves."""
