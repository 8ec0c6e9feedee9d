"""The CPUs of this machine: what they share, the rule by which they are shared out, and what KVM makes of them."""
