#!/.isobench/busybox sh
echo '@isobench start'
# Runs a workload the same way in every isolation: entry MODE DATA PADDING COMMAND...
#   MODE    once: the command runs to its end.
#           stay: the command, if there is one, is a service. Until the host says otherwise, each line it sends is
#           `run NUMBER WORDS...`, quoted for this shell, and runs beside the service; any other line, or the end of
#           input, stops the service with SIGTERM.
#   DATA    the folder of the workload's data, made if it is missing; - for none
#   PADDING how many bytes a variable adds to the workload's environment
# It mounts nothing. Its environment and input are the same everywhere: a fixed one, or what an imported image asks for,
# which /.isobench/settings beside it says: $path, $user, the working directory, and enter(), which becomes a command.
# The first line of its input is a secret between the host and this shell: no argument, environment or file holds it.
# Marks on the console, each `@isobench SECRET ...` but the first, before which nothing of the workload can run: `start`;
# `doing NUMBER` and `did NUMBER STATUS` around what the host asked for; `left STATUS` when a service has ended; at the
# end `saw KEY VALUE` for each fact of the envelope; `end STATUS`; and, once the host has sent a line or 10 s have
# passed, `bye`.
# Builtins wherever possible: each fork costs an emulated machine tens of milliseconds.

mode=$1 data=$2 left=$3 padding=
shift 3
path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin user=
enter() { exec /.isobench/busybox env -i PATH=$path HOME=/root LANG=C.UTF-8 $padding "$@"; }
[ ! -f /.isobench/settings ] || . /.isobench/settings

# What programs expect wherever they run, where an isolation has left it out: the links below /dev, a name for this very
# place, and folders that everybody may write to (some runtimes give what they mount the mode of the image's folder).
[ -L /dev/stdout ] || /.isobench/busybox tar -x -C /dev -f /.isobench/devices.tar
[ -s /etc/hosts ] || echo '127.0.0.1 localhost isobench' 2>/dev/null >/etc/hosts
for folder in /tmp /run /dev/shm; do
    [ -k $folder ] || [ ! -d $folder ] || /.isobench/busybox chmod 1777 $folder
done

# A process's limits, as bench/isolations/envelope.py has them. Where one cannot be had, its own stays, and is seen.
{ ulimit -n 16384 || ulimit -Sn "$(ulimit -Hn)"; } 2>/dev/null
{ ulimit -u 32768 || ulimit -Su "$(ulimit -Hu)"; } 2>/dev/null
{ ulimit -l 8192 || ulimit -Sl "$(ulimit -Hl)"; } 2>/dev/null
{ ulimit -Ss 8192; ulimit -Sc 0; } 2>/dev/null

# Where the environment ends, the stack begins: its size alone can move a result, so that it differs by trial.
piece=x
while [ "$left" -gt 0 ]; do
    [ $((left & 1)) = 0 ] || padding=$padding$piece
    piece=$piece$piece left=$((left >> 1))
done
padding=${padding:+ISOBENCH_PADDING=$padding}

saw() { echo "@isobench $secret saw $1 $2"; }

# Puts the command's file into $found. busybox would run its own version of a command called by a plain name.
find_command() {
    found=$1
    case $1 in */*) return ;; esac
    IFS=:
    for folder in $path; do
        if [ -f "$folder/$1" ] && [ -x "$folder/$1" ]; then
            found=$folder/$1
            break
        fi
    done
    unset IFS
    case $found in */*) return ;; esac
    echo "isobench: the image has no command '$1'"
    return 127
}

run() {
    find_command "$1" || return
    shift
    (enter "$found" "$@" </dev/null 2>&1)
}

# Runs a service in the background, passes SIGTERM on to it, and says when it has left.
keep() {
    find_command "$1" || { echo "@isobench $secret left 127"; exit 127; }
    shift
    (enter "$found" "$@" </dev/null 2>&1) &
    service=$!
    trap 'kill -TERM $service' TERM
    wait $service
    status=$?
    while kill -0 $service 2>/dev/null; do  # the signal has ended the wait, not the service
        wait $service
        status=$?
    done
    echo "@isobench $secret left $status"
    exit $status
}

