@0xe343848817ef1b08;
# SPDX-License-Identifier: GPL-3.0-or-later
#
# portreeve-reader (own uid, CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH, seccomp without Landlock,
# which would forbid what it must do) on reader.sock, SOCK_SEQPACKET. It looks at other processes' /proc entries for the attributor and hands
# over the bytes unread. No RPC: one datagram is one flat Cap'n Proto message, a Question is at most
# 512 bytes and has no pointers, each gets one Answer in order. Who may ask: the attributor's uid and root. A question that does
# not decode closes the connection.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("portreeve::proto");

const readerAnswerBytes :UInt32 = 32768;

struct Question {
  kind @0 :Kind;
  enum Kind {
    owner @0;      # who holds socket `inode`? Order: hintPid (hintFd first), pids newer than newerThan, processes of `uid`, all
    describe @1;   # everything the attributor needs to know of `pid`
    binary @2;     # a read-only descriptor of /proc/pid/exe (SCM_RIGHTS with the answer)
    procNet @3;    # raw text of one of /proc/net/{icmp,icmp6,raw,raw6,udplite,udplite6}, by `table`
    status @4;     # the reader's own
  }
  inode @1 :UInt64;
  pid @2 :Int32;
  hintPid @3 :Int32;      # 0: none
  hintFd @4 :Int32;       # -1: none
  uid @5 :UInt32;         # 4294967295: any
  newerThan @6 :Int32;    # pids above this one were born since the asker's last look; 0: unknown
  table @7 :UInt8;        # index into the list above
}

struct Answer {
  error @0 :Int32;        # errno; 0 good; ENOENT nobody holds it; ESRCH gone; ETIME looked for too long
  pid @1 :Int32;
  fd @2 :Int32;
  startTicks @3 :UInt64;  # of `pid`; with argStart it tells one exec from the next
  argStart @4 :UInt64;
  fileDevice @5 :UInt64;  # of /proc/pid/exe
  fileInode @6 :UInt64;
  hostDevice @7 :UInt64;  # of the host's file at the path that exe names; 0 where there is none
  hostInode @8 :UInt64;
  newestPid @9 :Int32;    # the newest pid at the time
  step @10 :UInt8;        # owner: 0 hint, 1 newer, 2 same uid, 3 all
  exe @11 :Data;          # link text, " (deleted)" included
  stat @12 :Data;         # raw /proc/pid/stat
  commandLine @13 :Data;  # raw, at most 4096 bytes
  cgroup @14 :Data;       # raw, at most 4096 bytes
  status @15 :Data;       # raw /proc/pid/status (procNet: the table's text; status: empty)
  counters @16 :List(UInt64);   # status: questions, not entitled, owners found, owners not found
}
