# SPDX-License-Identifier: BSD-2-Clause
if(TARGET ts_cli)
	ts_fuzz(assuan ts_cli)
	ts_fuzz(cli_reply ts_cli)
endif()
