/*
 * Jobs: the processes of one pipeline.  With job control (`monitor`) each job is a process group, and the terminal belongs to
 * the one in the foreground.
 *
 *     job_new -> running -> done     (waited for in the foreground, or reported before a prompt, or by `wait`)
 *                  ^  |
 *                  |  v
 *                stopped             (^Z; `fg` and `bg` continue it)
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "sh.h"

struct process {
    struct process *next;
    pid_t id;
    int status; /* as wait gives it */
    bool ended, stopped;
};

struct job {
    struct job *next;
    int number; /* 0 while in the foreground */
    pid_t group;
    struct process *first, *last;
    char *text;
    bool reported; /* that it stopped */
};

static struct job *jobs;
static const struct job *in_front; /* waited for in the foreground: not told of before that is over */
static struct termios shell_modes;

void jobs_init(void)
{
    static const int ignored[] = {SIGTTOU, SIGTTIN, SIGTSTP};

    if (!shell.monitor)
        return;
    for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++)
        signal(ignored[i], SIG_IGN);
    shell.group = getpid();
    if (getpgrp() != shell.group)
        setpgid(0, 0);
    tcsetpgrp(shell.terminal, shell.group);
    tcgetattr(shell.terminal, &shell_modes);
}

struct job *job_new(const char *text)
{
    struct job *job = memory_get(sizeof *job);

    *job = (struct job){.next = jobs, .text = memory_text(text)};
    return jobs = job;
}

static void job_free(struct job *job)
{
    struct job **at = &jobs;

    while (*at != job)
        at = &(*at)->next;
    *at = job->next;
    while (job->first) {
        struct process *process = job->first;
        job->first = process->next;
        free(process);
    }
    free(job->text);
    free(job);
}

/* A child has no jobs of its own yet. */
void jobs_forget(void)
{
    while (jobs)
        job_free(jobs);
    status_forget(0);
}

void job_process_add(struct job *job, pid_t id)
{
    struct process *process = memory_get(sizeof *process);

    *process = (struct process){.id = id};
    status_forget(id);
    if (job->last)
        job->last->next = process;
    else
        job->first = process;
    job->last = process;
    if (!job->group)
        job->group = id;
    if (shell.monitor)
        setpgid(id, job->group);
}

/* Parent and child both set the group, so that neither depends on being first. */
void job_child_begin(struct job *job, bool foreground)
{
    static const int restored[] = {SIGINT, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU, SIGTERM};

    if (!shell.monitor) {
        if (shell.interactive)
            signal(SIGINT, SIG_DFL), signal(SIGTERM, SIG_DFL);
        return;
    }
    pid_t group = job && job->group ? job->group : getpid();
    setpgid(0, group);
    if (foreground)
        tcsetpgrp(shell.terminal, group);
    for (size_t i = 0; i < sizeof restored / sizeof restored[0]; i++)
        signal(restored[i], SIG_DFL);
    shell.monitor = false;
}

static bool job_all(const struct job *job, bool stopped_counts)
{
    for (const struct process *process = job->first; process; process = process->next)
        if (!process->ended && !(stopped_counts && process->stopped))
            return false;
    return true;
}

static bool job_done(const struct job *job)
{
    return job_all(job, false);
}

static bool job_stopped(const struct job *job)
{
    return !job_done(job) && job_all(job, true);
}

static void status_note(pid_t id, int status)
{
    for (struct job *job = jobs; job; job = job->next)
        for (struct process *process = job->first; process; process = process->next) {
            if (process->id != id || process->ended)
                continue;
            process->stopped = WIFSTOPPED(status);
            process->ended = !WIFSTOPPED(status) && !WIFCONTINUED(status);
            process->status = status;
            return;
        }
}

