# SPDX-License-Identifier: BSD-2-Clause
if(TARGET ts_witness)
	ts_fuzz(witness_request ts_witness)
endif()
