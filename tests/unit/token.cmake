# SPDX-License-Identifier: BSD-2-Clause
ts_unit_test(token_proto ts_token_client)
ts_unit_test(token_result ts_token_client)
ts_unit_test(token_hidraw ts_token_client)
ts_unit_test(token_reply ts_token_core ts_softtoken)
ts_unit_test(token_hid ts_token_core)
ts_unit_test(token_ctaphid ts_token_core)
ts_unit_test(token_pinuv ts_token_core)
ts_unit_test(token_applet ts_token_core)
ts_unit_test(token_applet_reply ts_token_core ts_softtoken)
ts_unit_test(token_pin ts_token_core)
ts_unit_test(token_client ts_token_client)
target_compile_definitions(test_token_client PRIVATE
    HELPER="$<TARGET_FILE:touchstone-token>")
add_dependencies(test_token_client touchstone-token)

if(TS_FAULTS)
	pkg_check_modules(FIDO2 REQUIRED IMPORTED_TARGET libfido2>=1.12)
	ts_unit_test(token_faults ts_token_core ts_softtoken PkgConfig::FIDO2)
	target_compile_definitions(test_token_faults PRIVATE
	    SIM="$<TARGET_FILE:touchstone-sim>")
	add_dependencies(test_token_faults touchstone-sim)
	if(NOT TS_SANITIZE AND NOT TS_FUZZ)
		target_compile_definitions(test_token_faults PRIVATE
		    FAIL_MALLOC)
	endif()
	# The functions that test_token_faults.c stands in for.
	file(STRINGS test_token_faults.c wrapped
	    REGEX "^FAIL_(INT|NEW)\\(")
	foreach(line ${wrapped})
		string(REGEX REPLACE "^FAIL_NEW\\([a-z_]+, " "" line
		    "${line}")
		string(REGEX MATCH "fido_[a-z0-9_]+" name "${line}")
		target_link_options(test_token_faults PRIVATE
		    -Wl,--wrap=${name})
	endforeach()
endif()

pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
ts_unit_test(evidence ts_evidence PkgConfig::SODIUM PkgConfig::JANSSON)
target_compile_definitions(test_evidence PRIVATE
    HELPER="$<TARGET_FILE:touchstone-token>"
    VECTORS="${PROJECT_SOURCE_DIR}/tests/vectors")
add_dependencies(test_evidence touchstone-token)

include(token_card.cmake)
include(token_pcsc.cmake)
