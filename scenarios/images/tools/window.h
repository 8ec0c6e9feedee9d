/* A measuring window: one piece of work, again and again, for a number of seconds.
 *
 * Its lines go out at once, so that the host can hold its own clock against this one. */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static _Noreturn void fail(const char *what)
{
    perror(what);
    exit(1);
}

static double now(void)
{
    struct timespec time;
    if (clock_gettime(CLOCK_MONOTONIC, &time))
        fail("clock_gettime");
    return time.tv_sec + time.tv_nsec / 1e9;
}

/* Runs `work`, which returns how many operations it has done, until `seconds` have passed; prints what that
 * gave and returns the operations per second. The first, cold turn lies before the window. */
static double measure(uint64_t (*work)(void), double seconds)
{
    uint64_t operations = 0;

    if (!(seconds > 0)) {
        fputs("SECONDS should be a number above 0\n", stderr);
        exit(2);
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    work();
    puts("window begins");
    double began = now(), passed;
    do {
        operations += work();
        passed = now() - began;
    } while (passed < seconds);
    puts("window ended");
    printf("window seconds: %.6f\n", passed);
    printf("operations: %llu\n", (unsigned long long)operations);
    return operations / passed;
}
