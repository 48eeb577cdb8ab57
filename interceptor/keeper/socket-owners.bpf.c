/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Notes which process connects a socket, or sends from one that is not connected, and which port a
 * UDP socket had that is closed: cgroup programs of bpf(2), run by the kernel within connect(2),
 * sendto(2) and close(2). They allow everything and change nothing; what they note is
 * common/socket-owner-table.h. */
#include "common/socket-owner-table.h"

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

/* The few fields of kernel structs that are read; libbpf finds where they stand in the running
 * kernel by its BTF. */
#define KERNEL_STRUCT __attribute__((preserve_access_index))
struct super_block {
  portreeve_u32 s_dev;
} KERNEL_STRUCT;
struct inode {
  unsigned long i_ino;
  portreeve_u32 i_generation;
  struct super_block *i_sb;
} KERNEL_STRUCT;
struct file {
  struct inode *f_inode;
} KERNEL_STRUCT;
struct mm_struct {
  unsigned long arg_start;
  struct file *exe_file;
} KERNEL_STRUCT;
struct task_struct {
  int tgid;
  struct task_struct *group_leader;
  portreeve_u64 start_boottime;
  struct mm_struct *mm;
} KERNEL_STRUCT;

typedef struct {
  portreeve_u32 val;
} kuid_t;
struct sock_common {
  unsigned short skc_num;
} KERNEL_STRUCT;
struct sock {
  struct sock_common __sk_common;
  kuid_t sk_uid;
} KERNEL_STRUCT;

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, PORTREEVE_SOCKET_SLOTS);
  __type(key, portreeve_u32);
  __type(value, struct portreeve_socket_owner);
} socket_owners SEC(".maps");

enum { ALLOW = 1, PROTOCOL_UDP = 17 /* IANA number */ };

static __always_inline int note(struct bpf_sock_addr *context) {
  struct task_struct *task = (struct task_struct *)bpf_get_current_task_btf();
  struct mm_struct *mm = task->mm;
  portreeve_u64 cookie = bpf_get_socket_cookie(context);
  portreeve_u32 slot = cookie & (PORTREEVE_SOCKET_OWNERS - 1);
  struct portreeve_socket_owner *owner = bpf_map_lookup_elem(&socket_owners, &slot);
  if (!mm || !owner) return ALLOW; /* a kernel thread has no memory of its own */

  portreeve_u64 start = task->group_leader->start_boottime;
  portreeve_u64 arguments = mm->arg_start;
  struct inode *inode = mm->exe_file->f_inode;
  portreeve_u64 file = inode->i_ino;
  portreeve_u32 pid = task->tgid;
  /* A program that sends from one socket over and over. */
  if (owner->cookie == cookie && owner->pid == pid && owner->start == start &&
      owner->argStart == arguments && owner->fileInode == file)
    return ALLOW;

  portreeve_u64 sequence = owner->sequence;
  if (sequence & 1) return ALLOW; /* another CPU is writing: its socket takes the slot over */
  if (!__sync_bool_compare_and_swap(&owner->sequence, sequence, sequence + 1)) return ALLOW;
  owner->cookie = cookie;
  owner->start = start;
  owner->argStart = arguments;
  owner->fileInode = file;
  owner->pid = pid;
  owner->fileGeneration = inode->i_generation;
  owner->fileDevice = inode->i_sb->s_dev;
  __sync_fetch_and_add(&owner->sequence, 1);
  return ALLOW;
}

SEC("cgroup/connect4")
int connect4(struct bpf_sock_addr *context) { return note(context); }

SEC("cgroup/connect6")
int connect6(struct bpf_sock_addr *context) { return note(context); }

SEC("cgroup/sendmsg4")
int sendmsg4(struct bpf_sock_addr *context) { return note(context); }

SEC("cgroup/sendmsg6")
int sendmsg6(struct bpf_sock_addr *context) { return note(context); }

/* Whoever sends once and exits has closed its socket before anybody can ask for it. Its memory is
 * gone by now as well: who it was stands in the slot of the cookie. */
SEC("cgroup/sock_release")
int closed(struct bpf_sock *context) {
  struct sock *socket = (struct sock *)context;
  unsigned short port = 0;
  kuid_t uid = {};
  /* A port of TCP is many sockets' at once: the last that was closed says nothing of a packet. */
  if (context->protocol != PROTOCOL_UDP) return ALLOW;
  bpf_probe_read_kernel(&port, sizeof port, &socket->__sk_common.skc_num);
  if (!port) return ALLOW;
  portreeve_u64 cookie = bpf_get_socket_cookie(context);
  portreeve_u32 slot = cookie & (PORTREEVE_SOCKET_OWNERS - 1);
  struct portreeve_socket_owner *owner = bpf_map_lookup_elem(&socket_owners, &slot);
  if (!owner || owner->cookie != cookie) return ALLOW; /* it has sent nothing that matters */

  slot = PORTREEVE_SOCKET_OWNERS + port;
  struct portreeve_closed_socket *note = bpf_map_lookup_elem(&socket_owners, &slot);
  if (!note) return ALLOW;
  bpf_probe_read_kernel(&uid, sizeof uid, &socket->sk_uid);
  portreeve_u64 sequence = note->sequence;
  if (sequence & 1) return ALLOW;
  if (!__sync_bool_compare_and_swap(&note->sequence, sequence, sequence + 1)) return ALLOW;
  if (note->cookie != cookie) note->beforeAt = note->closedAt;
  note->cookie = cookie;
  note->netns = bpf_get_netns_cookie(context);
  note->closedAt = bpf_ktime_get_ns();
  note->uid = uid.val;
  note->port = port;
  note->protocol = context->protocol;
  note->family = context->family;
  __sync_fetch_and_add(&note->sequence, 1);
  return ALLOW;
}

char programLicense[] SEC("license") = "GPL";
