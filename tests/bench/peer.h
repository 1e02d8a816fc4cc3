/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Clients of the two agents that are compared, each on one connection that
 * stays open.  They read no more than they must.  End the program on failure.
 */
#ifndef TESTS_BENCH_PEER_H
#define TESTS_BENCH_PEER_H

#include <stddef.h>
#include <stdint.h>

#define PEER_MAX 16384

/* OpenSSH's agent (draft-miller-ssh-agent), with one key in it. */
struct ssh_peer {
	int fd;
	size_t len;
	uint8_t request[PEER_MAX]; /* SSH_AGENTC_SIGN_REQUEST, framed */
};

void ssh_peer_open(struct ssh_peer *peer, const char *path);
void ssh_peer_sign(struct ssh_peer *peer);
void ssh_peer_close(struct ssh_peer *peer);

/* touchstone-agent (Varlink). */
struct agent_peer {
	int fd;
	const char *pin;
	char buf[PEER_MAX];
};

void agent_peer_open(struct agent_peer *peer, const char *path,
    const char *pin);
/*
 * One call; parameters is JSON.  With the PIN it is sent as descriptor 0.
 * Returns once the final reply is there.
 */
void agent_peer_call(struct agent_peer *peer, const char *method,
    const char *parameters);
void agent_peer_call_pin(struct agent_peer *peer, const char *method,
    const char *parameters);
void agent_peer_close(struct agent_peer *peer);

#endif
