"""Signs that something other than the instance had a hand in a trial: what is read, and which rules spoil it.

``readings`` reads counters at both ends of a trial, ``kernel_log`` what the kernel said meanwhile, ``rules`` says what
spoils it. Every trial keeps what was read, as samples ``sentinel.*`` seen by the host.
"""
