/* What this kernel answers to every system call of the architecture, and work that is always the same:
 *
 *   surface calls                     every call once, each in a child of its own: call NUMBER NAME ANSWER [FURTHER]
 *   surface idle|files|network|processes|memory FOLDER
 *   surface known TIMES       a known set of calls and of the kernel's functions, for who traces
 *
 * calls.h holds the architecture's table, as its headers tell it: CALL(NAME) for each.
 *
 * ANSWER is ok, an errno's name, a signal's number, waits (it had not come back in time), or left-out. The arguments are
 * -1 wherever that can do no harm: no descriptor, no address, no flag. FURTHER is the answer to arguments that come as
 * far as the kernel's question for a capability, and change nothing but the child. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WAIT_S = 2, LEFT_WITH = 42, NEW = 451, NEWEST = 480 };

static const struct row { long number; const char *name; } table[] = {
#define CALL(name) {__NR_##name, #name},
#include "calls.h"
};

static _Noreturn void fail(const char *what)
{
    perror(what);
    exit(1);
}

/* Inline, so that a child that shares the stack with its parent (vfork) leaves no trace on it. */
static inline __attribute__((always_inline)) long raw(long number, const long *with)
{
#if defined(__x86_64__)
    long answer;
    register long r10 __asm__("r10") = with[3], r8 __asm__("r8") = with[4], r9 __asm__("r9") = with[5];
    __asm__ volatile("syscall" : "=a"(answer) : "a"(number), "D"(with[0]), "S"(with[1]), "d"(with[2]), "r"(r10),
                     "r"(r8), "r"(r9) : "rcx", "r11", "memory");
    return answer;
#elif defined(__aarch64__)
    register long x8 __asm__("x8") = number, x0 __asm__("x0") = with[0], x1 __asm__("x1") = with[1];
    register long x2 __asm__("x2") = with[2], x3 __asm__("x3") = with[3], x4 __asm__("x4") = with[4];
    register long x5 __asm__("x5") = with[5];
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
    return x0;
#else
#error "this architecture's way into the kernel is not known here"
#endif
}

static uint32_t word;
static char room[256];

/* Calls of which -1 everywhere would say nothing, or do something. */
static const struct given { const char *name; long with[6]; } given[] = {
    {"futex", {(long)&word, 1, 1}},          /* wake: an operation that does not exist is answered like a call that does not */
    {"modify_ldt", {0, (long)room, 16}},     /* read; likewise */
    {"syslog", {10, 0, 0}},                  /* how large is the log; likewise */
    {"kill", {0, -1}}, {"msgget", {0x1502, 0}}, {"semget", {0x1502, 0, 0}}, {"shmget", {0x1502, 0, 0}},
    {"exit", {LEFT_WITH}}, {"exit_group", {LEFT_WITH}}, {"umask", {077}},
    {"clone", {SIGCHLD, 0, 0, 0, 0, 0}}, {"personality", {0xffffffff}},  /* which only asks */
};

/* Arguments that come as far as the question for a capability. */
static const struct given further[] = {
    {"mount", {(long)"none", (long)"/", (long)"isobench-nothing", 0, 0}}, {"umount2", {(long)"/.isobench/entry", 0}},
    {"chroot", {(long)"/"}}, {"unshare", {CLONE_NEWUTS}}, {"settimeofday", {0, 0}},
    {"setns", {0, CLONE_NEWUTS}}, {"fsopen", {(long)"tmpfs", 0}}, {"bpf", {5, (long)room, 48}},
};

/* Their answer is what they do: to the host's disks. */
static const char *const left_out[] = {"sync"};

static const struct given *find(const struct given *from, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (!strcmp(from[i].name, name))
            return from + i;
    return NULL;
}

static volatile struct { int back; long answer; } *told;

static void say(int status, int in_time)
{
    const char *name;
    if (!in_time)
        printf(" waits");
    else if (told->back && told->answer >= -4095 && told->answer < 0)
        printf(" %s", (name = strerrorname_np(-told->answer)) ? name : "unnamed");
    else if (WIFSIGNALED(status))
        printf(WTERMSIG(status) == SIGSYS ? " SIGSYS" : " signal-%d", WTERMSIG(status));
    else
        printf(" ok");
}

/* Makes a call in a child of its own, and says what came of it. */
static void ask(long number, const long *with)
{
    sigset_t children;
    struct timespec limit = {WAIT_S, 0};
    int status, in_time;

    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    told->back = 0;
    pid_t child = fork();
    if (child < 0)
        fail("fork");
    if (child == 0) {
        sigprocmask(SIG_UNBLOCK, &children, NULL);
        pid_t me = getpid();
        long answer = raw(number, with);
        if (answer == 0 && syscall(SYS_getpid) != me)
            syscall(SYS_exit_group, 0);  /* a child's child */
        told->answer = answer;
        told->back = 1;
        syscall(SYS_exit_group, 0);
    }
    while (!(in_time = waitpid(child, &status, WNOHANG) == child))
        if (sigtimedwait(&children, NULL, &limit) < 0 && errno == EAGAIN)
            break;
    if (!in_time) {
        in_time = waitpid(child, &status, WNOHANG) == child;
        if (!in_time) {
            kill(child, SIGKILL);
            waitpid(child, &status, 0);
        }
    }
    say(status, in_time);
}

