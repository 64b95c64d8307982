/*
 * tpm PROGRAM ARGUMENTS...: runs QEMU, in this process, with a trusted platform module that refuses everything behind descriptor 9.
 *
 * Debian's OVMF looks for such a module in every boot. Where there is none, QEMU reads as 0 and not as all ones, so the firmware
 * takes it for one that is slow, and asks the clock a million times until 1.6 seconds have passed: half of the processor time of a
 * boot. A module that is there and answers TPM_RC_FAILURE is left alone at once. The kernel does not look for one.
 *
 *     QEMU, tpm-tis --- -tpmdev emulator --- descriptor 9 --- this program's child: control channel, SCM_RIGHTS: data channel
 *
 * The child ends when QEMU does: then its end of the channel reads as ended. Sources: the protocol of QEMU's emulator back end
 * (docs/specs/tpm.rst, "swtpm control channel" in swtpm_ioctls(3)); TCG TPM 2.0 Library, part 2, 6.6.3 and part 3, 5.2 (responses).
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CHANNEL = 9, DESCRIPTORS = 1024, LONGEST = 4096, HEADER = 10 };

/* Commands of the control channel whose answer is not one word. */
enum { GET_CAPABILITY = 1, GET_ESTABLISHED = 4, SET_DATA_DESCRIPTOR = 16, SET_BUFFER_SIZE = 17 };

enum {
    CAPABILITIES = 0x3fff, /* everything up to the size of the buffer */
    TAG_SESSIONS_1 = 0xc1, /* commands of TPM 1.2 have tags from here */
    TAG_RESPONSE_1 = 0xc4,
    TAG_RESPONSE_2 = 0x8001,
    FAILURE_1 = 9,
    FAILURE_2 = 0x101,
};

/* Reads one message, and the descriptor that comes with it into *passed. Returns its length, 0 or less when QEMU is gone. */
static ssize_t receive(void *message, size_t size, int *passed)
{
    char beside[CMSG_SPACE(sizeof(int))];
    struct iovec vector = {.iov_base = message, .iov_len = size};
    struct msghdr header = {
        .msg_iov = &vector, .msg_iovlen = 1, .msg_control = beside, .msg_controllen = sizeof(beside)};
    ssize_t got = recvmsg(CHANNEL, &header, 0);
    struct cmsghdr *first = got > 0 ? CMSG_FIRSTHDR(&header) : NULL;
    if (first != NULL && first->cmsg_type == SCM_RIGHTS)
        memcpy(passed, CMSG_DATA(first), sizeof(*passed));
    return got;
}

static bool failure_send(int data, unsigned tag, unsigned code)
{
    uint16_t header = htons((uint16_t)tag);
    uint32_t words[2] = {htonl(HEADER), htonl(code)};
    uint8_t response[HEADER];
    memcpy(response, &header, 2);
    memcpy(response + 2, words, 8);
    return send(data, response, sizeof(response), MSG_NOSIGNAL) == (ssize_t)sizeof(response);
}

/* Answers one command of the control channel: everything has succeeded. Returns whether QEMU is still there. */
static bool agree(int *data)
{
    uint32_t request[LONGEST / 4] = {0};
    ssize_t got = receive(request, sizeof(request), data);
    if (got < 4)
        return false;

    uint32_t answer[4] = {0};
    size_t size = 4;
    switch (ntohl(request[0])) {
    case GET_CAPABILITY:
        answer[1] = htonl(CAPABILITIES); /* the low half of a 64-bit number */
        size = 8;
        break;
    case GET_ESTABLISHED:
        size = 8;
        break;
    case SET_DATA_DESCRIPTOR: /* QEMU asks at once which version this is, and waits a second only: the answer is there first */
        if (!failure_send(*data, TAG_RESPONSE_2, FAILURE_2))
            return false;
        break;
    case SET_BUFFER_SIZE:
        answer[1] = answer[2] = answer[3] = htonl(LONGEST);
        size = 16;
        break;
    }
    return send(CHANNEL, answer, size, MSG_NOSIGNAL) == (ssize_t)size;
}

/* Reads one command for the module, whose length stands behind its tag. Returns the tag, or 0 when QEMU is gone. */
static unsigned command_receive(int data)
{
    uint8_t command[LONGEST];
    if (recv(data, command, HEADER, MSG_WAITALL) != HEADER)
        return 0;
    unsigned tag = (unsigned)command[0] << 8 | command[1];
    uint32_t length;
    memcpy(&length, command + 2, sizeof(length));
    ssize_t rest = (ssize_t)ntohl(length) - HEADER;
    if (rest < 0 || rest > LONGEST || (rest > 0 && recv(data, command, (size_t)rest, MSG_WAITALL) != rest))
        return 0;
    return tag;
}

/* Refuses one command for the module. Returns whether QEMU is still there. */
static bool refuse(int data)
{
    static bool first = true; /* it has its answer: agree() */
    unsigned tag = command_receive(data);
    if (tag == 0)
        return false;
    if (first) {
        first = false;
        return true;
    }
    return tag >= TAG_SESSIONS_1 && tag < TAG_RESPONSE_1 ? failure_send(data, TAG_RESPONSE_1, FAILURE_1)
                                                         : failure_send(data, TAG_RESPONSE_2, FAILURE_2);
}

static void serve(void)
{
    int data = -1;
    for (;;) {
        struct pollfd both[2] = {{.fd = CHANNEL, .events = POLLIN}, {.fd = data, .events = POLLIN}};
        if (poll(both, 2, -1) < 0)
            continue;
        if (both[0].revents != 0 && !agree(&data))
            return;
        if (both[1].revents != 0 && !refuse(data))
            return;
    }
}

int main(int count, char **arguments)
{
    int ends[2];
    if (count < 2 || socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        return 125;
    pid_t child = fork();
    if (child == 0) {
        /* Nothing else of the caller's, whose pipes end only when nobody holds them; and no signal meant for QEMU. */
        dup2(ends[1], CHANNEL);
        for (int descriptor = 0; descriptor < DESCRIPTORS; descriptor++)
            if (descriptor != CHANNEL)
                close(descriptor);
        signal(SIGINT, SIG_IGN);
        signal(SIGTERM, SIG_IGN);
        serve();
        _exit(0);
    }
    close(ends[1]);
    if (ends[0] != CHANNEL) {
        dup2(ends[0], CHANNEL);
        close(ends[0]);
    }
    execvp(arguments[1], arguments + 1);
    perror(arguments[1]);
    return 127;
}
