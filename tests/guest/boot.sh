#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# usage: boot.sh [OPTION]... -- COMMAND...
#
# Boots Debian's kernel in QEMU on this machine's own root folder, runs COMMAND
# there as root, prints what it prints and ends with its exit status (124 if it
# did not end in time, did not start, or the token's server found faults).
#
#   --systemd       with systemd as process 1, logind and D-Bus
#   --over DIR      DIR laid over the guest's root (a staged installation)
#   --token ELF     firmware ELF in an emulated chip, on USB/IP at 10.0.2.2:3240;
#                   its control socket is /dev/virtio-ports/control
#   --server CMD    the same by another server: CMD is run with the arguments
#                   --port 3240 --dir DIR
#   --memory MB     memory, default 1024
#   --seconds N     time limit, default 240
#   --log FILE      where to leave the kernel's and the server's messages
#
# The guest reads this machine's files and writes to memory only: /, this source
# tree and DIR are shared read-only by 9p; /root, /home, /tmp and the password
# files are the guest's own.  But root in the guest can read whatever who calls
# this can read, the shares are not confined any further: run no command in it
# that you would not run beside your files.  No service of this machine is
# started or met.  The network has the guest and the token's server in it and
# nothing else: a network name space without another interface.

set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
tree=$(readlink -f "$here/../..")
store=$tree/build/guest

# Debian's, unmodified.  Whatever of it the host lacks is unpacked in the layer.
PACKAGES=(linux-image-amd64 udev kmod iproute2 usbip usbutils	# plugs and nodes
	systemd dbus libpam-systemd acl	# a seat and its person
	fido2-tools openssh-client openssh-server	# use a token
	pcscd libccid opensc opensc-pkcs11 openssl	# use it as a smart card
	chromium	# and as a passkey
	procps python3 python3-pexpect python3-cryptography)	# the tests themselves

mode=mini memory=1024 seconds=240 over='' log='' server=()
while [ $# -gt 0 ]; do
	case $1 in
	--systemd) mode=systemd ;;
	--over) over=$(readlink -f "$2"); shift ;;
	--token) server=(node "$tree/tests/board/usbip.mjs" --elf "$2"); shift ;;
	--server) read -ra server <<<"$2"; shift ;;
	--memory) memory=$2; shift ;;
	--seconds) seconds=$2; shift ;;
	--log) log=$2; shift ;;
	--) shift; break ;;
	*) sed -n 's/^# \{0,1\}//; 4,/^$/p' "$0" >&2; exit 2 ;;
	esac
	shift
done

"$here/layer.sh" "$store" "${PACKAGES[@]}"

job=$(mktemp -d /tmp/guest.XXXXXX)
trap '[ -z "$log" ] || cat "$job"/*.log >"$log" 2>/dev/null; rm -rf "$job"' EXIT
mkdir -p "$job/upper" "$job/token" "$job/nothing"

# Accounts of Debian's packages, and two people; none can log in by password.
accounts()
{
	local etc=$job/upper/etc
	mkdir -p "$etc"
	awk -F: '$3 < 1000 || $3 == 65534' /etc/passwd >"$etc/passwd"
	awk -F: '$3 < 1000 || $3 == 65534' /etc/group >"$etc/group"
	local name id
	while read -r name id; do
		grep -q "^$name:" "$etc/group" || echo "$name:x:$id:" >>"$etc/group"
		grep -q "^$name:" "$etc/passwd" ||
		    echo "$name:x:$id:$id::/home/$name:/bin/bash" >>"$etc/passwd"
	done <<-'END'
	sshd 64101
	messagebus 64102
	polkitd 64103
	alice 1001
	bob 1002
	END
	sed 's/:.*/:*:19000::::::/' "$etc/passwd" >"$etc/shadow"
	chmod 640 "$etc/shadow"
}

