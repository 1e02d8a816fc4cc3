/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Plug the token in and be asked: the agent has no terminal and no windows, so
 * it starts the program that has.
 */
#include "agent.h"

#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <touchstone/queue.h>

#include "flow.h"

static int
first_change(void *arg, const struct ts_change *change)
{
	bool *any = arg;

	(void)change;
	*any = true;
	return TS_OK;
}

static bool
is_signer(const struct ts_agent *agent, const uint8_t id[TSW_HASH_LEN])
{
	const struct tsw_chain *chain = ts_own_chain(agent->store);
	size_t i;

	for (i = 0; chain != NULL && i < chain->token_cnt; i++)
		if (chain->token[i].role == TSW_ROLE_SIGNER &&
		    memcmp(chain->token[i].id, id, TSW_HASH_LEN) == 0)
			return true;
	return false;
}

/* A draft that this token has still to sign, or changes for the next one. */
static bool
is_wanted(const struct ts_agent *agent, const struct ts_device *dev)
{
	struct ts_draft draft;
	struct ts_token token;
	bool any = false;

	if (ts_draft_get(agent->store, &draft) == TS_OK)
		return ts_flow_is_missing(&token, agent->store, dev->key_id);
	return is_signer(agent, dev->key_id) &&
	    ts_queue_each(agent->store, first_change, &any) == TS_OK && any;
}

/* Whoever asks for a PIN needs a place to ask: a desktop, or a chosen way. */
static bool
find_program(char out[TS_PATH_MAX])
{
	const char *chosen = getenv("TOUCHSTONE_AUTOSIGN");

	if (chosen != NULL && chosen[0] == '/')
		return ts_op_text(out, TS_PATH_MAX, chosen) == TS_OK;
	if (getenv("DISPLAY") == NULL && getenv("WAYLAND_DISPLAY") == NULL)
		return false;
	return ts_paths_program(out, TS_PROGRAM_CLI) == TS_OK;
}

static void
ended(void *ctx, short revents)
{
	struct ts_agent *agent = ctx;
	siginfo_t info;

	(void)revents;
	(void)waitid(P_PIDFD, (id_t)agent->autosign.fd, &info,
	    WEXITED | WNOHANG);
	ts_loop_unwatch(&agent->loop, &agent->autosign);
	close(agent->autosign.fd);
	agent->autosign.fd = -1;
}

/* A session of its own, no signal held back, nothing on 0, 1 and 2. */
static int
spawn(pid_t *out, char *program)
{
	char sign[] = "sign", automatic[] = "--auto";
	char *argv[] = {program, sign, automatic, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	int r;

	if (posix_spawn_file_actions_init(&actions) != 0)
		return TS_ERR_NO_MEMORY;
	if (posix_spawnattr_init(&attributes) != 0) {
		posix_spawn_file_actions_destroy(&actions);
		return TS_ERR_NO_MEMORY;
	}
	(void)sigemptyset(&none);
	(void)sigfillset(&all);
	r = posix_spawnattr_setflags(&attributes,
		POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK |
		    POSIX_SPAWN_SETSIGDEF) |
	    posix_spawnattr_setsigmask(&attributes, &none) |
	    posix_spawnattr_setsigdefault(&attributes, &all) |
	    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", 2, 0) |
	    posix_spawn_file_actions_adddup2(&actions, 0, 1) |
	    posix_spawn_file_actions_adddup2(&actions, 0, 2);
	if (r == 0)
		r = posix_spawn(out, program, &actions, &attributes, argv,
		    environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return r == 0 ? TS_OK : TS_ERR_IO;
}

void
ts_autosign_consider(struct ts_agent *agent, const struct ts_device *dev)
{
	char program[TS_PATH_MAX];
	pid_t pid;

	if (agent->store == NULL || agent->autosign.fd >= 0 ||
	    agent->stopping || !dev->has_key || ts_ops_cnt(agent) > 0 ||
	    ts_store_lockdown(agent->store) || !is_wanted(agent, dev) ||
	    !find_program(program))
		return;
	if (spawn(&pid, program) != TS_OK)
		return;
	agent->autosign.fd = pidfd_open(pid, 0);
	agent->autosign.events = POLLIN;
	agent->autosign.ready = ended;
	agent->autosign.ctx = agent;
	if (agent->autosign.fd >= 0 &&
	    ts_loop_watch(&agent->loop, &agent->autosign) == TS_OK)
		return;
	/* Cannot be waited for later, so it is not left running. */
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	if (agent->autosign.fd >= 0)
		close(agent->autosign.fd);
	agent->autosign.fd = -1;
}
