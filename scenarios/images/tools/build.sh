#!/bin/sh
# One task of a software build, again and again for some seconds: build TASK SECONDS FOLDER
#   prepare   once, before the others: lay into FOLDER what they read
#   compile   C sources to objects, with optimization: processes, small files, computing
#   archive   the system's headers to one tar: a thousand small files
#   compress  that tar with gzip: computing
# What they make goes to FOLDER and is of the same size each time, or the script fails.
set -eu
. /opt/isobench/turns.sh
task=$1 seconds=$2 folder=$3
sources='rect_pack dxt perlin'  # of stb, a library of single files: a header here, made a source by a macro
cd "$folder"

prepare() {
    for source in $sources; do
        name=$(echo "$source" | tr '[:lower:]' '[:upper:]')
        printf '#include <string.h>\n#define STB_%s_IMPLEMENTATION\n#include <stb/stb_%s.h>\n' \
            "$name" "$source" >"$source.c"
    done
    archive
    mv made headers.tar
}

compile() {
    for source in $sources; do
        cc -O2 -c "$source.c"
    done
    cat ./*.o >made
}

archive() { tar -C /usr -cf made include; }
compress() { gzip <headers.tar >made; }

# The bytes that a task reads.
input() {
    case $task in
        compile) for source in $sources; do cat "/usr/include/stb/stb_$source.h"; done ;;
        *) cat headers.tar ;;
    esac | wc -c
}

size() { wc -c <made; }

case $task in
    prepare) prepare; exit ;;
    compile | archive | compress) ;;
    *) echo "no task is called '$task'" >&2; exit 2 ;;
esac

wanted=
once() { $task; : "${wanted:=$(size)}"; }
turns once "$seconds"
[ "$(size)" -eq "$wanted" ] || { echo "made $(size) bytes, at first $wanted" >&2; exit 1; }

awk -v hundredths="$hundredths" -v turns="$turns" -v input="$(input)" -v made="$wanted" 'BEGIN {
    seconds = hundredths / 100
    printf "window seconds: %.2f\n", seconds
    printf "turns: %d, each from %d bytes to %d\n", turns, input, made
    printf "bytes_per_s: %.0f\n", input * turns / seconds
    printf "seconds_per_turn: %.4f\n", seconds / turns
}'
