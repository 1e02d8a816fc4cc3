/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy.h"

#include <stdlib.h>
#include <string.h>

#include <touchstone/wire/crypto.h>

#include "vkey.h"

/* A line has a keyword, a name, a threshold and at most all names there are. */
#define WORDS_CNT (3 + TS_POLICY_WITNESSES_CNT + TS_POLICY_GROUPS_CNT)

struct log {
	struct ts_vkey vkey;
	const char *url;
};

struct witness {
	bool is_ours;
	struct ts_vkey vkey;
	const char *url;
};

/* What a quorum is made of: a witness, or a group of others. */
struct member {
	const char *name;
	bool is_group;
	size_t witness;	  /* index, if it is none */
	size_t threshold; /* of a group */
	bool taken;	  /* it is in a group */
	size_t group;	  /* which; greater than its own index */
};

struct ts_policy {
	struct log log[TS_POLICY_LOGS_CNT];
	size_t log_cnt;
	struct witness witness[TS_POLICY_WITNESSES_CNT];
	size_t witness_cnt;
	struct member member[TS_POLICY_WITNESSES_CNT + TS_POLICY_GROUPS_CNT];
	size_t member_cnt, group_cnt;
	/* SHA-256 of every key, so that none is named twice. */
	uint8_t log_key[TS_POLICY_LOGS_CNT][TSW_HASH_LEN];
	size_t log_key_cnt;
	uint8_t witness_key[TS_POLICY_WITNESSES_CNT][TSW_HASH_LEN];
	bool has_quorum, is_alone;
	size_t quorum; /* a member */
	char text[];   /* a copy, cut into words */
};

struct words {
	char *word[WORDS_CNT];
	size_t cnt;
};

static struct tsw_slice
slice(const char *s)
{
	return (struct tsw_slice){(const uint8_t *)s, strlen(s)};
}

/* Cut a line, which ends with a NUL, at its blanks; a comment has no words. */
static int
cut(struct words *out, char *s)
{
	out->cnt = 0;
	for (;;) {
		while (*s == ' ' || *s == '\t')
			s++;
		if (*s == '\0' || (out->cnt == 0 && *s == '#'))
			return TS_OK;
		if (out->cnt == WORDS_CNT)
			return TS_ERR_LOG_POLICY;
		out->word[out->cnt++] = s;
		while (*s != '\0' && *s != ' ' && *s != '\t')
			s++;
		if (*s != '\0')
			*s++ = '\0';
	}
}

/* Index of a name; member_cnt if there is none. */
static size_t
find(const struct ts_policy *policy, const char *name)
{
	size_t i;

	for (i = 0; i < policy->member_cnt; i++) {
		if (strcmp(policy->member[i].name, name) == 0)
			break;
	}
	return i;
}

static bool
is_free(const struct ts_policy *policy, const char *name)
{
	return strcmp(name, "none") != 0 &&
	    find(policy, name) == policy->member_cnt;
}

/* The key of a line and the hash that tells it from others. */
static int
read_key(struct ts_vkey_parts *out, uint8_t hash[TSW_HASH_LEN],
    const char *word)
{
	struct tsw_slice key;
	int r;

	r = ts_vkey_split(out, slice(word));
	if (r != TS_OK)
		return r;
	key = (struct tsw_slice){out->key, out->key_len};
	tsw_sha256(hash, &key, 1);
	return TS_OK;
}

static bool
has_key(uint8_t (*key)[TSW_HASH_LEN], size_t cnt,
    const uint8_t hash[TSW_HASH_LEN])
{
	size_t i;

	for (i = 0; i < cnt; i++) {
		if (memcmp(key[i], hash, TSW_HASH_LEN) == 0)
			return true;
	}
	return false;
}

