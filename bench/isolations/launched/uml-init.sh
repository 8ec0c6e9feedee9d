#!/.isobench/busybox sh
# First process of a User-Mode Linux: mounts what the root needs, limits processes, runs the entry, powers off.
# Every failure says so and powers off too: the host must see an ending, not a hang.
. /.isobench/trial
busybox=/.isobench/busybox
echo '@isobench kernel_up'

end() { $busybox poweroff -n -f; exit 1; }
fail() { echo "isobench init: $1"; end; }

$busybox stty -onlcr -echo  # the workload's bytes reach the host unchanged, and its lines are not sent back
echo '@isobench listening'  # the host answers with the secret: a line for us, and one for the entry
$busybox mount -t proc proc /proc || fail 'cannot mount proc'
$busybox mount -t sysfs sys /sys || fail 'cannot mount sysfs'
[ -c /dev/null ] || $busybox mount -t devtmpfs dev /dev || fail 'cannot mount devtmpfs'  # the kernel may have done so
$busybox cat /.isobench/output &  # what runs inside writes to a pipe, as in every isolation, and not to a terminal
$busybox tar -x -C /dev -f /.isobench/devices.tar || fail 'cannot make the links in /dev'
$busybox mount -t devpts -o mode=620,ptmxmode=666 pts /dev/pts || fail 'cannot mount devpts'
$busybox mount -t tmpfs -o nosuid,nodev,noexec,mode=1777,size=64m shm /dev/shm || fail 'cannot mount tmpfs on /dev/shm'
for folder in tmp run; do
    $busybox mount -t tmpfs -o mode=1777 tmpfs /$folder || fail "cannot mount tmpfs on /$folder"
done
echo isobench > /proc/sys/kernel/hostname
$busybox ifconfig lo 127.0.0.1 up || fail 'cannot bring up lo'
case $storage in
    volume) $busybox mount -t hostfs -o "$volume" none "$data" || fail "cannot mount the host's folder on $data" ;;
    tmpfs) $busybox mount -t tmpfs -o "size=$bytes" tmpfs "$data" || fail "cannot mount tmpfs on $data" ;;
esac

$busybox mount -t cgroup2 cgroup /sys/fs/cgroup || fail 'cannot mount cgroup2'
group=/sys/fs/cgroup/workload
echo +pids > /sys/fs/cgroup/cgroup.subtree_control && $busybox mkdir $group && echo "$pids" > $group/pids.max ||
    fail 'cannot limit processes'

read -r secret
(
    echo 0 > $group/cgroup.procs  # 0: this very process
    exec "$@"
) >/.isobench/output 2>&1
status=$?
# Whatever is left behind holds the pipe open: it ends, and no more of it begins, until all has been passed on.
echo 0 > $group/pids.max
while read -r pid; do kill -KILL "$pid"; done <$group/cgroup.procs 2>/dev/null  # some have gone
wait
[ $status != 137 ] || while read -r key value; do  # killed, the entry itself perhaps, which says this otherwise
    case $key in oom_kill) echo "@isobench $secret saw oom_kills $value" ;; esac
done </proc/vmstat
echo "@isobench $secret over $status"
end
