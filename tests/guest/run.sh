#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Last step of both modes: run the command, say how it ended, switch off.
# Its output goes through a port of its own, where no kernel message gets in.

export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export HOME=/root TERM=dumb LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
udevadm trigger --action=add --subsystem-match=virtio-ports
udevadm settle
for person in alice bob; do
	install -d -o "$person" -g "$person" -m 700 "/home/$person"
done
cd /root || exit
bash /run/job/command >/dev/virtio-ports/output 2>&1 </dev/null
echo $? >/run/job/status
# QEMU's isa-debug-exit: gone at once, nothing here is worth a clean end.
printf '\0' | dd of=/dev/port bs=1 seek=$((0x501)) conv=notrunc status=none
