#!/bin/sh
# One task of those who write programs, and of agents, again and again for some seconds: work TASK SECONDS FOLDER
#   prepare   once, before the others: Python's library becomes a git repository in FOLDER
#   clone     that repository, with all its files: small files written, packs read
#   commit    edit twenty files, look at the status, commit, look again: small files looked at, processes
#   install   a package from a folder of wheels, by pip: unpacked, moved into place, compiled to byte code
#   compile   one C source to an object, with optimization: computing
#   search    a word in 1500 headers and all of Python's library: small files read
#   spawn     200 programs that leave at once, one after another: processes
# Whatever a task made is counted after the window, and the script fails where it is not what it should be.
set -eu
. /opt/isobench/turns.sh
task=$1 seconds=$2 folder=$3
library=/usr/lib/python3.11 wheels=/usr/share/python-wheels
export HOME="$folder" GIT_AUTHOR_NAME=isobench GIT_AUTHOR_EMAIL=@ GIT_COMMITTER_NAME=isobench GIT_COMMITTER_EMAIL=@
cd "$folder"

prepare() {
    cp -r "$library" project
    find project -name __pycache__ -prune -exec rm -r {} +
    git init --quiet project
    git -C project config gc.auto 0
    git -C project add .
    git -C project commit --quiet --message first
    git -C project ls-files | head -n 20 >edited
}

clone() {
    rm -rf copy
    git clone --quiet project copy
}

commit() {
    while read -r file; do echo '# edited' >>"project/$file"; done <edited
    [ "$(git -C project status --porcelain | wc -l)" -eq 20 ]
    git -C project commit --quiet --all --message next
    [ -z "$(git -C project status --porcelain)" ]
}

install() {
    rm -rf site
    pip install --quiet --root-user-action ignore --no-index --find-links "$wheels" --target site setuptools
}

compile() { cc -O2 -c -o object /opt/isobench/memory.c; }
search() { grep -rl --include='*.[hp]*' stat /usr/include "$library" >found; }

spawn() {
    for _ in 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9; do
        for _ in 0 1 2 3 4 5 6 7 8 9; do /bin/true; done
    done
}

# Count what the last turn has made, and the fewest that it should be.
made() {
    case $task in
        clone) set -- "$(find copy -name '*.py' | wc -l)" "$(git -C project ls-files '*.py' | wc -l)" ;;
        commit) set -- "$(git -C project rev-list --count HEAD)" $((turns + 2)) ;;
        install) set -- "$(find site -name '*.py' | wc -l)" 100 ;;
        compile) set -- "$(wc -c <object)" 1000 ;;
        search) set -- "$(wc -l <found)" 100 ;;
        spawn) set -- 200 200 ;;
    esac
    echo "$*"
}

case $task in
    prepare) prepare; exit ;;
    clone | commit | install | compile | search | spawn) ;;
    *) echo "no task is called '$task'" >&2; exit 2 ;;
esac

turns "$task" "$seconds"
made=$(made)
[ "${made% *}" -ge "${made#* }" ] || { echo "$task made ${made% *}, which should be ${made#* }" >&2; exit 1; }

awk -v hundredths="$hundredths" -v turns="$turns" -v made="${made% *}" 'BEGIN {
    seconds = hundredths / 100
    printf "window seconds: %.2f\n", seconds
    printf "turns: %d, the last made %d\n", turns, made
    printf "turns_per_s: %.3f\n", turns / seconds
    printf "seconds_per_turn: %.4f\n", seconds / turns
}'
