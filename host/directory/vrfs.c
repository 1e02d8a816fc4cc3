/* SPDX-License-Identifier: BSD-2-Clause */
#include "vrfs.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <touchstone/wire/crypto.h>

#define SETS_CNT 16384 /* of WAYS_CNT: 11 MB when all are in use */
#define WAYS_CNT 4
#define LOCKS_CNT 64

struct kept {
	bool used, proven;
	uint8_t alpha[TSW_HASH_LEN]; /* SHA-256 of it */
	uint8_t k[32];
	uint8_t proof[TS_VRF_PROOF_LEN];
};

struct set {
	uint32_t turn; /* which one goes next */
	struct kept kept[WAYS_CNT];
};

struct ts_vrfs {
	const struct ts_keys *keys;
	pthread_mutex_t lock[LOCKS_CNT];
	struct set set[SETS_CNT];
};

int
ts_vrfs_new(struct ts_vrfs **out, const struct ts_keys *keys)
{
	struct ts_vrfs *vrfs = calloc(1, sizeof(*vrfs));
	size_t i;

	if (vrfs == NULL)
		return TS_ERR_NO_MEMORY;
	vrfs->keys = keys;
	for (i = 0; i < LOCKS_CNT; i++)
		(void)pthread_mutex_init(&vrfs->lock[i], NULL);
	*out = vrfs;
	return TS_OK;
}

void
ts_vrfs_free(struct ts_vrfs **vrfs)
{
	size_t i;

	if (*vrfs == NULL)
		return;
	for (i = 0; i < LOCKS_CNT; i++)
		(void)pthread_mutex_destroy(&(*vrfs)->lock[i]);
	free(*vrfs);
	*vrfs = NULL;
}

static struct kept *
find(struct set *set, const uint8_t alpha[TSW_HASH_LEN])
{
	size_t i;

	for (i = 0; i < WAYS_CNT; i++)
		if (set->kept[i].used &&
		    memcmp(set->kept[i].alpha, alpha, TSW_HASH_LEN) == 0)
			return &set->kept[i];
	return NULL;
}

static void
keep(struct set *set, const struct kept *fresh)
{
	struct kept *kept = find(set, fresh->alpha);

	if (kept == NULL)
		kept = &set->kept[set->turn++ % WAYS_CNT];
	if (!kept->used || fresh->proven || !kept->proven)
		*kept = *fresh;
}

static int
compute(const struct ts_keys *keys, struct kept *out, struct tsw_slice alpha,
    bool prove)
{
	uint8_t beta[TS_VRF_OUT_LEN];
	int r;

	r = ts_vrf_output(beta, keys->sk_vrf, keys->vrf, alpha);
	if (r == TS_OK && prove)
		r = ts_vrf_prove(out->proof, keys->sk_vrf, keys->vrf, alpha);
	memcpy(out->k, beta, sizeof(out->k)); /* not secret once asked for */
	out->used = true;
	out->proven = prove;
	return r;
}

int
ts_vrfs_get(struct ts_vrfs *vrfs, uint8_t k[32], uint8_t *proof,
    struct tsw_slice label, uint32_t number)
{
	uint8_t bytes[TS_ALPHA_MAX];
	struct tsw_slice alpha = {bytes, ts_leaf_alpha(bytes, label, number)};
	struct kept fresh = {.used = false}, *kept;
	pthread_mutex_t *lock;
	struct set *set;
	size_t at;
	int r = TS_OK;

	tsw_sha256(fresh.alpha, &alpha, 1);
	at = (fresh.alpha[0] | (size_t)fresh.alpha[1] << 8) % SETS_CNT;
	set = &vrfs->set[at];
	lock = &vrfs->lock[at % LOCKS_CNT];
	(void)pthread_mutex_lock(lock);
	kept = find(set, fresh.alpha);
	if (kept != NULL && (kept->proven || proof == NULL))
		fresh = *kept;
	(void)pthread_mutex_unlock(lock);
	if (!fresh.used) {
		r = compute(vrfs->keys, &fresh, alpha, proof != NULL);
		if (r != TS_OK)
			return r;
		(void)pthread_mutex_lock(lock);
		keep(set, &fresh);
		(void)pthread_mutex_unlock(lock);
	}
	memcpy(k, fresh.k, sizeof(fresh.k));
	if (proof != NULL)
		memcpy(proof, fresh.proof, sizeof(fresh.proof));
	return TS_OK;
}
