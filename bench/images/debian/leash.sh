#!/bin/sh
# Run a command that ends with whoever has started it, and so do all that it starts, in this shell's process group.
#
#   leash.sh COMMAND...
#
# Standard input is a pipe that the starter holds, and nobody else: it ends when the starter does, killed or not.
exec 3<&0 < /dev/null
{
    read -r _ <&3
    kill -KILL 0
} 2> /dev/null &
watcher=$!
"$@" 3<&-
status=$?
kill -KILL "$watcher"
exit "$status"
