#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Init of the guest: systemd, or in the short mode the mounts of a Debian, udevd
# and the command.  There, kernel modules and udev rules work as usual, but there
# is no logind and no service.

# shellcheck source=/dev/null
. /run/job/settings	# mode: mini or systemd
[ "${mode:?}" = mini ] || exec /lib/systemd/systemd

mkdir -p /dev/pts /dev/shm /run/udev /run/lock
mount -t devpts -o mode=620,ptmxmode=666 devpts /dev/pts
mount -t tmpfs shm /dev/shm
ip link set lo up
/lib/systemd/systemd-udevd --daemon
exec /bin/bash /run/job/run.sh