static void ask_all_of(long number, const char *name)
{
    static const long nothing[6] = {-1, -1, -1, -1, -1, -1};
    const struct given *own = find(given, sizeof given / sizeof *given, name);
    const struct given *more = find(further, sizeof further / sizeof *further, name);

    printf("call %ld %s", number, name);
    for (size_t i = 0; i < sizeof left_out / sizeof *left_out; i++)
        if (!strcmp(left_out[i], name)) {
            puts(" left-out");
            return;
        }
    fflush(stdout);
    ask(number, own ? own->with : nothing);
    if (more)
        ask(number, more->with);
    putchar('\n');
}

static void calls(const char *folder)
{
    sigset_t children;
    long known = 0;
    (void)folder;
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    sigprocmask(SIG_BLOCK, &children, NULL);
    setsid();  /* so that vhangup finds no terminal to hang up */
    told = mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (told == MAP_FAILED)
        fail("mmap");
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        ask_all_of(table[i].number, table[i].name);
        if (table[i].number > known && table[i].number < NEWEST)
            known = table[i].number;
    }
    for (long number = known + 1 > NEW ? known + 1 : NEW; number < NEWEST; number++) {  /* newer than these headers */
        char name[16];
        snprintf(name, sizeof name, "number-%ld", number);
        ask_all_of(number, name);
    }
}

static void idle(const char *folder)
{
    (void)folder;
    sleep(1);
}

static void files(const char *folder)
{
    char path[4096], data[4096] = {1};
    struct stat seen;
    for (int i = 0; i < 16; i++) {
        snprintf(path, sizeof path, "%s/file-%d", folder, i);
        int opened = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
        if (opened < 0 || write(opened, data, sizeof data) != sizeof data || lseek(opened, 0, SEEK_SET)
            || read(opened, data, sizeof data) != sizeof data || fstat(opened, &seen) || fsync(opened) || close(opened)
            || stat(path, &seen) || unlink(path))
            fail(path);
    }
}

static void network(const char *folder)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    char byte = 1;
    (void)folder;
    int listening = socket(AF_INET, SOCK_STREAM, 0), asking = socket(AF_INET, SOCK_STREAM, 0);
    if (listening < 0 || asking < 0 || bind(listening, (void *)&at, size) || listen(listening, 1)
        || getsockname(listening, (void *)&at, &size) || connect(asking, (void *)&at, size))
        fail("a connection");
    int answering = accept(listening, NULL, NULL);
    for (int i = 0; i < 16; i++)
        if (send(asking, &byte, 1, 0) != 1 || recv(answering, &byte, 1, 0) != 1 || send(answering, &byte, 1, 0) != 1
            || recv(asking, &byte, 1, 0) != 1)
            fail("an exchange");
}

static void processes(const char *folder)
{
    (void)folder;
    for (int i = 0; i < 8; i++) {
        int status;
        pid_t child = fork();
        if (child == 0) {
            execl("/proc/self/exe", "surface", "leave", (char *)NULL);
            _exit(127);
        }
        if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != LEFT_WITH)
            fail("a child");
    }
}

static void memory(const char *folder)
{
    enum { BYTES = 16 << 20, PAGE = 4096 };
    (void)folder;
    char *at = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED)
        fail("mmap");
    for (int i = 0; i < BYTES; i += PAGE)
        at[i] = 1;
    if (madvise(at, BYTES / 2, MADV_DONTNEED) || mprotect(at, BYTES, PROT_READ) || munmap(at, BYTES))
        fail("memory");
}

/* A known set: so many times getpid, and /proc/uptime opened, read and closed, which enters uptime_proc_show. */
static void known(const char *times)
{
    char byte;
    for (long i = strtol(times, NULL, 10); i > 0; i--) {
        int opened = open("/proc/uptime", O_RDONLY);
        if (opened < 0 || read(opened, &byte, 1) != 1 || close(opened) || syscall(SYS_getpid) < 0)
            fail("/proc/uptime");
    }
}

static const struct work { const char *name; void (*work)(const char *); } works[] = {
    {"calls", calls}, {"idle", idle}, {"files", files}, {"network", network}, {"processes", processes},
    {"memory", memory}, {"known", known},
};

int main(int count, char **words)
{
    if (count == 2 && !strcmp(words[1], "leave"))
        return LEFT_WITH;
    for (size_t i = 0; count == 3 && i < sizeof works / sizeof *works; i++)
        if (!strcmp(words[1], works[i].name)) {
            works[i].work(words[2]);
            printf("done: %s\n", words[1]);
            return 0;
        }
    fputs("usage: surface calls|idle|files|network|processes|memory FOLDER, or surface known TIMES\n", stderr);
    return 2;
}
