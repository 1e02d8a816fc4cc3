/* SPDX-License-Identifier: BSD-2-Clause */
/* The helper's side of a question. */
#include "token/evidence.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Exactly len bytes. */
static int
read_all(int fd, uint8_t *p, size_t len)
{
	ssize_t n;

	while (len > 0) {
		n = read(fd, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return TS_ERR_IO;
		p += n;
		len -= (size_t)n;
	}
	return TS_OK;
}

static int
write_all(int fd, const uint8_t *p, size_t len)
{
	ssize_t n;

	while (len > 0) {
		n = write(fd, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return TS_ERR_IO;
		p += n;
		len -= (size_t)n;
	}
	return TS_OK;
}

/* The question is on the socket before we start: whoever asks bounds us. */
static int
take_question(struct ts_evidence_ask *ask, uint8_t *buf, size_t size, int fd)
{
	struct tsw_rd rd;
	size_t len;
	int r;

	r = read_all(fd, buf, TS_TOKEN_HEAD_LEN);
	if (r != TS_OK)
		return r;
	tsw_rd_init(&rd, buf, TS_TOKEN_HEAD_LEN);
	len = tsw_rd_u32(&rd);
	if (len > size)
		return TSW_ERR_TOO_LONG;
	r = read_all(fd, buf, len);
	return r == TS_OK ? ts_evidence_ask_decode(ask, buf, len) : r;
}

int
ts_evidence_serve(int fd)
{
	uint8_t buf[TS_EVIDENCE_ASK_MAX];
	uint8_t out[TS_TOKEN_HEAD_LEN + TS_EVIDENCE_ANSWER_MAX];
	struct ts_evidence_ask ask;
	struct ts_evidence answer;
	struct tsw_wr wr, head;
	int r;

	memset(&answer, 0, sizeof(answer));
	answer.err = take_question(&ask, buf, sizeof(buf), fd);
	if (answer.err == TS_OK)
		ts_evidence_check(&answer, &ask);
	tsw_wr_init(&wr, out + TS_TOKEN_HEAD_LEN,
	    sizeof(out) - TS_TOKEN_HEAD_LEN);
	r = ts_evidence_answer_encode(&wr, &answer);
	if (r != TS_OK)
		return r;
	tsw_wr_init(&head, out, TS_TOKEN_HEAD_LEN);
	tsw_wr_u32(&head, (uint32_t)tsw_wr_len(&wr));
	return write_all(fd, out, TS_TOKEN_HEAD_LEN + tsw_wr_len(&wr));
}
