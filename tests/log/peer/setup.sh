#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# setup.sh DIR [PART...]: build the peers of README.md into DIR/bin: witness,
# tessera, akd and notecheck, or only the parts that are named.  Does nothing for
# a part that is up to date.  Debian's packages are installed if root lacks them.
#
# Each part's lock file has the digests of all that is downloaded, and go and cargo
# refuse anything else.  From where is what go and cargo themselves are set to.
set -eu
mkdir -p "$1/bin" "$1/done"
dir=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
shift

# Debian's compilers, not the caller's; the locks vouch for every module, so that
# no other service is asked.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
GOTOOLCHAIN=local GOWORK=off GOSUMDB=off CGO_ENABLED=0
export PATH GOTOOLCHAIN GOWORK GOSUMDB CGO_ENABLED
unset GOROOT

packages()
{
	missing=
	for name in "$@"; do
		dpkg-query -W -f '${Status}' "$name" 2>/dev/null |
		    grep -q ' installed$' || missing="$missing $name"
	done
	[ -n "$missing" ] || return 0
	if [ "$(id -u)" -ne 0 ]; then
		echo "setup.sh: please install:$missing" >&2
		exit 1
	fi
	apt-get -q update >&2
	# shellcheck disable=SC2086 # several words
	DEBIAN_FRONTEND=noninteractive apt-get -q install -y \
	    --no-install-recommends $missing >&2
}

# part NAME: run build_NAME in a copy of the sources unless it was done with these.
part()
{
	if diff -rq "$here/$1" "$dir/done/$1" >"$dir/done/why" 2>&1; then
		return 0
	fi
	rm -rf "$dir/done/$1"
	mkdir -p "$dir/$1"
	cp -r "$here/$1/." "$dir/$1/"
	if [ -f "$dir/$1/sums.lock" ]; then
		sed 1d "$dir/$1/sums.lock" >"$dir/$1/go.sum"
	fi
	(cd "$dir/$1" && "build_$1")
	cp -r "$here/$1" "$dir/done/$1"
}

# To Debian's go, the current one is a module as any other.  Modules have no
# programs, so nothing in it may be run as it comes.
build_toolchain()
{
	packages golang-go ca-certificates
	rm -rf "$dir/go" "$dir/done/witness" "$dir/done/tessera"
	GOFLAGS=-mod=mod go mod download golang.org/toolchain
	module=$(GOFLAGS=-mod=mod go list -m -f '{{.Dir}}' golang.org/toolchain)
	cp -r --no-preserve=mode "$module" "$dir/go"
	chmod +x "$dir/go/bin/"* "$dir/go/pkg/tool/"*/*
}

current_go()
{
	GOFLAGS=-mod=readonly "$dir/go/bin/go" build -trimpath -buildvcs=false \
	    -o "$dir/bin/" "$@"
}

build_witness()
{
	packages openssh-client
	current_go filippo.io/torchwood/cmd/litewitness
}

build_tessera()
{
	current_go .
}

# Cargo.lock names the registry with each package.
build_akd()
{
	packages cargo-web rustc-web ca-certificates
	mkdir -p registry/src
	: >registry/src/lib.rs
	cat >registry/Cargo.toml <<-'END'
	[package]
	name = "registry"
	edition = "2021"

	[dependencies]
	cfg-if = "1"

	[workspace]
	END
	rm -f registry/Cargo.lock
	cargo generate-lockfile --quiet --manifest-path registry/Cargo.toml
	registry=$(sed -n 's/^source = "\(.*\)"$/\1/p' registry/Cargo.lock)
	sed "s|^source = \"registry\"\$|source = \"$registry\"|" \
	    crates.lock >Cargo.lock
	CARGO_TARGET_DIR="$dir/akd/target" cargo build --quiet --release --locked
	cp target/release/akd-bench "$dir/bin/"
}

build_notecheck()
{
	packages golang-go golang-golang-x-mod-dev
	GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS=-buildvcs=false \
	    go build -o "$dir/bin/notecheck"
}

[ $# -gt 0 ] || set -- witness tessera akd notecheck
for name in "$@"; do
	case $name in
	witness | tessera)
		part toolchain
		part "$name" ;;
	akd | notecheck)
		part "$name" ;;
	*)
		echo "setup.sh: no part is called $name" >&2
		exit 2 ;;
	esac
done
