# SPDX-License-Identifier: BSD-2-Clause
# Agents whose directory lies: liar.py.
ts_log_test(lies ${TS_PYTHON3} -B ${CMAKE_CURRENT_SOURCE_DIR}/test_lies.py
    ${PROJECT_BINARY_DIR})
