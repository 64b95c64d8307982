/*
 * Makes traces of heap requests: generate KIND prints one in the format that player.c reads; generate alone names the kinds.
 * Every run makes the same trace.
 *
 *     random               any size, any order           binary, binary2    small and large in turn; the large go, larger come
 *     small                a sea of small blocks         queue              producer and consumer
 *     sawtooth             up, all down, up again        stack              last in, first out
 *     realloc, realloc2    one block grows for ever      strings            short-lived, and a table of those that stay
 *     vectors              many that grow in turn        phases             each of other sizes, some of each survive
 *     coalescing           two become one                tree               nodes and their names, in and out
 *     session              buffers of a server           compiler           chunks, and what a function leaves behind
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPERATIONS_MOST = 200000 };

static struct {
    char kind;
    unsigned id, size;
} operations[OPERATIONS_MOST];

static unsigned count, ids;
static unsigned sizes[OPERATIONS_MOST]; /* of the live ones, by id; 0 is gone */
static uint64_t seed = 88172645463325252;

static unsigned below(unsigned limit)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned)(seed >> 33) % limit;
}

static unsigned between(unsigned least, unsigned most)
{
    return least + below(most - least + 1);
}

/* Many small, few large: every size class is half as likely as the one below. */
static unsigned skewed(unsigned least, unsigned most)
{
    unsigned size = least;

    while (size < most / 2 && below(2))
        size *= 2;
    return between(size, size * 2 < most ? size * 2 : most);
}

static void operation(char kind, unsigned id, unsigned size)
{
    if (count == OPERATIONS_MOST)
        exit(1);
    operations[count].kind = kind;
    operations[count].id = id;
    operations[count++].size = size;
    sizes[id] = size;
}

static unsigned take(unsigned size)
{
    operation('a', ids, size);
    return ids++;
}

static void resize(unsigned id, unsigned size)
{
    operation('r', id, size);
}

static void drop(unsigned id)
{
    if (sizes[id])
        operation('f', id, 0);
}

/* Some live id at or above `first`; the caller knows that there is one. */
static unsigned live(unsigned first)
{
    unsigned id = between(first, ids - 1);

    while (!sizes[id])
        id = id + 1 < ids ? id + 1 : first;
    return id;
}

static void churn(unsigned live_count, unsigned steps, unsigned least, unsigned most,
                  unsigned (*size)(unsigned, unsigned))
{
    unsigned alive = 0;

    for (unsigned i = 0; i < steps; i++) {
        if (alive < live_count / 2 || (alive < live_count && below(2))) {
            take(size(least, most));
            alive++;
        } else {
            drop(live(0));
            alive--;
        }
    }
}

static void make_random(void)
{
    churn(1200, 5000, 1, 32768, between);
}

static void make_small(void)
{
    churn(6000, 14000, 1, 120, between);
}

static void make_sawtooth(void)
{
    for (unsigned tooth = 1; tooth <= 12; tooth++) {
        unsigned first = ids;
        for (unsigned i = 0; i < 300; i++)
            take(between(8, 64 * tooth));
        for (unsigned i = first; i < ids; i++)
            if (below(40))
                drop(i);
    }
}

static void grow_for_ever(unsigned first, unsigned step, unsigned small, unsigned rounds)
{
    unsigned grown = take(first), other = take(small);

    for (unsigned i = 1; i <= rounds; i++) {
        resize(grown, first + i * step);
        unsigned next = take(small);
        drop(other);
        other = next;
    }
}

static void make_realloc(void)
{
    grow_for_ever(512, 128, 128, 2400);
}

static void make_realloc2(void)
{
    grow_for_ever(4092, 5, 16, 2400);
}

static void make_vectors(void)
{
    unsigned vectors[24], capacity[24];

    for (unsigned i = 0; i < 24; i++)
        vectors[i] = take(capacity[i] = 32);
    for (unsigned i = 0; i < 400; i++) {
        unsigned k = below(24);
        if (capacity[k] < 200000)
            resize(vectors[k], capacity[k] += capacity[k] / 2);
        for (unsigned j = 0; j < 6; j++)
            take(between(10, 60));
    }
}

static void make_coalescing(void)
{
    for (unsigned round = 0; round < 40; round++) {
        unsigned first = ids;
        for (unsigned i = 0; i < 64; i++)
            take(4095);
        for (unsigned i = first; i < first + 64; i++)
            drop(i);
        for (unsigned i = 0; i < 32; i++)
            take(8190);
        for (unsigned i = first + 64; i < ids; i++)
            drop(i);
    }
}

