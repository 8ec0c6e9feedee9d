#!/bin/sh
# What can be reached from in here: surface WHAT FOLDER
#   build   once, before the others: the architecture's table of calls, as its headers tell it, and the program
#   calls   every system call, then the rest that can be seen from inside
#   else    one piece of work of surface.c, in FOLDER; known: as often as FOLDER says
set -eu
here=/opt/isobench

case $1 in
build)
    echo '#include <asm/unistd.h>' | cc -E -dM - |
        sed -n 's/^#define __NR_\([a-z0-9_]*\) [0-9].*/CALL(\1)/p' | sort >/tmp/calls.h
    cc -O1 -static -I/tmp -o /usr/local/bin/surface "$here/surface.c"
    ;;
calls)
    surface calls "$2"
    exec python3 -S "$here/surface.py"
    ;;
*) exec surface "$@" ;;
esac
