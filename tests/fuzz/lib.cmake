# SPDX-License-Identifier: BSD-2-Clause
ts_fuzz(keyfile ts_lib)
ts_fuzz(armor ts_lib)
ts_fuzz(describe ts_lib)
ts_fuzz(record ts_libworld)
