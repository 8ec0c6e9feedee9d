#!/.isobench/busybox sh
# First of ours in a machine of microsandbox, beside its agent: furnishes the root, limits processes, runs the entry, and
# leaves with its status.
. /.isobench/trial
busybox=/.isobench/busybox group=/sys/fs/cgroup/microsandbox-workload
fail() { echo "isobench init: $1"; exit 1; }

$busybox mount -o remount,nosuid,nodev,noexec,mode=1777,size=64m /dev/shm || fail 'cannot limit /dev/shm'
for folder in tmp run; do
    $busybox mount -t tmpfs -o mode=1777 tmpfs /$folder || fail "cannot mount tmpfs on /$folder"
done
if [ "$network" = none ]; then
    $busybox ifconfig eth0 down && $busybox rm -f /etc/resolv.conf || fail 'cannot take the network away'
fi
[ "$storage" != tmpfs ] || $busybox mount -t tmpfs -o "size=$bytes" tmpfs "$data" || fail "cannot mount tmpfs on $data"
echo +pids > /sys/fs/cgroup/cgroup.subtree_control && echo "$pids" > $group/pids.max || fail 'cannot limit processes'

"$@"
status=$?
# Whatever is left behind holds the client, which waits until nobody has its output any more.
echo 0 > $group/pids.max
while read -r pid; do [ "$pid" = $$ ] || kill -KILL "$pid"; done <$group/cgroup.procs 2>/dev/null  # some have gone
exit $status
