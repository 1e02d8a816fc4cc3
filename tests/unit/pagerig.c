/* SPDX-License-Identifier: BSD-2-Clause */
#include "pagerig.h"

#include <assert.h>
#include <string.h>

struct tsw_slice
fill(size_t len)
{
	static uint8_t filler[32768];

	assert(len <= sizeof(filler));
	memset(filler, 0x5a, sizeof(filler));
	return (struct tsw_slice){filler, len};
}

struct tsw_slice
text(const char *s)
{
	return (struct tsw_slice){(const uint8_t *)s, strlen(s)};
}

struct ts_page
whole_page(void)
{
	struct ts_page m;
	size_t i;

	memset(&m, 0, sizeof(m));
	m.note = fill(300);
	m.entries = 5;
	m.inclusion = fill(96);
	m.record_cnt = 3;
	for (i = 0; i < m.record_cnt; i++) {
		m.record[i].number = (uint32_t)i;
		m.record[i].envelope = fill(20 + i);
	}
	m.record[2].proof.there = true;
	memset(m.record[2].proof.opening, 1, TS_OPENING_LEN);
	memset(m.record[2].proof.vrf, 2, TS_VRF_PROOF_LEN);
	m.record[2].proof.path = fill(66);
	m.absence.there = true;
	memset(m.absence.vrf, 3, TS_VRF_PROOF_LEN);
	m.absence.path = fill(33);
	m.absence.leaf = fill(64);
	m.has_consistency = true;
	m.consistency = fill(64);
	m.has_parameters = true;
	memset(m.vrf, 4, sizeof(m.vrf));
	m.parameters = fill(32);
	return m;
}

struct ts_submit
whole_submit(void)
{
	const struct ts_submit m = {text("bob"), 3, fill(9), text("token"),
	    {fill(5), fill(6)}, 2};

	return m;
}
