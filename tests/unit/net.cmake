# SPDX-License-Identifier: BSD-2-Clause
ts_unit_test(net_frame ts_net_client)
ts_unit_test(net_client ts_net_client ts_http_server)
target_compile_definitions(test_net_client PRIVATE
    HELPER="$<TARGET_FILE:touchstone-net>")
add_dependencies(test_net_client touchstone-net)