# What costs seconds and serves nothing here.
MASKED=(systemd-timesyncd.service systemd-pstore.service
	systemd-remount-fs.service systemd-hwdb-update.service
	systemd-journal-catalog-update.service ldconfig.service
	systemd-update-done.service systemd-udev-trigger.service
	systemd-sysusers.service modprobe@drm.service
	modprobe@efi_pstore.service systemd-random-seed.service
	systemd-update-utmp.service systemd-journal-flush.service
	systemd-firstboot.service systemd-boot-system-token.service
	systemd-binfmt.service apparmor.service networking.service
	systemd-networkd.service systemd-resolved.service
	getty@tty1.service autovt@.service)
BLACKLIST=ahci,libata,bochs,i2c_i801,lpc_ich,iTCO_wdt,psmouse,pcspkr,parport_pc

upper()
{
	local unit
	accounts
	cp -R "$here/etc" "$job/upper/"
	for unit in "${MASKED[@]}"; do
		ln -s /dev/null "$job/upper/etc/systemd/system/$unit"
	done
	mkdir "$job/upper/etc/tmpfiles.d"
	ln -s /dev/null "$job/upper/etc/tmpfiles.d/tmp.conf"
	ln -s /dev/null "$job/upper/etc/tmpfiles.d/x11.conf"
	: >"$job/upper/etc/fstab"
	echo guest >"$job/upper/etc/hostname"
	echo 127.0.0.1 localhost guest >"$job/upper/etc/hosts"
}
upper

cp "$here/run.sh" "$here/pid1.sh" "$job/"
printf '%q ' "$@" >"$job/command"
kernel="console=ttyS0 quiet loglevel=4 panic=-1 nokaslr mitigations=off tsc=reliable
	no_timer_check random.trust_cpu=on net.ifnames=0 module_blacklist=$BLACKLIST"
kernel+=" systemd.unit=guest.target systemd.show_status=0"
printf 'tree=%q\nmode=%q\n' "$tree" "$mode" >"$job/settings"

# share NAME DIR [OPTION]: a folder that the guest can mount.
share()
{
	qemu+=(-fsdev "local,id=$1,path=$2,security_model=none,multidevs=remap$3"
		-device "virtio-9p-pci,fsdev=$1,mount_tag=$1")
}

# port NAME CHARDEV: a serial port /dev/virtio-ports/NAME.
port()
{
	qemu+=(-chardev "$2,id=$1" -device "virtserialport,chardev=$1,name=$1")
}

# TCG on purpose: nested KVM is often there and broken.
# shellcheck disable=SC2054 # the commas are QEMU's
qemu=(qemu-system-x86_64 -M q35,usb=off,vmport=off,hpet=off -accel tcg,thread=multi
	-cpu max -smp 2 -m "$memory" -nodefaults -no-user-config -display none -no-reboot
	-kernel "$store/vmlinux" -initrd "$store/initrd" -append "${kernel//[$'\n\t']/ }"
	-serial "file:$job/kernel.log" -device virtio-serial-pci -device virtio-rng-pci
	-device isa-debug-exit,iobase=0x501,iosize=1)
share host / ,readonly=on
share layer "$store/tree" ,readonly=on
share over "${over:-$job/nothing}" ,readonly=on
share job "$job" ''
port output file,path=/dev/stdout
if [ ${#server[@]} -gt 0 ]; then
	server+=(--port 3240 --dir "$job/token")
	port control "socket,path=$job/token/control"
	# shellcheck disable=SC2054
	qemu+=(-netdev user,id=net -device virtio-net-pci,netdev=net)
fi

# Whoever is not root is root of the name space; files stay theirs.
user=()
[ "$(id -u)" -eq 0 ] || user=(--map-root-user)
if ! unshare "${user[@]}" --net "$here/alone.sh" "$job" "$seconds" \
    "${server[@]}" -- "${qemu[@]}"; then
	tail -n 20 "$job"/*.log >&2
	exit 124
fi

if [ -s "$job/status" ]; then
	exit "$(cat "$job/status")"
fi
tail -n 20 "$job"/*.log >&2
exit 124
