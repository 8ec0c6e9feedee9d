#!/bin/sh
# What makes an installed system a host of the lab; mmdebstrap runs it when all packages are there.
#
#   furnish.sh ROOT GUEST STAGE FOLDER DISK_GIB
#
#   GUEST     files that every host has beside its packages
#   STAGE     what pip needs of the checkout to install its dependencies
#   FOLDER    where disk, kernel, modules and lists of what is in it go
set -eu
root=$1 guest=$2 stage=$3 folder=$4 disk_gib=$5

cp -r "$guest/." "$root/"
echo lab >"$root/etc/hostname"
printf '127.0.0.1 localhost\n127.0.1.1 lab\n::1 localhost\n' >"$root/etc/hosts"
mkdir -p "$root/var/cache/isobench" "$root/srv/isobench" "$root/opt/lab"

# The environment: pip needs the names of hosts, and what this host trusts.
cp -r "$stage/." "$root/srv/isobench/"
cp -L /etc/resolv.conf "$root/etc/resolv.conf"
cp -L /etc/ssl/certs/ca-certificates.crt "$root/opt/lab/trusted.crt"
inside() { env -u PIP_FIND_LINKS PIP_CERT=/opt/lab/trusted.crt SSL_CERT_FILE=/opt/lab/trusted.crt PIP_CONFIG_FILE=/dev/null \
    HOME=/root LC_ALL=C.UTF-8 TMPDIR=/tmp chroot "$root" "$@"; }
inside python3 -m venv /opt/lab/venv
extras=tests
! inside pkg-config --exists libvirt 2>/dev/null || extras=$extras,vm # as tools/setup has it
inside /opt/lab/venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check \
    --editable "/srv/isobench[$extras]"
inside /opt/lab/venv/bin/python -m compileall -q -j 0 /opt/lab/venv/lib >"$folder/compiled" || : # examples that are no Python
rm "$folder/compiled"
inside /opt/lab/venv/bin/pip freeze --exclude-editable >"$folder/environment"
# What matplotlib finds out once in a home: a minute where all is emulated.
inside env MPLCONFIGDIR=/etc/skel/.cache/matplotlib /opt/lab/venv/bin/python -c 'import matplotlib.font_manager'
cp -r "$root/etc/skel/.cache" "$root/root/"
find "$root/srv/isobench" -mindepth 1 -delete
rm "$root/opt/lab/trusted.crt" "$root/etc/resolv.conf"
: >"$root/etc/resolv.conf"

# Who logs in without root, with subordinate ids from useradd; a job that is hers lets her linger.
inside useradd --create-home --shell /bin/bash ada
inside passwd --quiet --delete root
# A machine that knows its id does not take this for its first boot, on which it would enable every unit.
head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$root/etc/machine-id"
echo >>"$root/etc/machine-id"
inside systemctl enable --quiet lab.service
# Without a network they only wait, and they would work while others measure.
inside systemctl mask --quiet systemd-networkd-wait-online.service apt-daily.timer apt-daily-upgrade.timer \
    e2scrub_all.timer fstrim.timer systemd-timesyncd.service

inside dpkg-query --show --showformat '${Package}=${Version}\n' >"$folder/packages"
cp "$root"/boot/vmlinuz-* "$folder/kernel"
mkdir "$folder/modules"
for part in drivers/virtio drivers/block fs/ext4 fs/jbd2 fs/mbcache.ko* lib crypto; do
    for found in "$root"/usr/lib/modules/*/kernel/$part; do
        [ ! -e "$found" ] || cp -r "$found" "$folder/modules/"
    done
done
rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*

# Seen through a bind mount, the tree is without what is mounted in it.
mkdir "$folder/seen"
unshare --mount --propagation private sh -ec 'mount --bind "$1" "$2/seen"
    mke2fs -q -F -t ext4 -m 0 -E lazy_itable_init=1,lazy_journal_init=1 -L lab -d "$2/seen" "$2/disk" "$3G"' \
    sh "$root" "$folder" "$disk_gib"
rmdir "$folder/seen"
