#!/bin/busybox sh
# First process of a virtual machine: loads the drivers of what it has, mounts the image, runs the entry, powers off.
# Every failure says so and powers off too: the host must see an ending, not a hang.
. /trial
echo '@isobench kernel_up'

# Should even that fail, the end of the first process is a kernel panic, and that a reset.
end() { poweroff -n -f; exit 1; }
fail() { echo "isobench init: $1"; end; }

stty -onlcr -echo  # the workload's bytes reach the host unchanged, and the host's line is not sent back
echo '@isobench listening'  # the host answers with the secret: a line for us, and one for the entry
for device in common $devices; do
    for module in /modules/"$device"/*.ko; do
        [ -e "$module" ] || continue  # the whole set is built into the kernel
        insmod "$module" || fail "cannot load $module"
    done
done

mount -t devtmpfs dev /dev || fail 'cannot mount devtmpfs'
cat /output &  # what runs inside writes to a pipe, as in every isolation, and not to a terminal
# mount_disk DEVICE FOLDER
mount_disk() {
    tries=0
    until [ -b "$1" ]; do
        tries=$((tries + 1))
        [ $tries -le 100 ] || fail "no disk $1 appeared"
        sleep 0.01
    done
    # noinit_itable: no kernel thread may write to the disk behind the workload's back
    mount -t ext4 -o noinit_itable "$1" "$2" || fail "cannot mount $1 as ext4"
}
case $root in
    disk) mount_disk /dev/vda /root ;;
    virtiofs) mount -t virtiofs root /root || fail 'cannot mount the folder of the host' ;;
esac

ifconfig lo 127.0.0.1 up || fail 'cannot bring up lo'
if [ "$network" = published ]; then  # the fixed addresses of QEMU's user-mode network
    ifconfig eth0 10.0.2.15 netmask 255.255.255.0 up || fail 'cannot bring up eth0'
    route add default gw 10.0.2.2 || fail 'cannot set a route'
fi
mount -t proc proc /root/proc || fail 'cannot mount proc'
mount -t sysfs sys /root/sys || fail 'cannot mount sysfs'
tar -x -C /dev -f /root/.isobench/devices.tar || fail 'cannot make the links in /dev'
mount -o move /dev /root/dev || fail 'cannot move devtmpfs'
mount -t devpts -o mode=620,ptmxmode=666 pts /root/dev/pts || fail 'cannot mount devpts'
mount -t tmpfs -o nosuid,nodev,noexec,mode=1777,size=64m shm /root/dev/shm || fail 'cannot mount tmpfs'
mount -t tmpfs -o mode=1777 tmp /root/tmp || fail 'cannot mount tmpfs'
mount -t tmpfs -o mode=1777 run /root/run || fail 'cannot mount tmpfs'
echo isobench > /root/proc/sys/kernel/hostname
case $storage in
    volume) mkdir -p "/root$folder" && mount_disk "/root$volume" "/root$folder" ;;
    tmpfs) mkdir -p "/root$folder" && mount -t tmpfs -o "size=$folder_bytes" tmpfs "/root$folder" ||
        fail "cannot mount tmpfs on $folder" ;;
esac
mount -t cgroup2 cgroup /root/sys/fs/cgroup || fail 'cannot mount cgroup2'

# The same limit on processes as every other isolation sets; memory and CPUs are the machine's own.
group=/root/sys/fs/cgroup/workload
echo +pids > /root/sys/fs/cgroup/cgroup.subtree_control && mkdir $group && echo "$pids" > $group/pids.max ||
    fail 'cannot limit processes'

read -r secret
(
    echo 0 > $group/cgroup.procs  # 0: this very process
    exec chroot /root "$@"
) >/output 2>&1
status=$?
# Whatever is left behind holds the pipe open: it ends, and no more of it begins, until all has been passed on.
echo 0 > $group/pids.max
while read -r pid; do kill -KILL "$pid"; done <$group/cgroup.procs 2>/root/dev/null  # some have gone
wait
[ $status != 137 ] || while read -r key value; do  # killed, the entry itself perhaps, which says this otherwise
    case $key in oom_kill) echo "@isobench $secret saw oom_kills $value" ;; esac
done </root/proc/vmstat
echo "@isobench $secret over $status"
end
