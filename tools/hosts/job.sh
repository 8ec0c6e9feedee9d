#!/bin/bash
# In the lab's host, as root: log in, run the command that came with the checkout, hand back /srv/results, say how it ended.
#
# The first disk is the system, and the others have names: checkout (a tar, which is unpacked by now), images (what Isobench
# caches), results (where a tar is written). Words for the lab go through the port lab.events, the command's output through
# lab.output. Without lab.job on the kernel's command line somebody sits at the console, and finds all prepared.
events=/dev/virtio-ports/lab.events
disks=/dev/disk/by-id
user=root
groups=
limit=3600
command=(true)
# shellcheck source=/dev/null
. /srv/isobench/.lab-job
rm /srv/isobench/.lab-job

cache=/var/cache/isobench
[ "$user" = root ] || cache=/home/$user/.cache/isobench
mkdir -p "$cache"
mount "$disks/virtio-images" "$cache"
if [ "$user" != root ]; then # whose trees have no devices, and are their own
    rm -rf "$cache"/images/*/private
    chown -R "$user:$user" "/home/$user/.cache"
fi
for interface in /sys/bus/virtio/drivers/virtio_net/virtio*/net/*; do # of `run --reach`
    [ -e "$interface" ] || continue
    ip address add 10.0.2.15/24 dev "${interface##*/}"
    ip link set "${interface##*/}" up
done
if [ -z "$(ip route show default)" ]; then # pasta, of podman without root, serves hosts that have one: it leads nowhere
    ip link add nowhere type dummy
    ip address add 192.0.2.2/24 dev nowhere
    ip link set nowhere up
    ip route add default via 192.0.2.1
fi
ln -s /opt/lab/venv /srv/isobench/.venv
mkdir -p /srv/results
chown -R "$user:$user" /srv/isobench /srv/results
[ -z "$groups" ] || usermod --append --groups "$groups" "$user"
[ "$user" = root ] || loginctl enable-linger "$user"
grep -qw lab.job /proc/cmdline || exit 0

echo ready >"$events"
# As by ssh: a session of one's own, with what PAM gives and the shell's own PATH.
# shellcheck disable=SC2016
systemd-run --quiet --collect --wait --pipe --uid="$user" --property=PAMName=login \
    --property=WorkingDirectory=/srv/isobench --setenv=LANG=C.UTF-8 \
    /bin/bash --login -c 'exec timeout --kill-after=30 "$@"' lab "$limit" "${command[@]}" >/dev/virtio-ports/lab.output 2>&1 </dev/null
status=$?
journalctl --boot --no-hostname --output=short-monotonic >/srv/results/journal.txt
tar --create --file="$disks/virtio-results" --directory=/srv/results .
sync
echo "ended $status" >"$events"
