@0xe343848817ef1b08;
# SPDX-License-Identifier: GPL-3.0-or-later
#
# portreeve-reader (own uid, CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH, seccomp without Landlock,
# which would forbid what it must do) on reader.sock, SOCK_SEQPACKET. It looks at other processes'
# /proc entries for the attributor and hands over the bytes unread: it makes sense of nothing but
# what the kernel itself wrote (pids, descriptor numbers, "socket:[N]", the numbers of `stat` behind
# the last ')').
#
# No RPC: one datagram is one flat Cap'n Proto message. A Question is at most 512 bytes and has no
# pointers; each gets one Answer, in order. Questions may be sent ahead. Who may ask: the
# attributor's uid and root, eight connections in all. A question that does not decode closes the
# connection; so does a peer that takes no answer for a second. The reader keeps nothing that a
# restart loses but caches: on disconnect just connect again.
#
# An answer takes 20 µs where the hint is right, 0.3 s at the most. The asker waits as long as it
# likes and then closes: a late answer would be taken for the next one's. A reader that the kernel
# holds for 2 s ends itself.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("portreeve::proto::reader");

const readerAnswerBytes :UInt32 = 32768;

struct Question {
  kind @0 :Kind;
  enum Kind {
    owner @0;      # who holds socket `inode`?
    describe @1;   # everything the attributor needs to know of `pid`
    binary @2;     # a read-only descriptor of /proc/pid/exe (SCM_RIGHTS with the answer)
    procNet @3;    # raw text of one of /proc/net/{icmp,icmp6,raw,raw6,udplite,udplite6,tcp,tcp6,udp,udp6}
    status @4;     # the reader's own
  }
  inode @1 :UInt64;
  pid @2 :Int32;
  hintPid @3 :Int32;      # 0: none
  hintFd @4 :Int32;       # -1: none
  uid @5 :UInt32;         # of the socket; 4294967295: any
  newerThan @6 :Int32;    # pids above this one were born since the asker's last look; 0: unknown
  table @7 :UInt8;        # index into the list above; of the reader's own network namespace
  listens @8 :Bool;       # owner: the socket is a listener, which is handed on from process to process
}

# owner looks, in this order, and newest first wherever there are several:
#   1. at hintPid's hintFd (step 0)
#   2. where an earlier look passed the socket (step 4)
#   3. at hintPid's descriptors beside hintFd, and its highest (step 0)
#   4. at processes born since newerThan or in the last seconds, at most 512 pids back and 64
#      descriptors each: those of `uid`, and root's (step 1)
#   5. at those that were found to hold a socket of `uid` lately: beside the last, and highest (step 2)
#   6. at all descriptors of hintPid (step 0), then of all processes of `uid` (step 2), then of all
#      (step 3); no more than 4096 of one process before the others had their turn
# It gives up after 5 ms for 3 to 5 and 250 ms for 6. What 6 takes is counted by uid: each has 500 ms
# and gets back 60 ms a second (users share eight such accounts), so that nobody's half a million
# descriptors stop all others. Who has used it up gets ETIME, or what 1 to 5 find.
#
# Of a holder that was born since newerThan the asker knows nothing: the answer then has all that
# describe would have, so that a new program costs one exchange.
#
# Several processes may hold one socket. The hint is taken while it still holds it, else the newest
# process. Of a listener, a child that has it under another number than its parent is taken in the
# parent's place: it was given to it (socket activation, inetd). Under the same number it was just
# inherited: then the parent stays, and is said to share it.

struct Answer {
  error @0 :Int32;
  # errno; 0 good. owner: EINVAL no inode, ENOENT nobody holds it (any more), ETIME looked for too
  # long. describe, binary: ESRCH gone, EAGAIN it runs one program after the other. binary: ENOENT a
  # kernel thread, EACCES not for the reader (another user's FUSE) or no regular file, ETIME its file
  # system does not answer, EBUSY others' do not already. procNet: EINVAL, ENOENT no such table in
  # this kernel. ENOSYS: a kind that this build does not know.

  pid @1 :Int32;
  fd @2 :Int32;           # owner; else -1
  startTicks @3 :UInt64;  # of `pid`; with argStart and the file it tells one exec from the next
  argStart @4 :UInt64;
  fileDevice @5 :UInt64;  # of /proc/pid/exe (owner, describe, binary); 0 where it cannot be asked
  fileInode @6 :UInt64;
  hostDevice @7 :UInt64;  # of the file at the path that exe names as pid 1 sees it, " (deleted)" taken
  hostInode @8 :UInt64;   # off, its last component not followed; 0 where there is none, it is below
                          # /proc, or its file system did not answer within 0.1 s
  newestPid @9 :Int32;    # the newest pid when the search began; 0 where 1 or 2 above found it
  step @10 :UInt8;        # owner: 0 hint, 1 newer, 2 same uid, 3 all, 4 an earlier look passed it
  exe @11 :Data;          # link text, " (deleted)" included; empty where it cannot be read
  stat @12 :Data;         # raw /proc/pid/stat, at most 1024 bytes
  commandLine @13 :Data;  # raw, at most 4096 bytes
  cgroup @14 :Data;       # raw, at most 4096 bytes
  table @15 :Data;        # procNet: the table's text
  counters @16 :List(UInt64);   # status: questions, not entitled, owners found, owners not found
  parents @17 :List(Parent);    # describe: nearest first, at most 16
  report @18 :Data;       # status: a flat message, view.ProcessStatus: what the reader says of itself
  truncated @19 :Bool;    # procNet: there is more than fits; the text ends where a line does
  shared @20 :Bool;       # owner: the parent holds the same socket under the same number (fork), as it
                          # was when the socket was first found. Of a listener: or a child does, or it
                          # was handed on by the parent just now
  mountNamespace @21 :UInt64;      # describe: inode of /proc/pid/ns/mnt; 0 where it cannot be read
  hostMountNamespace @22 :UInt64;  # describe: of /proc/1/ns/mnt; 0 likewise
  fileLinks @23 :UInt32;  # st_nlink of /proc/pid/exe (owner, describe): 0 is deleted
  fileBirth @24 :UInt64;  # describe: its birth (statx), ns since the Unix epoch; 0 where the file
                          # system does not know. Inode numbers are used again, births are not
  workingDirectory @25 :Data;      # describe: link text of cwd; empty where it cannot be read
  fileModified @26 :Int64;         # describe, binary: st_mtim and st_ctim, ns since the Unix epoch,
  fileChanged @27 :Int64;          # and st_size of the running file
  fileSize @28 :UInt64;
  fileMount @29 :UInt64;           # describe: id of the mount by which it was opened (statx); 0 unknown
  hostMount @30 :UInt64;           # describe, where exe says " (deleted)": of the nearest folder on the
                                   # way to it that there still is, as pid 1 sees it; 0 not known
  appImage @31 :Data;              # describe: the value of APPIMAGE in its environment, where its file
                                   # lies below a folder ".mount_…" and the value is a path
  uid @32 :UInt32 = 4294967295;    # describe: the effective ones; 4294967295 unknown
  gid @33 :UInt32 = 4294967295;
}

struct Parent {
  pid @0 :Int32;
  exe @1 :Data;           # as in Answer; empty where it cannot be read or is longer than 700 bytes
}
