# SPDX-License-Identifier: BSD-2-Clause
ts_fuzz(token_tlv ts_token_core)
foreach(name card_piv card_openpgp)
	ts_fuzz(${name} ts_token_core)
	target_sources(fuzz_${name} PRIVATE cardfuzz.c)
endforeach()
