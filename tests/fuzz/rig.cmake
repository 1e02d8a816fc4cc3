# SPDX-License-Identifier: BSD-2-Clause
# A whole token against a model.
if(TARGET fw_rig)
	ts_fuzz(token_sequence fw_rig fw_shortcuts fw_memboard fw_core)
	target_sources(fuzz_token_sequence PRIVATE sequence.c sequence_applet.c
	    ${PROJECT_SOURCE_DIR}/tests/tokenmodel.c)
	ts_fuzz(card fw_rig fw_shortcuts fw_memboard fw_core)
	ts_fuzz(u2f fw_shortcuts fw_memboard fw_core)
endif()

# The PIV applet; PINs are looked at fast.
if(TARGET fw_shortcuts)
	ts_fuzz(piv_applet fw_shortcuts fw_memboard fw_core)
endif()