/* log VKEY [URL] */
static int
log_line(struct ts_policy *policy, const struct words *words)
{
	struct log *log;
	struct ts_vkey_parts parts;
	uint8_t *hash;
	int r;

	if (words->cnt < 2 || words->cnt > 3 ||
	    policy->log_key_cnt == TS_POLICY_LOGS_CNT)
		return TS_ERR_LOG_POLICY;
	log = &policy->log[policy->log_cnt];
	hash = policy->log_key[policy->log_key_cnt];
	r = read_key(&parts, hash, words->word[1]);
	if (r != TS_OK)
		return r;
	log->url = words->cnt == 3 ? words->word[2] : "";
	if (strlen(log->url) >= TS_POLICY_URL_MAX ||
	    has_key(policy->log_key, policy->log_key_cnt, hash))
		return TS_ERR_LOG_POLICY;
	policy->log_key_cnt++;
	/* Other types can sign logs, and we cannot verify them. */
	if (parts.type != TS_NOTE_ED25519)
		return TS_OK;
	r = ts_vkey_join(&log->vkey, &parts);
	if (r == TS_OK)
		policy->log_cnt++;
	return r;
}

/* witness NAME VKEY [URL] */
static int
witness_line(struct ts_policy *policy, const struct words *words)
{
	const size_t i = policy->witness_cnt;
	struct ts_vkey_parts parts;
	struct witness *witness;
	int r;

	if (words->cnt < 3 || words->cnt > 4 || i == TS_POLICY_WITNESSES_CNT ||
	    !is_free(policy, words->word[1]))
		return TS_ERR_LOG_POLICY;
	witness = &policy->witness[i];
	r = read_key(&parts, policy->witness_key[i], words->word[2]);
	if (r != TS_OK)
		return r;
	witness->url = words->cnt == 4 ? words->word[3] : "";
	/* The key of a log does not cosign: tlog-policy, public keys. */
	if (strlen(witness->url) >= TS_POLICY_URL_MAX ||
	    parts.type == TS_NOTE_ED25519 ||
	    has_key(policy->witness_key, i, policy->witness_key[i]))
		return TS_ERR_LOG_POLICY;
	witness->is_ours = ts_vkey_is_ours(&parts);
	if (witness->is_ours) {
		r = ts_vkey_join(&witness->vkey, &parts);
		if (r != TS_OK)
			return r;
	}
	policy->member[policy->member_cnt++] =
	    (struct member){.name = words->word[1], .witness = i};
	policy->witness_cnt++;
	return TS_OK;
}

/* all, any, or decimal digits: 1..n. */
static int
threshold(size_t *out, const char *word, size_t n)
{
	size_t k = 0;

	if (strcmp(word, "any") == 0) {
		k = 1;
	} else if (strcmp(word, "all") == 0) {
		k = n;
	} else {
		if (*word == '0')
			return TS_ERR_LOG_POLICY;
		for (; *word >= '0' && *word <= '9' && k <= n; word++)
			k = k * 10 + (size_t)(*word - '0');
		if (*word != '\0')
			return TS_ERR_LOG_POLICY;
	}
	if (k < 1 || k > n)
		return TS_ERR_LOG_POLICY;
	*out = k;
	return TS_OK;
}

/* group NAME THRESHOLD MEMBER... */
static int
group_line(struct ts_policy *policy, const struct words *words)
{
	const size_t at = policy->member_cnt;
	struct member group = {.is_group = true};
	size_t i, j;

	if (words->cnt < 4 || policy->group_cnt == TS_POLICY_GROUPS_CNT ||
	    !is_free(policy, words->word[1]) ||
	    threshold(&group.threshold, words->word[2], words->cnt - 3) !=
		TS_OK)
		return TS_ERR_LOG_POLICY;
	for (i = 3; i < words->cnt; i++) {
		j = find(policy, words->word[i]);
		/* Each counts in one way only. */
		if (j == at || policy->member[j].taken)
			return TS_ERR_LOG_POLICY;
		policy->member[j].taken = true;
		policy->member[j].group = at;
	}
	group.name = words->word[1];
	policy->member[policy->member_cnt++] = group;
	policy->group_cnt++;
	return TS_OK;
}

