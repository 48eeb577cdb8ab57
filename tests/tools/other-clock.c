/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A wall clock that is wrong, for one program (LD_PRELOAD): a network namespace has none of its own.
   OTHER_CLOCK           what it says when the program starts, in seconds since 1970
   OTHER_CLOCK_UPTIME    how long the machine has been up then, in seconds; not set: as it is
   OTHER_CLOCK_RIGHT     a file of one octet: "0" while the clock is wrong. Mapped at the start,
                         before any sandbox. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static int (*real)(clockid_t, struct timespec*);
static long ahead, up;
static const volatile char* right;

__attribute__((constructor)) static void start(void) {
  struct timespec now;
  *(void**)&real = dlsym(RTLD_NEXT, "clock_gettime"); /* as dlsym(3) has it */
  const char* says = getenv("OTHER_CLOCK");
  const char* uptime = getenv("OTHER_CLOCK_UPTIME");
  const char* file = getenv("OTHER_CLOCK_RIGHT");
  if (says != NULL) {
    real(CLOCK_REALTIME, &now);
    ahead = atol(says) - now.tv_sec;
  }
  if (uptime != NULL) {
    real(CLOCK_BOOTTIME, &now);
    up = atol(uptime) - now.tv_sec;
  }
  if (file != NULL) {
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    void* at = fd < 0 ? MAP_FAILED : mmap(NULL, 1, PROT_READ, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED) abort();
    right = at;
    close(fd);
  }
}

int clock_gettime(clockid_t clock, struct timespec* result) {
  if (real == NULL) start();
  int failed = real(clock, result);
  if (failed != 0) return failed;
  if (clock == CLOCK_REALTIME && (right == NULL || *right == '0')) result->tv_sec += ahead;
  if (clock == CLOCK_BOOTTIME) result->tv_sec += up;
  return 0;
}

time_t time(time_t* result) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (result != NULL) *result = now.tv_sec;
  return now.tv_sec;
}

int gettimeofday(struct timeval* restrict result, void* restrict zone) {
  struct timespec now;
  (void)zone;
  clock_gettime(CLOCK_REALTIME, &now);
  result->tv_sec = now.tv_sec;
  result->tv_usec = now.tv_nsec / 1000;
  return 0;
}
