/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table in which the kernel notes who uses a socket: written by BPF programs that the keeper
 * loads (interceptor/keeper/socket-owners.bpf.c), mapped read-only by the attributor. In C, since
 * both sides read it. Native byte order: it never leaves the machine.
 *
 * Each socket has one slot, by its cookie; one that comes later takes it over. So a slot holds what
 * was noted last, and whoever reads compares the cookie. `sequence` is odd while a slot is being
 * written, and another number after each writing (a seqlock). */
#pragma once

#ifdef __bpf__
typedef unsigned long long portreeve_u64;
typedef unsigned int portreeve_u32;
#else
#include <stdint.h>
typedef uint64_t portreeve_u64;
typedef uint32_t portreeve_u32;
#endif

struct portreeve_socket_owner {
  portreeve_u64 sequence;
  portreeve_u64 cookie; /* SO_COOKIE; 0: nothing was noted here yet */
  portreeve_u64
      start; /* CLOCK_BOOTTIME, ns, of the process's start: field 22 of proc_pid_stat(5) */
  portreeve_u64 argStart;  /* address of its arguments, field 48: another after an exec */
  portreeve_u64 fileInode; /* inode number of its executable, */
  portreeve_u32 pid;       /* of the process (thread group), as the initial pid namespace counts */
  portreeve_u32 fileGeneration; /* i_generation: tells files apart that had one inode number after
                                   the other; 0 where the file system has none */
  portreeve_u32 fileDevice;     /* s_dev as the kernel has it: major << 20 | minor */
  portreeve_u32 reserved;
  portreeve_u64 padding; /* one cache line a slot */
};

/* The second half of the table: which UDP socket was closed last that had a port, so that a packet
 * which outlives its socket still leads to the cookie, and by that to the slot above. */
struct portreeve_closed_socket {
  portreeve_u64 sequence;
  portreeve_u64 cookie;
  portreeve_u64 netns;    /* SO_NETNS_COOKIE */
  portreeve_u64 closedAt; /* CLOCK_MONOTONIC, ns */
  portreeve_u32 uid;      /* of the socket */
  portreeve_u32 port;     /* its own, host byte order */
  portreeve_u32 protocol; /* IANA number */
  portreeve_u32 family;   /* AF_INET or AF_INET6 */
  portreeve_u64 beforeAt; /* closedAt of another socket that had the port before; 0: none */
  portreeve_u64 padding;
};

enum {
  PORTREEVE_SOCKET_OWNERS = 65536,  /* slots by cookie, a power of two: 4 MiB, */
  PORTREEVE_CLOSED_SOCKETS = 65536, /* and behind them as many by port */
  PORTREEVE_SOCKET_SLOTS = PORTREEVE_SOCKET_OWNERS + PORTREEVE_CLOSED_SOCKETS
};
