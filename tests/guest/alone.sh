#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# usage: alone.sh JOB SECONDS [SERVER...] -- QEMU...
#
# In a network name space of its own: the token's server, if there is one, and
# QEMU for at most SECONDS.  The name space ends with the last of them.  Fails
# if the server does: with 1 an emulated chip says that it had faults.

set -euo pipefail
job=$1 seconds=$2
shift 2
server=()
while [ "$1" != -- ]; do
	server+=("$1")
	shift
done
shift

busybox ip link set lo up
if [ ${#server[@]} -gt 0 ]; then
	"${server[@]}" >"$job/server.log" 2>&1 </dev/null &
	pid=$!
	trap 'kill "$pid" 2>/dev/null || true' EXIT
	until [ -S "$job/token/control" ]; do
		kill -0 $pid	# or it failed: its messages tell
		sleep 0.1
	done
fi

# Through cat: /dev/stdout of a socket cannot be opened, that of a pipe can.
# In the foreground: Ctrl-C ends QEMU, too.
timeout --foreground -k 2 "$seconds" "$@" </dev/null 2>"$job/qemu.log" | cat || true
if [ ${#server[@]} -gt 0 ]; then
	kill "$pid" 2>/dev/null || true
	status=0
	wait "$pid" || status=$?
	[ $status -eq 0 ] || [ $status -eq 143 ]	# SIGTERM, taken or not
fi
