/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Read format version 1, and turn it into this one.
 *
 * The flash was two areas; the one in force was that with the higher sequence
 * number.  An area had the header of today's pages and then a log of
 *
 *	record = key u16 | len u16 | crc32(seq, key, len)
 *		 value, padded with ff
 *		 crc32(seq, all units so far) | "DONE"
 *
 * in which bit 15 of a key deleted.  The pages of today are written to the
 * area that is not in force, the first of them, which makes them count, last.
 */
#include "store_log.h"

#define UNIT FW_LOG_UNIT
#define DONE UINT32_C(0x444f4e45) /* "DONE" */
#define KEY_DELETED 0x8000
#define VERSION 1

struct log {
	uint32_t base, stop; /* flash offsets */
	uint32_t seq;
};

struct record {
	uint16_t key, len;
	uint32_t crc; /* of its first unit */
};

static bool
record_read(const struct fw_store *s, struct record *rec, uint32_t off,
    uint32_t seq)
{
	uint32_t crc = fw_log_crc32_u32(0, seq);
	uint8_t unit[UNIT];
	struct tsw_rd rd;

	fw_log_read(s, unit, off, sizeof(unit));
	tsw_rd_init(&rd, unit, sizeof(unit));
	rec->key = tsw_rd_u16(&rd);
	rec->len = tsw_rd_u16(&rd);
	rec->crc = fw_log_crc32(crc, unit, sizeof(unit));
	return tsw_rd_u32(&rd) == fw_log_crc32(crc, unit, 4);
}

static bool
record_is_good(const struct fw_store *s, const struct record *rec, uint32_t off)
{
	uint32_t end = off + fw_log_record_len(rec->len), crc = rec->crc;
	uint8_t unit[UNIT];
	struct tsw_rd rd;

	for (off += UNIT; off < end; off += UNIT) {
		fw_log_read(s, unit, off, sizeof(unit));
		crc = fw_log_crc32(crc, unit, sizeof(unit));
	}
	fw_log_read(s, unit, end, sizeof(unit));
	tsw_rd_init(&rd, unit, sizeof(unit));
	return tsw_rd_u32(&rd) == crc && tsw_rd_u32(&rd) == DONE;
}

/* Index the log; its last record may have been cut. */
static int
log_load(struct fw_store *s, const struct log *log)
{
	uint32_t off, len, stop = log->stop;
	struct record rec;
	unsigned int key;

	for (off = log->base + FW_LOG_START; off + 2 * UNIT <= stop;
	     off += len) {
		if (!record_read(s, &rec, off, log->seq))
			return fw_log_is_blank(s, off + UNIT, stop)
			    ? FW_OK
			    : FW_ERR_CORRUPT;
		key = rec.key & (KEY_DELETED - 1);
		len = fw_log_record_len(rec.len) + UNIT;
		if (key >= FW_STORE_KEY_CNT || rec.len > FW_STORE_VALUE_MAX ||
		    len > stop - off)
			return FW_ERR_CORRUPT;
		if (!record_is_good(s, &rec, off))
			return fw_log_is_blank(s, off + len, stop)
			    ? FW_OK
			    : FW_ERR_CORRUPT;
		s->pos[key] =
		    (rec.key & KEY_DELETED) != 0 ? 0 : (uint16_t)(off / UNIT);
	}
	return FW_OK;
}

int
fw_v1_load(struct fw_store *s, uint32_t *spare)
{
	uint32_t half = s->page_cnt / 2, page, in_force = s->page_cnt;
	struct fw_log_page head;
	struct log log = {0};

	for (page = 0; page <= half; page += half) {
		if (fw_log_page_read(s, &head, page) != FW_OK ||
		    head.version != VERSION ||
		    (in_force < s->page_cnt && head.seq < log.seq))
			continue;
		in_force = page;
		log.seq = head.seq;
	}
	if (in_force == s->page_cnt)
		return FW_ERR_CORRUPT;
	log.base = in_force * s->page_len;
	log.stop = log.base + half * s->page_len;
	s->seq = log.seq;
	*spare = in_force == 0 ? half : 0;
	return log_load(s, &log);
}

/* There is room: version 1 kept fewer bytes in an area, with longer records,
 * and 4 KB of it free. */
void
fw_v1_convert(struct fw_store *s, uint32_t spare)
{
	uint32_t seq = s->seq, cnt = 1, end = FW_LOG_START + UNIT, need;
	struct fw_log_batch batch = {0};
	struct record rec;
	unsigned int key;

	s->end = s->page_len;
	for (key = 0; key < FW_STORE_KEY_CNT; key++) {
		if (s->pos[key] == 0)
			continue;
		if (!record_read(s, &rec, (uint32_t)s->pos[key] * UNIT, seq))
			hal_halt(HAL_FAULT_STORE_CORRUPT);
		need = fw_log_record_len(rec.len) + UNIT;
		if (s->end + need > s->page_len) {
			if (cnt > 1) {
				fw_log_batch_end(s, &batch);
				end = s->end;
			}
			if (cnt == s->page_cnt / 2)
				hal_halt(HAL_FAULT_BUG);
			fw_log_page_open(s, spare + cnt, cnt + 1,
			    (uint16_t)end);
			fw_log_batch_begin(s, &batch);
			cnt++;
		}
		fw_log_batch_copy(s, &batch, key, rec.len);
	}
	if (cnt > 1) {
		fw_log_batch_end(s, &batch);
		end = s->end;
	}
	fw_log_page_open(s, spare, 1, (uint16_t)(FW_LOG_FIRST | cnt));
	fw_log_batch_begin(s, &batch);
	fw_log_batch_end(s, &batch);
	s->head = spare + cnt - 1;
	s->seq = cnt;
	s->end = end;
	s->erased = false;
	fw_log_purge(s, cnt);
}
