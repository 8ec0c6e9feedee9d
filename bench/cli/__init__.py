"""The command line: the only place that prints and exits. One file per command.

Exit codes: 0 all went well; 1 some trials failed (doctor: an isolation is not ready); 2 the input is wrong;
3 nothing could be measured; 4 ``compare`` found something worse; 130 ended by Ctrl-C; 143 ended by SIGTERM.
What was measured is kept in every case.
"""

from __future__ import annotations

from bench.cli.app import main

__all__ = ["main"]
