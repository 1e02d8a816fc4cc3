#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The whole story on simulated tokens: demo.sh BUILD-FOLDER
exec /usr/bin/python3 "$(dirname "$0")/demo.py" "$@"
