/* What a call into the kernel costs: syscalls CALL SECONDS LAYER-FILE TMPFS-FILE
 *
 *   getppid     the cheapest call there is, made raw so that no library answers from memory
 *   open-layer  open LAYER-FILE for reading and close it
 *   open-tmpfs  the same with TMPFS-FILE
 *   exec        fork, execute a small static program (this one, built -static, which leaves at once), wait for it
 *   pipe        send a byte to another process and get it back: two switches on one CPU */

#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "window.h"

#define LEAVE "leave"
#define LEFT 42  /* the status of a program that was really executed */

/* How often a call is made between two looks at the clock, which in an emulated machine is itself a call. */
enum { GETPPIDS = 10000, OPENS = 200, EXECS = 2, TRIPS = 100 };

static const char *file;
static int to_echo[2], from_echo[2];

static uint64_t call_getppid(void)
{
    for (int i = 0; i < GETPPIDS; i++)
        if (syscall(SYS_getppid) < 0)
            fail("getppid");
    return GETPPIDS;
}

static uint64_t call_open(void)
{
    for (int i = 0; i < OPENS; i++) {
        int opened = open(file, O_RDONLY);
        if (opened < 0)
            fail(file);
        if (close(opened))
            fail("close");
    }
    return OPENS;
}

static pid_t fork_or_fail(void)
{
    pid_t child = fork();
    if (child < 0)
        fail("fork");
    return child;
}

static void wait_for(pid_t child, int status)
{
    int ended;
    if (waitpid(child, &ended, 0) != child || !WIFEXITED(ended) || WEXITSTATUS(ended) != status) {
        fputs("a child did not end as it should\n", stderr);
        exit(1);
    }
}

static uint64_t call_exec(void)
{
    for (int i = 0; i < EXECS; i++) {
        pid_t child = fork_or_fail();
        if (child == 0) {
            execl("/proc/self/exe", "syscalls", LEAVE, (char *)NULL);
            _exit(127);
        }
        wait_for(child, LEFT);
    }
    return EXECS;
}

static uint64_t call_pipe(void)
{
    for (int i = 0; i < TRIPS; i++) {
        char sent = (char)i, got = (char)~i;
        if (write(to_echo[1], &sent, 1) != 1 || read(from_echo[0], &got, 1) != 1)
            fail("pipe");
        if (got != sent) {
            fputs("another byte came back than was sent\n", stderr);
            exit(1);
        }
    }
    return TRIPS;
}

/* Starts the process at the other end of the pipes: it sends back what it gets, until there is no more. */
static pid_t start_echo(void)
{
    char byte;
    if (pipe(to_echo) || pipe(from_echo))
        fail("pipe");
    pid_t child = fork_or_fail();
    if (child > 0) {
        close(to_echo[0]);
        close(from_echo[1]);
        return child;
    }
    close(to_echo[1]);
    close(from_echo[0]);
    while (read(to_echo[0], &byte, 1) == 1)
        if (write(from_echo[1], &byte, 1) != 1)
            _exit(1);
    _exit(0);
}

static void stop_echo(pid_t echo)
{
    close(to_echo[1]);
    wait_for(echo, 0);
}

static const struct call {
    const char *name;
    uint64_t (*work)(void);
    int file;  /* which word of the command line names it */
} calls[] = {
    {"getppid", call_getppid, 0},
    {"open-layer", call_open, 3},
    {"open-tmpfs", call_open, 4},
    {"exec", call_exec, 0},
    {"pipe", call_pipe, 0},
};

int main(int count, char **words)
{
    const struct call *chosen = calls, *end = calls + sizeof calls / sizeof *calls;
    pid_t echo = 0;

    if (count == 2 && !strcmp(words[1], LEAVE))
        return LEFT;
    while (count == 5 && chosen < end && strcmp(words[1], chosen->name))
        chosen++;
    if (count != 5 || chosen == end) {
        fputs("usage: syscalls getppid|open-layer|open-tmpfs|exec|pipe SECONDS LAYER-FILE TMPFS-FILE\n", stderr);
        return 2;
    }
    file = words[chosen->file];
    if (chosen->work == call_pipe)
        echo = start_echo();

    double rate = measure(chosen->work, strtod(words[2], NULL));
    if (echo)
        stop_echo(echo);
    printf("calls_per_s: %.3f\n", rate);
    printf("ns_per_call: %.3f\n", 1e9 / rate);
    return 0;
}
