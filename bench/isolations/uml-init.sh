#!/.isobench/busybox sh
# First process of a User-Mode Linux: mounts what the root needs, limits processes, runs the entry, powers off.
# Every failure says so and powers off too: the host must see an ending, not a hang.
. /.isobench/trial
busybox=/.isobench/busybox
echo "@isobench $nonce kernel_up"

end() { $busybox poweroff -n -f; exit 1; }
fail() { echo "isobench init: $1"; end; }

$busybox stty -onlcr -echo  # the workload's bytes reach the host unchanged, and its lines are not sent back
$busybox mount -t proc proc /proc || fail 'cannot mount proc'
$busybox mount -t sysfs sys /sys || fail 'cannot mount sysfs'
[ -c /dev/null ] || $busybox mount -t devtmpfs dev /dev || fail 'cannot mount devtmpfs'  # the kernel may have done so
for folder in tmp run; do
    $busybox mount -t tmpfs -o mode=1777 tmpfs /$folder || fail "cannot mount tmpfs on /$folder"
done
$busybox ifconfig lo 127.0.0.1 up || fail 'cannot bring up lo'
case $storage in
    volume) $busybox mount -t hostfs -o "$volume" none "$data" || fail "cannot mount the host's folder on $data" ;;
    tmpfs) $busybox mount -t tmpfs -o "size=$bytes" tmpfs "$data" || fail "cannot mount tmpfs on $data" ;;
esac

$busybox mount -t cgroup2 cgroup /sys/fs/cgroup || fail 'cannot mount cgroup2'
group=/sys/fs/cgroup/workload
echo +pids > /sys/fs/cgroup/cgroup.subtree_control && $busybox mkdir $group && echo "$pids" > $group/pids.max ||
    fail 'cannot limit processes'

(
    echo 0 > $group/cgroup.procs  # 0: this very process
    exec "$@"
)
end
