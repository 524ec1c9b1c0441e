/* What one process does to the files below one folder: written down, and refused where a test says so.

   LD_PRELOAD=disk.so python ...     libc's calls ─► here ─► a line "number kind path [path]" in the log ─► libc
   disk_watch(...)                   from then on, in this process; called through ctypes after a fork

   Operations are counted from 1 in the order they come. One of the kinds in `mask` whose number is `fail_at` fails
   with `error`; later ones as well when `lasting` is set. After every fsync the contents are copied to
   SNAPSHOTS/number, which is what a power loss would leave of the file. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { CREATE = 1, WRITE = 2, MKDIR = 4, RENAME = 8, SYNC = 16, TRUNCATE = 32, REMOVE = 64 };
#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define LONG (2 * PATH_MAX + 64)

static char root[PATH_MAX], server[PATH_MAX], snapshots[PATH_MAX];
static int log_fd = -1, error_to_give, mask, lasting, first_came;
static long fail_at, count;

void disk_watch(const char *folder, const char *exempt, const char *log, const char *copies, long nth, int error,
                int kinds, int on_and_on) {
    snprintf(root, sizeof root, "%s/", folder);
    snprintf(server, sizeof server, "%s", exempt);
    snprintf(snapshots, sizeof snapshots, "%s", copies);
    fail_at = nth, error_to_give = error, mask = kinds, lasting = on_and_on, count = 0, first_came = 0;
    log_fd = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

/* Absolute path of `path` as seen from `dirfd`; 0 when it lies elsewhere than in the watched folder. */
static int inside(int dirfd, const char *path, char *out) {
    if (log_fd < 0 || !path) return 0;
    if (path[0] == '/') snprintf(out, PATH_MAX, "%s", path);
    else {
        char link[64], base[PATH_MAX];
        ssize_t got = -1;
        if (dirfd == AT_FDCWD) snprintf(link, sizeof link, "/proc/self/cwd");
        else snprintf(link, sizeof link, "/proc/self/fd/%d", dirfd);
        got = syscall(SYS_readlinkat, AT_FDCWD, link, base, sizeof base - 1);
        if (got < 0) return 0;
        base[got] = 0;
        if (snprintf(out, PATH_MAX, "%s/%s", base, path) >= PATH_MAX) return 0;
    }
    return strncmp(out, root, strlen(root)) == 0;
}

static int file_inside(int fd, char *out) {
    char link[64];
    if (log_fd < 0) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t got = syscall(SYS_readlinkat, AT_FDCWD, link, out, PATH_MAX - 1);
    if (got < 0) return 0;
    out[got] = 0;
    if (strcmp(out + (got > 10 ? got - 10 : 0), " (deleted)") == 0) return 0;
    return strncmp(out, root, strlen(root)) == 0 || (strncmp(out, root, strlen(out)) == 0 && strlen(out) + 1 == strlen(root));
}

static long number_of_next(void) { return __atomic_add_fetch(&count, 1, __ATOMIC_SEQ_CST); }

/* Whether this operation shall fail; the caller gives errno. */
static int refused(long number, int kind, const char *path) {
    if (!fail_at || !(mask & kind) || strncmp(path, server, strlen(server)) == 0) return 0;
    int now = first_came ? lasting : number >= fail_at;
    if (now && !error_to_give) kill(getpid(), SIGKILL);
    if (now) first_came = 1, errno = error_to_give;
    return now;
}

static void note(long number, const char *kind, const char *path, const char *other) {
    char line[LONG];
    int saved = errno;
    int long_ = snprintf(line, sizeof line, "%ld\t%s\t%s\t%s\n", number, kind, path, other);
    syscall(SYS_write, log_fd, line, long_);
    errno = saved;
}

static void keep(long number, const char *path) {
    char name[LONG], block[65536];
    struct stat found;
    int saved = errno;
    if (!snapshots[0] || stat(path, &found) || !S_ISREG(found.st_mode)) return;
    snprintf(name, sizeof name, "%s/%ld", snapshots, number);
    int from = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY), to = syscall(SYS_openat, AT_FDCWD, name, O_WRONLY | O_CREAT, 0644);
    ssize_t got;
    while ((got = syscall(SYS_read, from, block, sizeof block)) > 0) syscall(SYS_write, to, block, got);
    syscall(SYS_close, from), syscall(SYS_close, to);
    errno = saved;
}

/* open: only what makes or empties a file, or opens it for writing. */
static int opened(int dirfd, const char *path, int flags, mode_t mode, int (*call)(int, const char *, int, mode_t)) {
    char full[PATH_MAX];
    int writes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT);
    if (!writes || !inside(dirfd, path, full)) return call(dirfd, path, flags, mode);
    long number = number_of_next();
    struct stat found;
    int is_new = lstat(full, &found) != 0;
    if (refused(number, CREATE, full)) { note(number, "refused create", full, ""); return -1; }
    int fd = call(dirfd, path, flags, mode);
    note(number, fd < 0 ? "vain create" : is_new ? "create" : flags & O_TRUNC ? "empty" : "open", full, "");
    return fd;
}

static int real_openat(int dirfd, const char *path, int flags, mode_t mode) {
    return syscall(SYS_openat, dirfd, path, flags, mode);
}

static mode_t mode_of(int flags, va_list more) { return flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0; }

