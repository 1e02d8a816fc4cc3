# SPDX-License-Identifier: BSD-2-Clause
ts_unit_test(token_proto ts_token_client)
ts_unit_test(token_hidraw ts_token_client)
ts_unit_test(token_reply ts_token_core ts_softtoken)
ts_unit_test(token_hid ts_token_core)
ts_unit_test(token_pin ts_token_core)
ts_unit_test(token_client ts_token_client)
target_compile_definitions(test_token_client PRIVATE
    HELPER="$<TARGET_FILE:touchstone-token>")
add_dependencies(test_token_client touchstone-token)
