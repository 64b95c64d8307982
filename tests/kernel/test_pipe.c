/*
 * Pipes between kernel threads.
 */
#include "kernel/abi/errno.h"
#include "kernel/abi/fcntl.h"
#include "kernel/abi/poll.h"
#include "kernel/fs/file.h"
#include "kernel/fs/pipe.h"
#include "kernel/ktest.h"
#include "kernel/thread.h"
#include "libc/string.h"
#include "tests/kernel/crew.h"

static ssize_t move(struct file *file, void *bytes, size_t length, bool into)
{
    struct uio uio;
    uio_init_kernel(&uio, bytes, length, into);
    return into ? file_read(file, &uio, NULL) : file_write(file, &uio, NULL);
}

KTEST(pipe, ends_and_errors)
{
    struct file *in, *out;
    struct waitqueue *queues[2];
    char text[8];
    KTEST_EXPECT(pipe_create(&in, &out, O_NONBLOCK) == 0);
    KTEST_EXPECT(move(in, text, 4, true) == -EAGAIN);
    KTEST_EXPECT(move(in, text, 4, false) == -EBADF && move(out, text, 4, true) == -EBADF);
    KTEST_EXPECT(file_poll(in, queues) == 0 && (file_poll(out, queues) & POLLOUT) != 0);
    KTEST_EXPECT(move(out, "abcd", 4, false) == 4);
    KTEST_EXPECT((file_poll(in, queues) & POLLIN) != 0);
    file_put(out);
    KTEST_EXPECT((file_poll(in, queues) & POLLHUP) != 0);
    KTEST_EXPECT(move(in, text, 8, true) == 4 && memcmp(text, "abcd", 4) == 0);
    KTEST_EXPECT(move(in, text, 8, true) == 0);
    file_put(in);
    KTEST_EXPECT(pipe_create(&in, &out, 0) == 0);
    file_put(in);
    KTEST_EXPECT(move(out, "abcd", 4, false) == -EPIPE);
    file_put(out);
}

KTEST(pipe, is_as_large_as_it_says)
{
    static char block[PIPE_BUF];
    struct file *in, *out;
    unsigned blocks = 0;
    KTEST_EXPECT(pipe_create(&in, &out, O_NONBLOCK) == 0);
    while (move(out, block, sizeof block, false) == sizeof block)
        blocks++;
    KTEST_EXPECT(blocks == PIPE_CAPACITY / PIPE_BUF);
    KTEST_EXPECT(move(out, block, 1, false) == -EAGAIN);
    KTEST_EXPECT(move(in, block, 100, true) == 100);
    KTEST_EXPECT(move(out, block, 101, false) == -EAGAIN); /* whole or not at all */
    KTEST_EXPECT(move(out, block, 100, false) == 100);
    file_put(in);
    file_put(out);
}

/* Room that a splice has reserved is nobody else's, and its bytes come behind what was written meanwhile. */
KTEST(pipe, reserved_room_is_kept)
{
    static char block[PIPE_CAPACITY];
    struct file *in, *out;
    struct waitqueue *queues[2];
    struct uio uio;
    KTEST_EXPECT(pipe_create(&in, &out, O_NONBLOCK) == 0);
    struct pipe *pipe = pipe_of_file(out);
    KTEST_EXPECT(pipe_reserve(pipe, 5000, true) == 5000 && pipe_room(pipe) == PIPE_CAPACITY - 5000);
    memset(block, 'o', sizeof block);
    KTEST_EXPECT(move(out, block, sizeof block, false) == PIPE_CAPACITY - 5000);
    KTEST_EXPECT(move(out, block, 1, false) == -EAGAIN && (file_poll(out, queues) & POLLOUT) == 0);
    KTEST_EXPECT(pipe_reserve(pipe, 1, true) == -EAGAIN);
    uio_init_kernel(&uio, "reserved", 8, false);
    KTEST_EXPECT(pipe_put_reserved(pipe, &uio, 5000) == 8 && pipe_room(pipe) == 4992);
    KTEST_EXPECT(move(in, block, PIPE_CAPACITY - 5000, true) == PIPE_CAPACITY - 5000);
    KTEST_EXPECT(move(in, block, 100, true) == 8 && memcmp(block, "reserved", 8) == 0);
    file_put(in);
    KTEST_EXPECT(pipe_reserve(pipe, 1, true) == -EPIPE);
    file_put(out);
}

enum { STREAM_LENGTH = 300000 };

struct stream {
    struct file *in, *out;
    unsigned wrong, total;
};

static char stream_byte(unsigned position)
{
    return (char)(position * 31 + position / 251);
}

static void stream_write(struct stream *stream)
{
    static char bytes[10000];
    for (unsigned done = 0; done < STREAM_LENGTH;) {
        unsigned length = 1 + done * 7 % sizeof bytes;
        if (length > STREAM_LENGTH - done)
            length = STREAM_LENGTH - done;
        for (unsigned i = 0; i < length; i++)
            bytes[i] = stream_byte(done + i);
        if (move(stream->out, bytes, length, false) != (ssize_t)length)
            break;
        done += length;
    }
    file_put(stream->out);
}

static void stream_read(struct stream *stream)
{
    static char bytes[7777];
    ssize_t count;
    while ((count = move(stream->in, bytes, sizeof bytes, true)) > 0) {
        for (ssize_t i = 0; i < count; i++)
            stream->wrong += bytes[i] != stream_byte(stream->total + (unsigned)i);
        stream->total += (unsigned)count;
    }
}

static void stream_side(unsigned number, void *context)
{
    if (number == 0)
        stream_write(context);
    else
        stream_read(context);
}

KTEST(pipe, keeps_the_order_of_bytes)
{
    struct stream stream = {0};
    KTEST_EXPECT(pipe_create(&stream.in, &stream.out, 0) == 0);
    crew_run(2, stream_side, &stream);
    KTEST_EXPECT(stream.total == STREAM_LENGTH && stream.wrong == 0);
    file_put(stream.in);
}

static void fill_pipes(void)
{
    static char block[PIPE_BUF];
    struct file *in, *out;
    for (unsigned i = 0; i < 50; i++) {
        KTEST_EXPECT(pipe_create(&in, &out, O_NONBLOCK) == 0);
        while (move(out, block, sizeof block, false) > 0)
            continue;
        file_put(in);
        file_put(out);
    }
}

KTEST(pipe, leaves_nothing_behind)
{
    KTEST_EXPECT(frames_come_back(fill_pipes));
}

enum { PARTINGS = 1000 };

struct parting {
    struct file *ends[PARTINGS][2];
    _Atomic unsigned arrived[PARTINGS];
};

/* Closes its end of each pipe when the other side is about to close the other one. */
static void parting_side(unsigned number, void *context)
{
    struct parting *parting = context;
    for (unsigned i = 0; i < PARTINGS; i++) {
        parting->arrived[i]++;
        while (parting->arrived[i] < 2)
            thread_yield();
        file_put(parting->ends[i][number]);
    }
}

KTEST(pipe, loses_both_ends_at_once)
{
    static struct parting parting;
    memset(&parting, 0, sizeof(parting));
    for (unsigned i = 0; i < PARTINGS; i++)
        KTEST_EXPECT(pipe_create(&parting.ends[i][0], &parting.ends[i][1], 0) == 0);
    crew_run(2, parting_side, &parting);
}
