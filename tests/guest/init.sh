#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# First process of the guest: lays the guest's root together and enters it.
#
# Top to bottom: memory; the folders of --over; the layer; the host's root.
# Only memory and /run/job can be written.

set -e
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for module in /m/*.ko; do
	insmod "$module"
done

# share NAME OPTIONS
share()
{
	mount -t 9p -o "trans=virtio,version=9p2000.L,msize=524288,$2" "$1" "/$1"
}
share host ro,cache=loose
share layer ro,cache=loose
share over ro,cache=loose
share job rw
# shellcheck source=/dev/null
. /job/settings
: "${tree:?the source tree}"

mount -t tmpfs -o size=75% memory /rw
mkdir /rw/upper /rw/work
mount -t overlay -o lowerdir=/over:/layer:/host,upperdir=/rw/upper,workdir=/rw/work root /new
cp -dR /job/upper/. /new/
rm -f /new/.dockerenv	# systemd would think that it is in a container

for dir in proc sys dev; do
	mount --move "/$dir" "/new/$dir"
done
# systemd-tmpfiles empties /tmp file by file: not through two file systems.
for dir in run tmp var/tmp home root; do
	mount -t tmpfs -o mode=755 memory "/new/$dir"
done
chmod 1777 /new/tmp /new/var/tmp
mkdir -p /new/run/job "/new$tree"
mount --move /job /new/run/job
mount --bind "/host$tree" "/new$tree"
exec switch_root /new /bin/bash /run/job/pid1.sh