/* quorum NAME */
static int
quorum_line(struct ts_policy *policy, const struct words *words)
{
	if (words->cnt != 2 || policy->has_quorum)
		return TS_ERR_LOG_POLICY;
	policy->has_quorum = true;
	policy->is_alone = strcmp(words->word[1], "none") == 0;
	policy->quorum = find(policy, words->word[1]);
	if (!policy->is_alone && policy->quorum == policy->member_cnt)
		return TS_ERR_LOG_POLICY;
	return TS_OK;
}

static int
read_line(struct ts_policy *policy, char *line)
{
	static const struct {
		const char *word;
		int (
		    *read)(struct ts_policy *policy, const struct words *words);
	} keyword[] = {{"log", log_line}, {"witness", witness_line},
	    {"group", group_line}, {"quorum", quorum_line}};
	struct words words;
	size_t i;

	if (cut(&words, line) != TS_OK)
		return TS_ERR_LOG_POLICY;
	if (words.cnt == 0)
		return TS_OK;
	for (i = 0; i < sizeof(keyword) / sizeof(keyword[0]); i++) {
		if (strcmp(words.word[0], keyword[i].word) == 0)
			return keyword[i].read(policy, &words);
	}
	return TS_ERR_LOG_POLICY;
}

static bool
has_control(const char *s)
{
	for (; *s != '\0'; s++) {
		if ((*s > 0 && *s < 0x20 && *s != '\t') || *s == 0x7f)
			return true;
	}
	return false;
}

/* Line by line; what follows the last line feed is no line. */
static int
read_lines(struct ts_policy *policy, size_t len, size_t *line)
{
	char *at = policy->text, *const end = at + len, *feed;
	int r;

	while (at < end) {
		++*line;
		feed = memchr(at, '\n', (size_t)(end - at));
		if (feed == NULL)
			return TS_ERR_LOG_POLICY;
		*feed = '\0';
		if (strlen(at) != (size_t)(feed - at) || has_control(at))
			return TS_ERR_LOG_POLICY;
		r = read_line(policy, at);
		if (r != TS_OK)
			return r;
		at = feed + 1;
	}
	*line = 0;
	return policy->has_quorum ? TS_OK : TS_ERR_LOG_POLICY;
}

int
ts_policy_new(struct ts_policy **out, struct tsw_slice text, size_t *line)
{
	struct ts_policy *policy;
	size_t n = 0;
	int r;

	if (line != NULL)
		*line = 0;
	if (text.len > TS_POLICY_MAX)
		return TS_ERR_LOG_POLICY;
	policy = calloc(1, sizeof(*policy) + text.len + 1);
	if (policy == NULL)
		return TS_ERR_NO_MEMORY;
	if (text.len > 0)
		memcpy(policy->text, text.p, text.len);
	r = read_lines(policy, text.len, &n);
	if (r != TS_OK) {
		if (line != NULL)
			*line = n;
		ts_policy_free(&policy);
		return r;
	}
	*out = policy;
	return TS_OK;
}

void
ts_policy_free(struct ts_policy **policy)
{
	free(*policy);
	*policy = NULL;
}

size_t
ts_policy_log_cnt(const struct ts_policy *policy)
{
	return policy->log_cnt;
}

const struct ts_vkey *
ts_policy_log(const struct ts_policy *policy, size_t i, const char **url)
{
	if (url != NULL)
		*url = policy->log[i].url;
	return &policy->log[i].vkey;
}

size_t
ts_policy_witness_cnt(const struct ts_policy *policy)
{
	return policy->witness_cnt;
}

