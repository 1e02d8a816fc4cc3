/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * usage: bench_sign ROUNDS SIM HELPER SSH-AGENT DISK-AGENT MEMORY-AGENT CODE
 *
 * The way of a signature, layer by layer.  Every round does each thing once,
 * so that all of them meet the same machine; the layers are told apart by the
 * differences of their medians.  SIM is the folder of a fresh simulated token
 * with auto-touch, the agents are sockets; both agents of ours have provisioned
 * and have bob@example.org, whose public code is CODE, as a contact.
 */
#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>

#include "bench.h"
#include "peer.h"
#include "rig.h"

#define PIN "314159" /* of every token here; tests/e2e/world.py has it too */

#define FIGURES(X)                                                             \
	X(NOTHING, "spawn.true")     /* a process that does nothing */         \
	X(LINKED, "spawn.version")   /* the helper, loaded and linked */       \
	X(WALLED, "spawn.self-test") /* with libraries set up, sandboxed */    \
	X(OPEN, "token.open")	     /* connect, INIT, getInfo */              \
	X(TOUCH, "token.touch")	     /* the token alone: touch */              \
	X(PIN, "token.pin")	     /* the token alone: PIN and touch */      \
	X(CHECK_TOUCH, "check.touch")                                          \
	X(CHECK_PIN, "check.pin") /* what the helper checks of a reply */      \
	X(HELPER_TOUCH, "helper.touch")                                        \
	X(HELPER_PIN, "helper.pin")                                            \
	X(MEMORY_STATUS, "agent.memory.status") /* a call without a token */   \
	X(MEMORY_TOUCH, "agent.memory.touch")                                  \
	X(MEMORY_PIN, "agent.memory.pin")                                      \
	X(DISK_TOUCH, "agent.disk.touch")                                      \
	X(DISK_PIN, "agent.disk.pin")                                          \
	X(SSH, "ssh-agent")

enum figure {
#define X(id, name) FIGURE_##id,
	FIGURES(X)
#undef X
	    FIGURE_CNT
};

static const char *const figure_name[FIGURE_CNT] = {
#define X(id, name) [FIGURE_##id] = (name),
    FIGURES(X)
#undef X
};

static struct bench_samples figure[FIGURE_CNT];
static struct rig rig;
static struct ssh_peer ssh;
static struct agent_peer memory, disk;
static char confirm[512];

/* A device with the recipient of the bytes "benchbench...". */
static const char add_key[] =
    "{\"app\": \"age\", \"device\": \"bench\", \"file\":"
    " \"age1vfjkucmgvfjkucmgvfjkucmgvfjkucmgvfjkucmgvfjkucmgvfjstlx32n\","
    " \"protocol\": 1, \"expires\": 0}";

static void
lap(enum figure id, double start)
{
	(void)bench_lap(&figure[id], start);
}

static void
round_token(void)
{
	double start;

	rig_close(&rig);
	start = bench_now();
	rig_open(&rig);
	lap(FIGURE_OPEN, start);
	rig_warm(&rig, &figure[FIGURE_TOUCH], &figure[FIGURE_CHECK_TOUCH],
	    RIG_TOUCH);
	rig_warm(&rig, &figure[FIGURE_PIN], &figure[FIGURE_CHECK_PIN], RIG_PIN);
}

static void
round_helper(void)
{
	double start = bench_now();

	rig_spawn("/bin/true", NULL);
	start = bench_lap(&figure[FIGURE_NOTHING], start);
	rig_spawn(rig.helper, "--version");
	start = bench_lap(&figure[FIGURE_LINKED], start);
	rig_spawn(rig.helper, "--self-test");
	start = bench_lap(&figure[FIGURE_WALLED], start);
	rig_fresh(&rig, RIG_TOUCH);
	start = bench_lap(&figure[FIGURE_HELPER_TOUCH], start);
	rig_fresh(&rig, RIG_PIN);
	lap(FIGURE_HELPER_PIN, start);
}

/* Odd rounds add a key, even ones take it away: the chain's state stays. */
static void
round_agent(struct agent_peer *agent, enum figure touch, enum figure pin,
    bool odd)
{
	double start = bench_now();

	agent_peer_call(agent, "Confirm", confirm);
	lap(touch, start);
	if (odd)
		agent_peer_call(agent, "AddKey", add_key);
	else
		agent_peer_call(agent, "RevokeKey", "{\"key\": \"age/bench\"}");
	start = bench_now();
	agent_peer_call_pin(agent, "Sign",
	    "{\"token\": \"\", \"wait\": false, \"pin_fd\": 0}");
	lap(pin, start);
}

static void
round_all(bool odd)
{
	double start;

	round_token();
	round_helper();
	round_agent(&memory, FIGURE_MEMORY_TOUCH, FIGURE_MEMORY_PIN, odd);
	round_agent(&disk, FIGURE_DISK_TOUCH, FIGURE_DISK_PIN, odd);
	start = bench_now();
	agent_peer_call(&memory, "GetStatus", "{}");
	start = bench_lap(&figure[FIGURE_MEMORY_STATUS], start);
	ssh_peer_sign(&ssh);
	lap(FIGURE_SSH, start);
}

int
main(int argc, char **argv)
{
	size_t i, rounds;

	bench_need(argc == 8,
	    "usage: bench_sign ROUNDS SIM HELPER SSH-AGENT DISK MEMORY CODE");
	bench_need(sodium_init() >= 0, "no libsodium");
	rounds = bench_number(argv[1]);
	(void)snprintf(confirm, sizeof(confirm),
	    "{\"contact\": \"bob@example.org\", \"method\": \"public-code\","
	    " \"proof\": \"%s\", \"token\": \"\"}",
	    argv[7]);
	for (i = 0; i < FIGURE_CNT; i++)
		bench_init(&figure[i], figure_name[i]);

	rig_begin(&rig, argv[2], argv[3], PIN);
	ssh_peer_open(&ssh, argv[4]);
	agent_peer_open(&disk, argv[5], PIN);
	agent_peer_open(&memory, argv[6], PIN);
	for (i = 1; i <= rounds; i++)
		round_all(i % 2 == 1);
	agent_peer_close(&memory);
	agent_peer_close(&disk);
	ssh_peer_close(&ssh);
	rig_end(&rig);
	for (i = 0; i < FIGURE_CNT; i++)
		bench_report(&figure[i], "us");
	return EXIT_SUCCESS;
}
