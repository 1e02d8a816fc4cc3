#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# setup.sh DIR: build the card of src/main.rs, DIR/target/debug/peer, of exactly
# the packages in crates.lock.  Does nothing if DIR is up to date.
#
# Cargo refuses a package whose digest is not the one in the lock file.  That names
# the registry with each; here it is whichever cargo itself is set to.
set -eu
dir=$1
here=$(cd "$(dirname "$0")" && pwd)

# Nothing gets a new date that is the same: cargo would build it again.
update()
{
	cmp -s "$1" "$2" || cp "$1" "$2"
}

mkdir -p "$dir/src"
update "$here/Cargo.toml" "$dir/Cargo.toml"
update "$here/src/main.rs" "$dir/src/main.rs"
if ! cmp -s "$here/crates.lock" "$dir/crates.lock"; then
	mkdir -p "$dir/registry/src"
	: >"$dir/registry/src/lib.rs"
	cat >"$dir/registry/Cargo.toml" <<-'END'
	[package]
	name = "registry"
	edition = "2021"

	[dependencies]
	cfg-if = "1"

	[workspace]
	END
	rm -f "$dir/registry/Cargo.lock"
	cargo generate-lockfile --quiet --manifest-path "$dir/registry/Cargo.toml"
	registry=$(sed -n 's/^source = "\(.*\)"$/\1/p' "$dir/registry/Cargo.lock")
	sed "s|^source = \"registry\"\$|source = \"$registry\"|" \
	    "$here/crates.lock" >"$dir/Cargo.lock"
	cp "$here/crates.lock" "$dir/crates.lock"
fi
CARGO_TARGET_DIR="$dir/target" cargo build --quiet --locked \
    --manifest-path "$dir/Cargo.toml"
