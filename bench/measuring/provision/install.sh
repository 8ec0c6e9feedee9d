#!/bin/sh
# What a person types who sets up a server by hand, in a fresh system below ROOT:
#
#   install.sh ROOT PACKAGE...
#
# It is the first process of process and mount namespaces of its own: whatever it has started or mounted goes when
# it goes, however it ends. Of the host it lends the system the name service alone. No service is started.
set -eu
umask 022
root=$1
shift
trap 'exit 143' TERM
export DEBIAN_FRONTEND=noninteractive LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

inside() {
    chroot "$root" "$@" &  # in the background: a shell that waits for a foreground process hears no signal
    wait $!
}

mount -t proc proc "$root/proc"
made=
for file in resolv.conf hosts; do
    [ -e "$root/etc/$file" ] || made="$made $root/etc/$file"
    : >> "$root/etc/$file"
    mount --bind "/etc/$file" "$root/etc/$file"
done
printf '#!/bin/sh\nexit 101\n' > "$root/usr/sbin/policy-rc.d"  # the distribution's own way to start no service
chmod 755 "$root/usr/sbin/policy-rc.d"

inside apt-get --quiet -o APT::Update::Error-Mode=any update
inside apt-get --quiet --yes -o Dpkg::Use-Pty=0 install --no-install-recommends "$@"

rm "$root/usr/sbin/policy-rc.d"
umount "$root/etc/hosts" "$root/etc/resolv.conf"
for file in $made; do rm "$file"; done
