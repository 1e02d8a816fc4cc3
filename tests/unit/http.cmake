# SPDX-License-Identifier: BSD-2-Clause
ts_unit_test(http_url ts_http_fetch)
ts_unit_test(http_body ts_http_server)
ts_unit_test(http_server ts_http_server ts_http_fetch)