static int status_value(int status)
{
    if (WIFSTOPPED(status))
        return 128 + WSTOPSIG(status);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Waits for one change; false when there is nothing to wait for, or a signal came (*interrupted). */
static bool change_wait(int options, bool *interrupted)
{
    int status;
    pid_t id = waitpid(-1, &status, options | (shell.monitor ? WUNTRACED : 0));

    if (interrupted)
        *interrupted = id < 0 && errno == EINTR;
    if (id <= 0)
        return false;
    status_note(id, status);
    return true;
}

/* A program that was killed gets one line, except for the signals users send themselves. */
static void death_report(const struct job *job)
{
    int status = job->last->status;

    if (!WIFSIGNALED(status) || WTERMSIG(status) == SIGPIPE)
        return;
    if (WTERMSIG(status) == SIGINT) {
        if (shell.interactive)
            fputc('\n', stderr);
        return;
    }
    fprintf(stderr, "%s%s\n", strsignal(WTERMSIG(status)), WCOREDUMP(status) ? " (core dumped)" : "");
}

static int number_free(void)
{
    int number = 1;

    for (struct job *job = jobs; job; job = job->next)
        if (job->number >= number)
            number = job->number + 1;
    return number;
}

void job_background(struct job *job)
{
    job->number = number_free();
    shell.last_background = job->last->id;
    if (shell.interactive)
        fprintf(stderr, "[%d] %d\n", job->number, job->last->id);
}

static const char *job_state(const struct job *job)
{
    static char text[24];
    int status = job->last->status;

    if (job_stopped(job))
        return "Stopped";
    if (!job_done(job))
        return "Running";
    if (WIFSIGNALED(status))
        return strsignal(WTERMSIG(status));
    if (!WEXITSTATUS(status))
        return "Done";
    snprintf(text, sizeof text, "Done(%d)", WEXITSTATUS(status));
    return text;
}

/* The status of a background job that is over and goes; a `wait` for its process may still ask for it. */
static int job_collect(struct job *job)
{
    int status = status_value(job->last->status);

    status_remember(job->last->id, status);
    job_free(job);
    return status;
}

/* '+' for the job that fg would take, '-' for the one after it, ' ' for the others. */
static char job_rank(const struct job *job)
{
    const char *rank = "+-";

    for (const struct job *other = jobs; other != job && *rank; other = other->next)
        rank += other->number != 0;
    return *rank ? *rank : ' ';
}

/* One line: "[1] + Running    sleep 100"; with_process, the first process stands before the state. */
static void job_show(const struct job *job, FILE *to, bool with_process)
{
    char head[48], process[16] = "";

    if (with_process)
        snprintf(process, sizeof process, "%d ", job->group);
    snprintf(head, sizeof head, "[%d] %c %s%s", job->number, job_rank(job), process, job_state(job));
    fprintf(to, "%-32s %s\n", head, job->text);
}

/* Without a terminal, finished jobs are kept for `wait`. */
bool jobs_report(const char *before)
{
    bool any = false;

    while (change_wait(WNOHANG, NULL))
        ;
    for (struct job *job = jobs, *next; job; job = next) {
        next = job->next;
        if (!job->number || !shell.interactive || job == in_front ||
            (!job_done(job) && (!job_stopped(job) || job->reported)))
            continue;
        if (!any)
            fputs(before, stderr);
        any = true;
        job_show(job, stderr, false);
        job->reported = true;
        if (job_done(job))
            job_collect(job);
    }
    return any;
}

static void terminal_take_back(struct job *job)
{
    if (!shell.monitor)
        return;
    tcsetpgrp(shell.terminal, shell.group);
    if (job_stopped(job) || WIFSIGNALED(job->last->status))
        tcsetattr(shell.terminal, TCSADRAIN, &shell_modes);
    else
        tcgetattr(shell.terminal, &shell_modes);
}

int job_wait(struct job *job)
{
    bool interrupted = false;

    in_front = job;
    while (!job_done(job) && !job_stopped(job)) {
        if (!change_wait(0, &interrupted) && !interrupted)
            break;
        if (shell.notify)
            jobs_report("");
    }
    in_front = NULL;
    terminal_take_back(job);
    int status = status_value(job->last->status);
    if (job_stopped(job)) {
        job->number = job->number ? job->number : number_free();
        job->reported = true;
        fputc('\n', stderr);
        job_show(job, stderr, false);
        return status;
    }
    death_report(job);
    job_free(job);
    return status;
}

/* %1, %name, %- the one before the latest, %% or nothing: the latest. NULL after a message. */
static struct job *job_find(const char *name, const char *command)
{
    struct job *job;
    int passed = 0;

    if (name && *name == '%')
        name++;
    for (job = jobs; job; job = job->next) {
        if (!job->number)
            continue;
        if (!name || !*name || !strcmp(name, "%") || !strcmp(name, "+"))
            return job;
        if (!strcmp(name, "-") && passed++)
            return job;
        if (*name >= '0' && *name <= '9' ? atoi(name) == job->number : !strncmp(job->text, name, strlen(name)))
            return job;
    }
    complain("%s: no such job: %s", command, name ? name : "current");
    return NULL;
}

pid_t job_group(const char *name, const char *command, bool *stopped)
{
    const struct job *job = job_find(name, command);

    *stopped = job && job_stopped(job);
    return job ? job->group : -1;
}

/* All jobs, or the one that is wanted; `process` is 'l' for its process, too, 'p' for nothing else, or 0. */
static void jobs_show(const struct job *wanted, char process)
{
    for (struct job *job = jobs, *next; job; job = next) {
        next = job->next;
        if (!job->number || (wanted && job != wanted))
            continue;
        if (process == 'p')
            printf("%d\n", job->group);
        else
            job_show(job, stdout, process == 'l');
        if (job_done(job))
            job_collect(job);
    }
}

int builtin_jobs(char **arguments)
{
    char process = 0;
    int i = 1;

    for (; arguments[i] && arguments[i][0] == '-' && strcmp(arguments[i], "--"); i++) {
        process = arguments[i][1];
        if (!process || !strchr("lp", process) || arguments[i][2])
            return complain("jobs: %s: bad option", arguments[i]) + 1;
    }
    i += arguments[i] && !strcmp(arguments[i], "--");
    while (change_wait(WNOHANG, NULL))
        ;
    if (!arguments[i])
        jobs_show(NULL, process);
    for (; arguments[i]; i++) {
        const struct job *job = job_find(arguments[i], "jobs");
        if (!job)
            return STATUS_ERROR;
        jobs_show(job, process);
    }
    return 0;
}

static void job_continue(struct job *job)
{
    for (struct process *process = job->first; process; process = process->next)
        process->stopped = false;
    job->reported = false;
    kill(-job->group, SIGCONT);
}

int builtin_foreground(char **arguments)
{
    struct job *job = job_find(arguments[1], "fg");

    if (!job)
        return 1;
    if (!shell.monitor)
        return complain("fg: no job control");
    tcsetpgrp(shell.terminal, job->group);
    printf("%s\n", job->text);
    fflush(stdout);
    job_continue(job);
    return job_wait(job);
}

int builtin_background(char **arguments)
{
    struct job *job = job_find(arguments[1], "bg");

    if (!job)
        return 1;
    if (!shell.monitor)
        return complain("bg: no job control");
    printf("[%d] %s\n", job->number, job->text);
    job_continue(job);
    return 0;
}

static struct job *job_of_process(pid_t id)
{
    for (struct job *job = jobs; job; job = job->next)
        if (job->last && job->last->id == id)
            return job;
    return NULL;
}

/* Waits until the job is over; false when a signal that is trapped came first. */
static bool job_await(const struct job *job)
{
    signals_hold();
    while (!job_done(job)) {
        errno = 0;
        if (change_wait(WNOHANG, NULL))
            continue;
        if (errno || trap_signal())
            break;
        signal_await();
    }
    signals_release();
    return job_done(job) || !trap_signal();
}

static int wait_one(const char *name)
{
    struct job *job = *name == '%' ? job_find(name, "wait") : job_of_process(atoi(name));

    if (!job)
        return *name == '%' ? STATUS_NOT_FOUND : status_recall(atoi(name));
    return job_await(job) ? job_collect(job) : 128 + trap_signal();
}

int builtin_wait(char **arguments)
{
    int status = 0;

    for (int i = 1; arguments[i]; i++)
        status = wait_one(arguments[i]);
    if (arguments[1])
        return status;
    for (struct job *job = jobs; job;) {
        if (!job->number || job_stopped(job)) {
            job = job->next;
            continue;
        }
        if (!job_await(job))
            return 128 + trap_signal();
        job_collect(job);
        job = jobs;
    }
    return 0;
}
