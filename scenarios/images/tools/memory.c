/* What memory costs: memory OPERATION SECONDS
 *
 *   read, write, copy  4 KiB, one page after the other through an area larger than the caches
 *   chase              one load of a line whose address the load before it gave, all over the area
 *   fault              touch a page for the first time, and its share of giving it back
 *   map                map 4 pages, touch them, unmap them
 *
 * Pages are of 4 KiB in every isolation: kernels differ in when they hand out huge ones. */

#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include "window.h"

#define PAGE 4096ul
#define AREA (256ul << 20)   /* STREAM asks for arrays of four times the last cache: 128 MiB each for a copy */
#define STRETCH (4ul << 20)  /* done between two looks at the clock */
#define LINE 64ul
#define LOADS 10000
#define TO_FAULT (8ul << 20)
#define TO_MAP (4 * PAGE)
#define MAPS 100
#define FILL 0x0101010101010101ul

static unsigned char *area;
static uint64_t place;  /* in the area, where the next stretch begins */

static unsigned char *map(uint64_t bytes)
{
    void *mapped = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED)
        fail("mmap");
    return mapped;
}

static unsigned char *map_small_pages(uint64_t bytes)
{
    unsigned char *mapped = map(bytes);
    if (madvise(mapped, bytes, MADV_NOHUGEPAGE) && errno != EINVAL)  /* EINVAL: the kernel has no huge ones */
        fail("madvise");
    return mapped;
}

static void unmap(void *mapped, uint64_t bytes)
{
    if (munmap(mapped, bytes))
        fail("munmap");
}

static void touch(unsigned char *from, uint64_t bytes)
{
    for (volatile unsigned char *page = from; page < from + bytes; page += PAGE)
        *page = 1;
}

static _Noreturn void wrong(const char *what)
{
    fprintf(stderr, "wrong result: %s\n", what);
    exit(1);
}

static uint64_t read_pages(void)
{
    const uint64_t *words = (const uint64_t *)(area + place);
    uint64_t sum = 0, count = STRETCH / sizeof *words;
    for (uint64_t i = 0; i < count; i++)
        sum += words[i];
    if (sum != FILL * count)
        wrong("the sum of what was read");
    place = (place + STRETCH) % AREA;
    return STRETCH / PAGE;
}

static uint64_t write_pages(void)
{
    memset(area + place, (int)(place / STRETCH), STRETCH);
    place = (place + STRETCH) % AREA;
    return STRETCH / PAGE;
}

static uint64_t copy_pages(void)
{
    memcpy(area + AREA / 2 + place, area + place, STRETCH);
    place = (place + STRETCH) % (AREA / 2);
    return STRETCH / PAGE;
}

/* Each line holds the offset of the next: a linear congruence of full period (Hull and Dobell 1962: odd
 * increment, multiplier 1 modulo 4), so one circle through all lines, in an order no prefetcher foresees. */
static void lay_circle(void)
{
    const uint64_t lines = AREA / LINE;
    for (uint64_t i = 0; i < lines; i++)
        *(uint64_t *)(area + i * LINE) = (i * 2654435761u + 12345) % lines * LINE;
}

static uint64_t chase_lines(void)
{
    for (int i = 0; i < LOADS; i++)
        place = *(const uint64_t *)(area + place);
    if (place % LINE || place >= AREA)
        wrong("the place the circle leads to");
    return LOADS;
}

static uint64_t fault_pages(void)
{
    unsigned char *fresh = map_small_pages(TO_FAULT);
    touch(fresh, TO_FAULT);
    unmap(fresh, TO_FAULT);
    return TO_FAULT / PAGE;
}

static uint64_t map_some(void)
{
    for (int i = 0; i < MAPS; i++) {
        unsigned char *fresh = map(TO_MAP);
        touch(fresh, TO_MAP);
        unmap(fresh, TO_MAP);
    }
    return MAPS;
}

static const struct operation {
    const char *name;
    uint64_t (*work)(void);
    uint64_t bytes;  /* that one operation reads, or writes, or maps */
} operations[] = {
    {"read", read_pages, PAGE},    {"write", write_pages, PAGE}, {"copy", copy_pages, PAGE},
    {"chase", chase_lines, LINE},  {"fault", fault_pages, PAGE}, {"map", map_some, TO_MAP},
};

static void check_copy(void)
{
    if (memcmp(area, area + AREA / 2, STRETCH))
        wrong("the copy");
}

int main(int count, char **words)
{
    const struct operation *chosen = operations, *end = operations + sizeof operations / sizeof *operations;

    while (count == 3 && chosen < end && strcmp(words[1], chosen->name))
        chosen++;
    if (count != 3 || chosen == end) {
        fputs("usage: memory read|write|copy|chase|fault|map SECONDS\n", stderr);
        return 2;
    }
    if (chosen->work != fault_pages && chosen->work != map_some) {
        area = map_small_pages(AREA);
        memset(area, FILL & 0xff, AREA);
    }
    if (chosen->work == chase_lines)
        lay_circle();

    double rate = measure(chosen->work, strtod(words[2], NULL));
    if (chosen->work == copy_pages)
        check_copy();
    printf("bytes_per_s: %.0f\n", rate * chosen->bytes);
    printf("ns_per_operation: %.3f\n", 1e9 / rate);
    return 0;
}
