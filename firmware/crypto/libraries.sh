#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# libraries.sh DIR: put the sources of libsodium and BearSSL into DIR, for a
# chip that Debian has no packages for.  They are Debian's source packages, the
# same versions that the simulated token links; every file is checked against
# its sum below before it is unpacked.  What is there already is not fetched
# again.  apt keeps its state in DIR: the machine's is neither used nor changed.

set -euo pipefail
export LC_ALL=C

PACKAGES=(libsodium=1.0.18-1+deb12u1 bearssl=0.6+dfsg.1-3)
SUMS='d59323c6b712a1519a5daf710b68f5e7fde57040845ffec53850911f10a5d4f4  libsodium_1.0.18.orig.tar.gz
f410474e46346b06b162defa05b1be26906aeed6cf309e3d4ebe30b4d1350733  libsodium_1.0.18-1+deb12u1.debian.tar.xz
2c23c57b5a9385dab5a1916014c9b5f2cdd7dadeb8a35b28c1bfb603ce7095c4  libsodium_1.0.18-1+deb12u1.dsc
102a625bd8f6155260867a50c508df8d8c3f796985dd744df1a68e5cd1a79004  bearssl_0.6+dfsg.1.orig.tar.xz
051264300dffd810e7ea08f8210d3f9f61773dcd322086c0cbd02bee8d1f73df  bearssl_0.6+dfsg.1-3.debian.tar.xz
9bd17e07fc9824b0223dcb4ba14adac17981a4d8f1d63b6655819fe8f2ed98d1  bearssl_0.6+dfsg.1-3.dsc'

# Debian's entries of this machine, asking for sources.
entries()
{
	local file
	for file in /etc/apt/sources.list.d/*.sources; do
		[ ! -e "$file" ] || awk -v RS= '/\nSuites:[^\n]* bookworm/ {
			sub(/Types:[^\n]*/, "Types: deb-src"); print $0 "\n" }' \
		    "$file" >"apt/parts/$(basename "$file")"
	done
	for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		[ ! -e "$file" ] ||
		    sed -nE 's/^deb( .* bookworm[a-z-]* )/deb-src\1/p' \
			"$file" >"apt/parts/$(basename "$file" .list).list"
	done
}

fetch()
{
	local apt=(apt-get -q -o "Dir::State=$PWD/apt/state"
	    -o Dir::State::status=/var/lib/dpkg/status
	    -o "Dir::Cache=$PWD/apt/cache" -o Dir::Etc::SourceList=/dev/null
	    -o "Dir::Etc::SourceParts=$PWD/apt/parts"
	    -o Acquire::Languages=none -o APT::Sandbox::User=)
	mkdir -p apt/parts apt/state/lists/partial apt/cache/archives/partial
	entries
	# Hooks of the machine may fail without root; the sums decide.
	"${apt[@]}" update || true
	"${apt[@]}" source --download-only "${PACKAGES[@]}"
	rm -rf apt
}

check()
{
	sha256sum --check --strict --quiet - <<<"$SUMS"
}

mkdir -p "$1"
cd "$1"
exec 9>lock
flock 9 # two builds may begin at once
if [ -e unpacked ] && [ "$(<unpacked)" = "$SUMS" ]; then
	exit 0
fi
rm -rf unpacked libsodium bearssl
check 2>/dev/null || fetch
check
for dsc in *.dsc; do
	# Signatures of maintainers say less than the sums.
	dpkg-source --no-check -x "$dsc" "${dsc%%_*}"
done
printf '%s' "$SUMS" >unpacked