# Obeys the host's lines, then stops the service and puts its status into $status.
stay() {
    keeper=
    if [ $# -gt 0 ]; then
        keep "$@" &
        keeper=$!
    fi
    while read -r order number words && [ "$order" = run ]; do
        eval "set -- $words"
        echo "@isobench $secret doing $number"
        run "$@"
        echo "@isobench $secret did $number $?"
    done
    report
    status=0
    if [ -n "$keeper" ]; then
        kill -TERM "$keeper" 2>/dev/null
        wait "$keeper"
        status=$?
    fi
}

# Puts the value of a cgroup's file into $value: $1 controller, $2 its file in cgroup v2, $3 in v1.
# Where the group's path leads nowhere (a container that sees only its own part), the mount's root is the group.
limit() {
    value=unknown
    while IFS=: read -r number controllers group; do
        case ,$controllers, in
            ,,) limit_above "$2" ;;
            *,"$1",*) try "/sys/fs/cgroup/$1$group/$3" || try "/sys/fs/cgroup/$1/$3" && break ;;
        esac
    done </proc/self/cgroup
    case $value in
        ???????????????????*) value=max ;;  # v1 writes none as the largest number of pages, 19 digits
    esac
}

# In version 2 a group without a limit, or without the controller, is held by the nearest one above that has it.
limit_above() {
    until try "/sys/fs/cgroup${group%/}/$1" && [ "$value" != max ]; do
        [ -n "${group%/}" ] || break
        group=${group%/*}
    done
    [ $value = unknown ] && [ -e /sys/fs/cgroup/cgroup.procs ] && value=max
}

try() { [ -r "$1" ] && read -r value <"$1"; }

count_cpus() {
    count=0
    IFS=,
    for range in $1; do
        count=$((count + ${range#*-} - ${range%-*} + 1))
    done
    unset IFS
}

# The limits of a process, in the words of the kernel; gVisor does not write them down, and keeps only this one.
see_limits() {
    [ -r /proc/self/limits ] || { saw open_files_limit "$(ulimit -n)"; return; }
    while read -r line; do
        set -- ${line#*  }
        case $line in
            'Max file size '*) saw file_size_limit "$1" ;;
            'Max stack size '*) saw stack_limit "$1" ;;
            'Max core file size '*) saw core_limit "$1" ;;
            'Max processes '*) saw user_processes_limit "$1" ;;
            'Max open files '*) saw open_files_limit "$1" ;;
            'Max locked memory '*) saw locked_memory_limit "$1" ;;
        esac
    done </proc/self/limits
}

# What is mounted on the data's folder: tmpfs, another file system (a volume), or nothing: the image's own layer.
see_storage() {
    storage=layer
    while read -r device where kind rest; do
        [ "$where" = "$data" ] || continue
        case $kind in tmpfs) storage=tmpfs ;; *) storage=volume ;; esac
    done </proc/self/mounts
    saw storage $storage
}

# By which the host tells its own kernel from another; with the uptime below.
see_kernel() {
    for name in random/boot_id osrelease; do
        value=unknown
        try "/proc/sys/kernel/$name"
        saw "${name#*/}" "$value"
    done
}

# A kernel that does not tell which CPUs are allowed (gVisor) has as many as it lists.
see_cpus() {
    while read -r key value; do
        case $key in Cpus_allowed_list:) count_cpus "$value"; saw cpus $count; saw cpu_set "$value"; return ;; esac
    done </proc/self/status
    count=0
    while read -r key value; do
        case $key in processor) count=$((count + 1)) ;; esac
    done </proc/cpuinfo
    saw cpus $count
}

report() {
    see_kernel
    see_cpus
    limit memory memory.max memory.limit_in_bytes
    saw memory_limit $value
    while read -r key value unit; do
        case $key in
            MemTotal:) saw memory_total_kib "$value" ;;
            MemAvailable:) saw memory_available_kib "$value"; break ;;
        esac
    done </proc/meminfo
    limit pids pids.max pids.max
    saw pids_limit $value
    see_limits
    [ "$data" = - ] || see_storage
    { read -r heading; read -r route && saw network routed || saw network none; } </proc/net/route
    [ ! -r /proc/vmstat ] || while read -r key value; do
        case $key in oom_kill) saw oom_kills "$value"; break ;; esac
    done </proc/vmstat
    read -r value rest </proc/uptime
    saw uptime "$value"
}

[ "$data" = - ] || /.isobench/busybox mkdir -p "$data"
if [ -n "$user" ]; then  # who is not root opens the console anew as /dev/stdout, and writes where the data lie
    [ "$data" = - ] && data_too= || data_too=$data
    /.isobench/busybox chown "$user" /proc/self/fd/1 ${data_too:+"$data_too"}
fi
unset secret  # an image's environment may have a variable of this name, and would keep what it is set to
read -r secret
if [ "$mode" = stay ]; then
    stay "$@"
else
    run "$@"
    status=$?
    report
fi
echo "@isobench $secret end $status"
read -r -t 10 line  # the instance lives on for as long as the host reads its counters
echo "@isobench $secret bye"
exit $status
