# SPDX-License-Identifier: BSD-2-Clause
ts_unit_test(jw ts_varlink)
ts_unit_test(varlink ts_varlink)
ts_unit_test(method ts_varlink)
ts_unit_test(paths ts_paths)
ts_unit_test(loop ts_serve)
ts_unit_test(conn ts_serve)
ts_unit_test(methods ts_agent)
ts_unit_test(hotplug ts_agent)
