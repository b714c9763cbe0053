/* Preloaded into the processes of a suite under test: a wall clock that is set, a disk that is slow, a folder that
 * refuses, a loop that hangs. What it does stands in a file that all of them map, so that it changes while they run.
 * See shim.py, which writes that file; both know its layout. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define NS 1000000000LL

struct orders {
    volatile int64_t version;      /* odd while the clock's orders are being written */
    volatile int64_t anchor_ns;    /* at this true time ... */
    volatile int64_t shown_ns;     /* ... the clock shows this, ... */
    volatile int64_t rate;         /* ... and runs so many times as fast; 0: the true clock */
    volatile int64_t sync_us;      /* what a sync of a file of `slow` takes longer */
    volatile int64_t write_us;     /* and a write */
    volatile int64_t refusal;      /* the errno of opening a file of `refused` for writing, and of writing it; 0: none */
    volatile int64_t hanging;      /* while 1, whoever gets SIGUSR2 hangs */
    char slow[512];
    char refused[512];
};

static struct orders none, *orders = &none;
static int (*real_clock)(clockid_t, struct timespec *);

static void *next(const char *name) { return dlsym(RTLD_NEXT, name); }

static void hang(int number) {
    struct timespec moment = {0, 20000000};
    (void)number;
    while (orders->hanging) nanosleep(&moment, NULL);
}

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("RESTRIKE_TROUBLE");
    struct sigaction action = {.sa_handler = hang, .sa_flags = SA_RESTART};
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    real_clock = next("clock_gettime");
    if (fd < 0) return;
    void *found = mmap(NULL, sizeof(struct orders), PROT_READ, MAP_SHARED, fd, 0);
    if (found != MAP_FAILED) orders = found;
    close(fd);
    sigaction(SIGUSR2, &action, NULL);
}

/* The clock: only the wall clock, as a clock that is set. */

static int shown(struct timespec *at) {
    if (!real_clock) real_clock = next("clock_gettime");
    int result = real_clock(CLOCK_REALTIME, at);
    int64_t version, rate, now;
    do {
        version = orders->version;
        rate = orders->rate;
        now = orders->shown_ns + (at->tv_sec * NS + at->tv_nsec - orders->anchor_ns) * rate;
    } while ((version & 1) || version != orders->version);
    if (rate) {
        at->tv_sec = now / NS;
        at->tv_nsec = now % NS;
    }
    return result;
}

int clock_gettime(clockid_t clock, struct timespec *at) {
    if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) return shown(at);
    if (!real_clock) real_clock = next("clock_gettime");
    return real_clock(clock, at);
}

int gettimeofday(struct timeval *at, void *zone) {
    struct timespec now;
    (void)zone;
    shown(&now);
    at->tv_sec = now.tv_sec;
    at->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *at) {
    struct timespec now;
    shown(&now);
    if (at) *at = now.tv_sec;
    return now.tv_sec;
}

/* The disk. */

static int lies_in(const char *path, const volatile char *folder) {
    size_t length = strlen((const char *)folder);
    return length && !strncmp(path, (const char *)folder, length) && (path[length] == '/' || !path[length]);
}

static int file_lies_in(int fd, const volatile char *folder) {
    char link[32], path[1024];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return lies_in(path, folder);
}

static void delay(int fd, int64_t us) {
    if (us <= 0 || !file_lies_in(fd, orders->slow)) return;
    struct timespec pause = {us / 1000000, us % 1000000 * 1000};
    nanosleep(&pause, NULL);
}

static int refuses_file(int fd) {
    if (!orders->refusal || !file_lies_in(fd, orders->refused)) return 0;
    errno = (int)orders->refusal;
    return 1;
}

static int refuses(const char *path, int flags) {
    if (!orders->refusal || !(flags & (O_WRONLY | O_RDWR | O_CREAT)) || !lies_in(path, orders->refused)) return 0;
    errno = (int)orders->refusal;
    return 1;
}

#define SYNC(name)                                    \
    int name(int fd) {                                \
        static int (*real)(int);                      \
        if (!real) real = next(#name);                \
        delay(fd, orders->sync_us);                   \
        return real(fd);                              \
    }
SYNC(fsync)
SYNC(fdatasync)

#define PWRITE(name, offset_type)                                                 \
    ssize_t name(int fd, const void *data, size_t size, offset_type at) {         \
        static ssize_t (*real)(int, const void *, size_t, offset_type);           \
        if (!real) real = next(#name);                                            \
        if (refuses_file(fd)) return -1;                                          \
        delay(fd, orders->write_us);                                              \
        return real(fd, data, size, at);                                          \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t write(int fd, const void *data, size_t size) {
    static ssize_t (*real)(int, const void *, size_t);
    if (!real) real = next("write");
    if (refuses_file(fd)) return -1;
    delay(fd, orders->write_us);
    return real(fd, data, size);
}

#define OPEN(name)                                                   \
    int name(const char *path, int flags, ...) {                     \
        static int (*real)(const char *, int, ...);                  \
        va_list rest;                                                \
        va_start(rest, flags);                                       \
        int mode = va_arg(rest, int);                                \
        va_end(rest);                                                \
        if (!real) real = next(#name);                               \
        return refuses(path, flags) ? -1 : real(path, flags, mode);  \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                              \
    int name(int folder, const char *path, int flags, ...) {                      \
        static int (*real)(int, const char *, int, ...);                          \
        va_list rest;                                                             \
        va_start(rest, flags);                                                    \
        int mode = va_arg(rest, int);                                             \
        va_end(rest);                                                             \
        if (!real) real = next(#name);                                            \
        return refuses(path, flags) ? -1 : real(folder, path, flags, mode);       \
    }
OPENAT(openat)
OPENAT(openat64)