static void in_turn(unsigned pairs, unsigned small, unsigned large, unsigned larger)
{
    for (unsigned i = 0; i < pairs; i++) {
        take(small);
        take(large);
    }
    for (unsigned i = 1; i < 2 * pairs; i += 2)
        drop(i);
    for (unsigned i = 0; i < pairs; i++)
        take(larger);
}

static void make_binary(void)
{
    in_turn(2000, 64, 448, 512);
}

static void make_binary2(void)
{
    in_turn(4000, 16, 112, 128);
}

static void make_queue(void)
{
    unsigned head = 0;

    for (unsigned i = 0; i < 8000; i++)
        if (head == ids || (ids - head < 900 && below(100) < 60))
            take(skewed(200, 6000));
        else
            drop(head++);
}

static void make_stack(void)
{
    unsigned stack[2000], depth = 0;

    for (unsigned i = 0; i < 9000; i++)
        if (!depth || (depth < 1200 && below(100) < 58))
            stack[depth++] = take(skewed(100, 4096));
        else
            drop(stack[--depth]);
}

static void make_strings(void)
{
    unsigned table = take(256), length = 256, kept = 0;

    for (unsigned i = 0; i < 6000; i++) {
        unsigned string = take(skewed(6, 400));
        if (!below(4)) {
            if (++kept * 8 > length)
                resize(table, length *= 2);
            continue;
        }
        if (!below(3))
            resize(string, sizes[string] + between(1, 80));
        drop(string);
    }
}

static void make_phases(void)
{
    for (unsigned phase = 0; phase < 10; phase++) {
        unsigned first = ids, least = 8u << below(7), most = least * 4;
        for (unsigned i = 0; i < 700; i++) {
            take(between(least, most));
            if (!below(3))
                drop(live(first));
        }
        for (unsigned i = first; i < ids; i++)
            if (below(8))
                drop(i);
    }
}

static void make_tree(void)
{
    unsigned nodes[3000], nodes_count = 0;

    for (unsigned i = 0; i < 7000; i++) {
        if (nodes_count < 1500 || (nodes_count < 3000 && below(2))) {
            nodes[nodes_count++] = take(48);
            take(between(4, 40));
        } else {
            unsigned k = below(nodes_count);
            drop(nodes[k]);
            drop(nodes[k] + 1);
            nodes[k] = nodes[--nodes_count];
        }
    }
}

static void make_session(void)
{
    unsigned sessions[200], sessions_count = 0;

    for (unsigned i = 0; i < 2500; i++) {
        if (sessions_count < 100 || (sessions_count < 200 && below(2))) {
            sessions[sessions_count++] = take(312);
            take(4096);
            take(skewed(64, 2048));
            take(below(20) ? between(100, 8000) : between(60000, 300000));
        } else {
            unsigned k = below(sessions_count);
            for (unsigned part = 0; part < 4; part++)
                drop(sessions[k] + part);
            sessions[k] = sessions[--sessions_count];
        }
    }
}

static void make_compiler(void)
{
    for (unsigned function = 0; function < 40; function++) {
        unsigned first = ids, chunks = between(3, 25);
        for (unsigned i = 0; i < chunks; i++) {
            take(4064);
            for (unsigned j = below(14); j; j--)
                take(skewed(16, 600));
        }
        unsigned bits = take(200);
        for (unsigned i = 1; i < 6; i++)
            resize(bits, 200 * i * i);
        for (unsigned i = first; i < ids; i++)
            if (sizes[i] == 4064 ? below(10) : below(6))
                drop(i);
    }
}

static const struct {
    const char *name;
    void (*make)(void);
} kinds[] = {
    {"random", make_random},         {"small", make_small},       {"sawtooth", make_sawtooth},
    {"realloc", make_realloc},       {"realloc2", make_realloc2}, {"vectors", make_vectors},
    {"binary", make_binary},         {"binary2", make_binary2},   {"queue", make_queue},
    {"coalescing", make_coalescing}, {"stack", make_stack},       {"strings", make_strings},
    {"phases", make_phases},         {"tree", make_tree},         {"session", make_session},
    {"compiler", make_compiler},
};

static void print(void)
{
    printf("0\n%u\n%u\n1\n", ids, count);
    for (unsigned i = 0; i < count; i++)
        if (operations[i].kind == 'f')
            printf("f %u\n", operations[i].id);
        else
            printf("%c %u %u\n", operations[i].kind, operations[i].id, operations[i].size);
}

int main(int argc, char **arguments)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (argc < 2) {
            puts(kinds[i].name);
        } else if (!strcmp(arguments[1], kinds[i].name)) {
            kinds[i].make();
            for (unsigned id = 0; id < ids; id++)
                drop(id);
            print();
            return 0;
        }
    }
    return argc >= 2;
}
