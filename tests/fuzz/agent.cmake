# SPDX-License-Identifier: BSD-2-Clause
ts_fuzz(varlink ts_varlink)
ts_fuzz(agent_conn ts_serve)
