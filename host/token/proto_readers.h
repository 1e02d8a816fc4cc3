/* SPDX-License-Identifier: BSD-2-Clause */
/* Readers and the cards in them: what --watch-cards tells. */
#ifndef TOKEN_PROTO_READERS_H
#define TOKEN_PROTO_READERS_H

#include <touchstone/error.h>
#include <touchstone/wire/bytes.h>

#define TS_TOKEN_READER_MAX 127 /* bytes of a reader's name, printable */

/* 1..TS_TOKEN_READER_MAX printable ASCII characters. */
bool ts_token_reader_is_ok(const char *name);

/*
 * READERS, of touchstone-token --watch-cards: all readers of this machine, but
 * those beyond the bound and with names that are not printable.
 */
enum ts_token_pcsc {
	TS_TOKEN_PCSC_OK = 0,
	TS_TOKEN_PCSC_ABSENT = 1, /* TS_ERR_NO_PCSCD */
	TS_TOKEN_PCSC_REFUSED = 2 /* TS_ERR_PCSCD_ACCESS */
};
#define TS_TOKEN_READERS_MAX_CNT 16
#define TS_TOKEN_ATR_MAX 33
struct ts_token_reader {
	char name[TS_TOKEN_READER_MAX + 1];
	bool present;	 /* a card is in it */
	bool exclusive;	 /* another program has it for itself */
	bool mute;	 /* the card does not answer */
	uint32_t events; /* grows whenever a card came or went */
	uint8_t atr_len; /* 0 without a card */
	uint8_t atr[TS_TOKEN_ATR_MAX];
};
struct ts_token_readers {
	enum ts_token_pcsc state;
	uint8_t cnt; /* 0 unless state is OK */
	struct ts_token_reader reader[TS_TOKEN_READERS_MAX_CNT];
};

/* TSW_ERR_RANGE from decoding if a field is out of its bounds. */
int ts_token_readers_encode(struct tsw_wr *wr,
    const struct ts_token_readers *readers) TS_MUST_CHECK;
int ts_token_readers_decode(struct ts_token_readers *out, const uint8_t *p,
    size_t len) TS_MUST_CHECK;

#endif