#define OPEN(name)                                                      \
    int name(const char *path, int flags, ...) {                        \
        va_list more;                                                   \
        va_start(more, flags);                                          \
        mode_t mode = mode_of(flags, more);                             \
        va_end(more);                                                   \
        return opened(AT_FDCWD, path, flags, mode, real_openat);        \
    }
#define OPENAT(name)                                                    \
    int name(int dirfd, const char *path, int flags, ...) {             \
        va_list more;                                                   \
        va_start(more, flags);                                          \
        mode_t mode = mode_of(flags, more);                             \
        va_end(more);                                                   \
        return opened(dirfd, path, flags, mode, real_openat);           \
    }
OPEN(open) OPEN(open64) OPENAT(openat) OPENAT(openat64)
int creat(const char *path, mode_t mode) { return opened(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode, real_openat); }

/* Calls on a file that is open: `bad` is what they give when they fail. */
#define ON_FILE(type, name, kind, word, bad, parameters, arguments)     \
    type name parameters {                                              \
        char full[PATH_MAX];                                            \
        if (!file_inside(fd, full)) return NEXT(name) arguments;        \
        long number = number_of_next();                                 \
        if (refused(number, kind, full)) {                              \
            note(number, "refused " word, full, "");                    \
            return bad;                                                 \
        }                                                               \
        type result = NEXT(name) arguments;                             \
        note(number, word, full, "");                                   \
        if (kind == SYNC) keep(number, full);                           \
        return result;                                                  \
    }
ON_FILE(ssize_t, write, WRITE, "write", -1, (int fd, const void *data, size_t n), (fd, data, n))
ON_FILE(ssize_t, pwrite, WRITE, "write", -1, (int fd, const void *data, size_t n, off_t at), (fd, data, n, at))
ON_FILE(ssize_t, pwrite64, WRITE, "write", -1, (int fd, const void *data, size_t n, off64_t at), (fd, data, n, at))
ON_FILE(ssize_t, writev, WRITE, "write", -1, (int fd, const struct iovec *parts, int n), (fd, parts, n))
ON_FILE(ssize_t, sendfile, WRITE, "write", -1, (int fd, int from, off_t *at, size_t n), (fd, from, at, n))
ON_FILE(ssize_t, sendfile64, WRITE, "write", -1, (int fd, int from, off64_t *at, size_t n), (fd, from, at, n))
ON_FILE(int, ftruncate, TRUNCATE, "truncate", -1, (int fd, off_t size), (fd, size))
ON_FILE(int, ftruncate64, TRUNCATE, "truncate", -1, (int fd, off64_t size), (fd, size))
ON_FILE(int, fsync, SYNC, "sync", -1, (int fd), (fd))
ON_FILE(int, fdatasync, SYNC, "sync", -1, (int fd), (fd))

size_t fwrite(const void *data, size_t size, size_t n, FILE *file) {
    char full[PATH_MAX];
    if (log_fd < 0 || !file_inside(fileno(file), full)) return NEXT(fwrite)(data, size, n, file);
    long number = number_of_next();
    if (refused(number, WRITE, full)) { note(number, "refused write", full, ""); return 0; }
    note(number, "write", full, "");
    return NEXT(fwrite)(data, size, n, file);
}

/* Calls on one name. */
#define ON_NAME(name, kind, word, dirfd, parameters, arguments)         \
    int name parameters {                                               \
        char full[PATH_MAX];                                            \
        if (!inside(dirfd, path, full)) return NEXT(name) arguments;    \
        long number = number_of_next();                                 \
        if (refused(number, kind, full)) {                              \
            note(number, "refused " word, full, "");                    \
            return -1;                                                  \
        }                                                               \
        int result = NEXT(name) arguments;                              \
        note(number, result ? "vain " word : word, full, "");           \
        return result;                                                  \
    }
ON_NAME(mkdir, MKDIR, "mkdir", AT_FDCWD, (const char *path, mode_t mode), (path, mode))
ON_NAME(mkdirat, MKDIR, "mkdir", fd, (int fd, const char *path, mode_t mode), (fd, path, mode))
ON_NAME(unlink, REMOVE, "remove", AT_FDCWD, (const char *path), (path))
ON_NAME(rmdir, REMOVE, "remove", AT_FDCWD, (const char *path), (path))
ON_NAME(unlinkat, REMOVE, "remove", fd, (int fd, const char *path, int flags), (fd, path, flags))

/* Calls on two names. */
#define ON_NAMES(name, parameters, arguments, from_fd, to_fd)                                       \
    int name parameters {                                                                           \
        char full[PATH_MAX], target[PATH_MAX];                                                      \
        if (!inside(from_fd, from, full) | !inside(to_fd, to, target)) return NEXT(name) arguments; \
        long number = number_of_next();                                                             \
        if (refused(number, RENAME, full)) {                                                        \
            note(number, "refused rename", full, target);                                           \
            return -1;                                                                              \
        }                                                                                           \
        int result = NEXT(name) arguments;                                                          \
        note(number, result ? "vain rename" : "rename", full, target);                              \
        return result;                                                                              \
    }
ON_NAMES(rename, (const char *from, const char *to), (from, to), AT_FDCWD, AT_FDCWD)
ON_NAMES(renameat, (int a, const char *from, int b, const char *to), (a, from, b, to), a, b)
