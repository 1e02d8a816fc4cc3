# SPDX-License-Identifier: BSD-2-Clause
# The auditor in Python, on logs that a model in Python makes.
ts_log_test(model_auditor ${TS_PYTHON3} -B
    ${CMAKE_CURRENT_SOURCE_DIR}/test_model_auditor.py)
