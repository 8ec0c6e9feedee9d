"""What the kernel's tracer saw some processes do: system calls and kernel functions entered on their behalf."""
