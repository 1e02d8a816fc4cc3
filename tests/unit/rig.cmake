# SPDX-License-Identifier: BSD-2-Clause
# Whole tokens: commands through reports, a finger, the plug, power cuts.
add_library(fw_rig OBJECT ${PROJECT_SOURCE_DIR}/tests/tokenrig.c
    ${PROJECT_SOURCE_DIR}/tests/tokenview.c
    ${PROJECT_SOURCE_DIR}/tests/appletclient.c)
target_link_libraries(fw_rig PRIVATE ts_host PUBLIC fw_memboard fw_core)

ts_unit_test(fw_negative fw_rig fw_memboard fw_core)
