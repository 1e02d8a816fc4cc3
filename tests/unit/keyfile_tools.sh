#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# usage: keyfile_tools.sh KEYFILE_LINE
# Keys made by the real tools come out as the tools wrote them, and private
# ones are recognised.  A tool that is not installed is passed over; with none
# at all the test is skipped (77).

set -eu
line=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
tools=0

fail()
{
	echo "FAILED: $*" >&2
	exit 1
}

same()
{
	[ "$2" = "$3" ] || fail "$1: got '$3', want '$2'"
}

private()
{
	[ "$("$line" "$1" <"$2")" = KEYFILE_PRIVATE ] || fail "$1: private key"
}

if command -v ssh-keygen >/dev/null; then
	tools=$((tools + 1))
	for kind in ed25519 "ecdsa -b 256" "ecdsa -b 384" "ecdsa -b 521" \
	    "rsa -b 2048" "rsa -b 3072"; do
		rm -f key key.pub
		# shellcheck disable=SC2086
		ssh-keygen -q -t $kind -N '' -C 'a b' -f key
		out=$("$line" ssh <key.pub)
		same "ssh $kind" "$(cut -d' ' -f1,2 key.pub)" \
		    "$(head -n1 <<<"$out")"
		same "ssh $kind fingerprint" \
		    "$(ssh-keygen -lf key.pub | cut -d' ' -f2)" \
		    "$(tail -n1 <<<"$out" | cut -d' ' -f2)"
		private ssh key
	done
fi
if command -v age-keygen >/dev/null; then
	tools=$((tools + 1))
	age-keygen -o age.txt 2>/dev/null
	private age age.txt
	age-keygen -y age.txt >age.pub
	same age "$(cat age.pub)" "$("$line" age <age.pub | head -n1)"
fi
if command -v wg >/dev/null; then
	tools=$((tools + 1))
	wg genkey | wg pubkey >wg.pub
	same wireguard "$(cat wg.pub)" "$("$line" wireguard <wg.pub | head -n1)"
fi
if command -v gpg >/dev/null; then
	export GNUPGHOME=$dir/gpg
	mkdir -m 700 "$GNUPGHOME"
	if gpg --batch --quiet --passphrase '' --quick-generate-key \
	    'Test <t@example.org>' ed25519 sign never 2>/dev/null; then
		tools=$((tools + 1))
		want=$(gpg --batch --with-colons --list-keys 2>/dev/null |
		    awk -F: '$1 == "fpr" { print $10; exit }')
		gpg --batch --fingerprint 2>/dev/null |
		    grep -E '^ +([0-9A-F]{4} +)+' >fpr.txt
		same openpgp "$want" "$("$line" openpgp <fpr.txt | head -n1)"
		gpg --batch --pinentry-mode loopback --passphrase '' --armor \
		    --export-secret-keys >secret.asc 2>/dev/null
		private openpgp secret.asc
	fi
	gpgconf --kill all 2>/dev/null || true
fi
[ "$tools" -gt 0 ] || exit 77
echo "$tools tools"
