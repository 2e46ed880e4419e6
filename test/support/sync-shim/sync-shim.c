/*
 * Preloaded before libc: fsync(2) and fdatasync(2) of the files below SYNC_SHIM_UNDER do what the file SYNC_SHIM_ORDERS says
 * at that moment: "fail" fails with EIO and syncs nothing, a number waits so many milliseconds first, nothing is no change.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int is_ours(int fd) {
  const char *under = getenv("SYNC_SHIM_UNDER");
  char link[64], path[PATH_MAX];
  if (under == NULL) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return strncmp(path, under, strlen(under)) == 0;
}

static int must_fail(int fd) {
  const char *file = getenv("SYNC_SHIM_ORDERS");
  char orders[32];
  if (file == NULL || !is_ours(fd)) return 0;
  int from = open(file, O_RDONLY | O_CLOEXEC);
  if (from < 0) return 0;
  ssize_t length = read(from, orders, sizeof orders - 1);
  close(from);
  orders[length < 0 ? 0 : length] = 0;
  if (strncmp(orders, "fail", 4) == 0) return 1;
  long ms = atol(orders);
  if (ms > 0) nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
  return 0;
}

static int sync_as_ordered(const char *name, int fd) {
  if (must_fail(fd)) {
    errno = EIO;
    return -1;
  }
  return ((int (*)(int))dlsym(RTLD_NEXT, name))(fd);
}

int fsync(int fd) { return sync_as_ordered("fsync", fd); }

int fdatasync(int fd) { return sync_as_ordered("fdatasync", fd); }
