# SPDX-License-Identifier: BSD-2-Clause
ts_fuzz(net_frame ts_net_client)
