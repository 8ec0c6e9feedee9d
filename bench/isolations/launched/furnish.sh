# What stands in a root that a shell of ours sets up; to be sourced by it, with these set:
#   root     where the image is mounted
#   proc     host: the host's; new: one of this process namespace
#   network  none: a network namespace of its own, whose loopback must be brought up
#   storage  volume, tmpfs or -: what is mounted for the workload's data
#   data, bytes, volume  its folder inside, its size, the host's folder behind a volume
case $proc in
    host) mount --rbind /proc "$root/proc" ;;
    new) mount -t proc proc "$root/proc" ;;
esac
for folder in sys dev; do mount --rbind "/$folder" "$root/$folder"; done
mount -t tmpfs -o nosuid,nodev,noexec,mode=1777,size=64m shm "$root/dev/shm"  # the host's holds what is others'
for folder in tmp run; do mount -t tmpfs -o mode=1777 tmpfs "$root/$folder"; done
[ "$network" != none ] || chroot "$root" /.isobench/busybox ifconfig lo 127.0.0.1 up
case $storage in
    volume | tmpfs) data=$(chroot "$root" /.isobench/busybox readlink -f "$data") ;;  # where it is, links followed inside
esac
case $storage in
    volume) mount --bind "$volume" "$root$data" ;;
    tmpfs) mount -t tmpfs -o "size=$bytes" tmpfs "$root$data" ;;
esac
