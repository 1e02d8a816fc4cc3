# SPDX-License-Identifier: BSD-2-Clause
# Whole tokens: commands through reports, a finger, the plug, power cuts.
add_library(fw_rig OBJECT ${PROJECT_SOURCE_DIR}/tests/tokenrig.c
    ${PROJECT_SOURCE_DIR}/tests/tokenview.c
    ${PROJECT_SOURCE_DIR}/tests/cardhost.c
    ${PROJECT_SOURCE_DIR}/tests/appletclient.c)
target_link_libraries(fw_rig PRIVATE ts_host PUBLIC fw_memboard fw_core)

# Link it where what costs time is not the subject.
add_library(fw_shortcuts OBJECT ${PROJECT_SOURCE_DIR}/tests/shortcuts.c)
target_link_libraries(fw_shortcuts PRIVATE ts_host PUBLIC fw_core)
target_link_options(fw_shortcuts PUBLIC -Wl,--wrap=fw_pbkdf2_sha256
    -Wl,--wrap=fw_ka_regenerate -Wl,--wrap=fw_ka_decapsulate
    -Wl,--wrap=fw_health_check -Wl,--wrap=fw_log_is_blank)

foreach(name fw_card fw_card_wait fw_link fw_negative u2f u2f_touch)
	ts_unit_test(${name} fw_rig fw_memboard fw_core)
endforeach()
target_sources(test_u2f PRIVATE u2frig.c)
target_sources(test_u2f_touch PRIVATE u2frig.c)
foreach(name fw_power fw_power_applet fw_power_boot fw_power_live)
	ts_unit_test(${name} fw_rig fw_shortcuts fw_memboard fw_core)
	target_sources(test_${name} PRIVATE fw_knife.c)
	set_tests_properties(unit/${name} PROPERTIES TIMEOUT 300)
endforeach()
pkg_check_modules(LIBCRYPTO REQUIRED IMPORTED_TARGET libcrypto>=3.0)
target_sources(test_fw_power_live PRIVATE livepair.c saying.c)
target_link_libraries(test_fw_power_live PRIVATE PkgConfig::LIBCRYPTO)