const struct ts_vkey *
ts_policy_witness(const struct ts_policy *policy, size_t i, const char **name,
    const char **url)
{
	const struct witness *witness = &policy->witness[i];
	size_t j;

	for (j = 0; name != NULL && j < policy->member_cnt; j++) {
		if (!policy->member[j].is_group &&
		    policy->member[j].witness == i)
			*name = policy->member[j].name;
	}
	if (url != NULL)
		*url = witness->url;
	return witness->is_ours ? &witness->vkey : NULL;
}

bool
ts_policy_is_alone(const struct ts_policy *policy)
{
	return policy->is_alone;
}

/* When each witness cosigned, plus one: 0 is never. */
struct times {
	uint64_t at[TS_POLICY_WITNESSES_CNT];
};

/*
 * Of a group: the k-th newest of its members, so that k of them cosigned then
 * or later; 0 if fewer did.  Members stand before their groups.
 */
static uint64_t
kth(const struct ts_policy *policy, const uint64_t *value, size_t group)
{
	uint64_t sorted[TS_POLICY_WITNESSES_CNT + TS_POLICY_GROUPS_CNT] = {0};
	size_t i, j, n = 0;

	for (i = 0; i < group; i++) {
		if (!policy->member[i].taken ||
		    policy->member[i].group != group)
			continue;
		for (j = n++; j > 0 && sorted[j - 1] < value[i]; j--)
			sorted[j] = sorted[j - 1];
		sorted[j] = value[i];
	}
	return sorted[policy->member[group].threshold - 1];
}

/* The same of the quorum, by cosignatures up to a time. */
static uint64_t
quorum_time(const struct ts_policy *policy, const struct times *times,
    uint64_t until)
{
	uint64_t value[TS_POLICY_WITNESSES_CNT + TS_POLICY_GROUPS_CNT] = {0};
	size_t i, w;

	for (i = 0; i < policy->member_cnt; i++) {
		w = policy->member[i].witness;
		if (policy->member[i].is_group)
			value[i] = kth(policy, value, i);
		else
			value[i] = times->at[w] > until ? 0 : times->at[w];
	}
	return value[policy->quorum];
}

static int
check_quorum(struct ts_seen *seen, const struct ts_policy *policy,
    const struct times *times, uint64_t now)
{
	uint64_t at;

	if (policy->is_alone)
		return TS_OK;
	at = quorum_time(policy, times, UINT64_MAX);
	if (at == 0)
		return TS_ERR_LOG_QUORUM;
	if (now != 0) {
		at = quorum_time(policy, times, now + TS_LOG_AHEAD_S + 1);
		if (at == 0)
			return TS_ERR_LOG_STALE;
	}
	seen->time = at - 1;
	if (now > TS_LOG_FRESH_S && seen->time < now - TS_LOG_FRESH_S)
		return TS_ERR_LOG_STALE;
	return TS_OK;
}

int
ts_policy_check(struct ts_seen *out, const struct ts_policy *policy,
    const struct ts_note *note, uint64_t now)
{
	struct ts_seen seen = {.log = NULL};
	struct times times = {{0}};
	uint64_t t;
	size_t i;
	int r;

	if (now > INT64_MAX)
		return TS_ERR_ARGUMENT;
	r = ts_checkpoint_parse(&seen.cp, note->text);
	if (r != TS_OK)
		return r;
	for (i = 0; i < policy->log_cnt && seen.log == NULL; i++) {
		if (strcmp(policy->log[i].vkey.name, seen.cp.origin) == 0 &&
		    ts_note_verify(note, &policy->log[i].vkey, NULL) == TS_OK)
			seen.log = &policy->log[i].vkey;
	}
	if (seen.log == NULL)
		return TS_ERR_LOG_NOTE;
	for (i = 0; i < policy->witness_cnt; i++) {
		if (!policy->witness[i].is_ours ||
		    ts_note_verify(note, &policy->witness[i].vkey, &t) != TS_OK)
			continue;
		times.at[i] = t + 1; /* at most 2^63 */
		seen.cosigned++;
	}
	r = check_quorum(&seen, policy, &times, now);
	*out = seen;
	return r;
}
