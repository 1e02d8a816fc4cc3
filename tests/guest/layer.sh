#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# usage: layer.sh DIR [PACKAGE...]: what the guest needs and the host lacks.
#
# Downloads Debian packages with the host's own sources, but into private
# folders, as any user, and unpacks them into DIR/tree.  Nothing is installed:
# no maintainer script runs, the host's lists and its dpkg are only read.  Then
# makes DIR/vmlinux and DIR/initrd.  All is kept; a second run needs no network.

set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
dir=$(mkdir -p "$1" && readlink -f "$1")
shift

# In the initrd: what it takes to see the shares.
MODULES=(virtio_pci 9pnet_virtio 9p overlay virtio_console)

# apt, with lists and archives of its own.
private_apt()
{
	mkdir -p "$dir"/apt/{lists,archives}/partial
	apt-get -o "Dir::State::lists=$dir/apt/lists" \
	    -o "Dir::Cache=$dir/apt" -o Dir::Cache::archives=archives \
	    -o Debug::NoLocking=1 -o APT::Sandbox::User= -qq "$@"
}

# download PACKAGE...: them and all they depend on, but for what is installed.
# "Inst name [installed] (new ...)" is an upgrade; the guest takes the host's.
download()
{
	local missing
	mapfile -t missing < <(private_apt -s install --no-install-recommends \
	    "$@" | sed -n 's/^Inst \([^ ]*\) (\([^ ]*\) .*/\1=\2/p')
	(cd "$dir/apt/archives" && private_apt download "${missing[@]}")
}

# The folders of a merged /usr first: a real /lib would hide the host's.
unpack()
{
	local deb name
	mkdir -p "$dir"/tree/usr/{bin,sbin,lib}
	for name in bin sbin lib; do
		ln -sfn "usr/$name" "$dir/tree/$name"
	done
	for deb in "$dir"/apt/archives/*.deb; do
		dpkg-deb --fsys-tarfile "$deb" |
		    tar -x --keep-directory-symlink --no-same-owner -C "$dir/tree"
	done
}

# Modules in the order in which they can be loaded.
with_dependencies()
{
	local module=$1 needed d
	[ -z "${loaded[$module]:-}" ] || return 0
	loaded[$module]=1
	read -ra needed < <(sed -n "s|^$module: *||p" "$modules/modules.dep")
	for d in "${needed[@]}"; do
		with_dependencies "$d"
	done
	cp "$modules/$module" "$initrd/m/$((n++))-${module##*/}"
}

initrd()
{
	local initrd modules module name n=100
	local -A loaded=()
	modules=$(echo "$dir"/tree/lib/modules/*)
	[ -d "$modules" ]
	PATH=$PATH:/usr/sbin:$dir/tree/usr/sbin depmod -b "$dir/tree" "${modules##*/}"

	initrd=$(mktemp -d "$dir/initrd.XXXX")
	mkdir "$initrd"/{bin,m,proc,sys,dev,host,over,layer,job,rw,new}
	cp /bin/busybox "$initrd/bin/"
	for name in sh mount insmod mkdir cp rm chmod switch_root; do
		ln -s busybox "$initrd/bin/$name"
	done
	cp "$here/init.sh" "$initrd/init"
	for module in "${MODULES[@]}"; do
		with_dependencies \
		    "$(sed -n "s|^\([^:]*/$module\.ko\):.*|\1|p" "$modules/modules.dep")"
	done
	(cd "$initrd" && find . | LC_ALL=C sort |
	    busybox cpio -o -H newc 2>/dev/null) >"$dir/initrd"
	rm -rf "$initrd"
}

# made STEP INPUT COMMAND...: once for each text of INPUT.
made()
{
	local stamp=$dir/$1.made
	[ "$(cat "$stamp" 2>/dev/null)" != "$2" ] || return 0
	rm -f "$stamp"
	"${@:3}"
	printf '%s\n' "$2" >"$stamp"
}

layer()
{
	echo "guest: downloading Debian's kernel and programs" >&2
	rm -rf "$dir/tree" "$dir/apt"
	private_apt update
	download "$@"
	unpack
	python3 "$here/vmlinux.py" "$dir"/tree/boot/vmlinuz-* "$dir/vmlinux"
	rm -rf "$dir/apt"
}

exec 9>"$dir.lock"
flock 9	# two tests may want it at once
made layer "$*" layer "$@"
made initrd "$* $(cat "$here"/{init,layer}.sh | sha256sum)" initrd
