@0xa85e351af528f152;
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Values shared by every process of the suite: what a flow is, who is behind it, and what may be
# said about it. No interface lives here. Ordinals are never reused; enums only grow at the end,
# and a reader meets an enumerant it does not know as its number.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("portreeve::proto");

enum Family { ipv4 @0; ipv6 @1; }

enum Hook {
  # Where netfilter met the packet (reference: mangle C170 and C171). Forward comes later.
  output @0;
  input @1;
}

enum Direction { out @0; in @1; }

enum Verdict {
  # The reference's marks. The `…Once` ones judge this packet alone.
  none @0;
  acceptOnce @1;    # 1700
  blockOnce @2;     # 1701
  dropOnce @3;      # 1702
  accept @4;        # 1710
  block @5;         # 1711
  drop @6;          # 1712
  gate17 @7;        # 1717
  nameserver @8;    # 1799
  ask @9;
  # A person is asked. In a Settlement: the packet goes on waiting, its time-out begins anew.
}

struct Address {
  # 128 bits, most significant half first; IPv4 as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2). Both numbers
  # are plain values: the first byte on the wire is the most significant byte of `upper`.
  upper @0 :UInt64;
  lower @1 :UInt64;
}

struct Tuple {
  # A five-tuple as in the packet that was seen (for conntrack: its original direction).
  # The addresses are spelled out so that a tuple is one fixed-size piece without pointers.
  family @0 :Family;
  protocol @1 :UInt8;      # IANA number: 1 ICMP, 6 TCP, 17 UDP, 58 ICMPv6, …
  sourceUpper @2 :UInt64;
  sourceLower @3 :UInt64;
  destinationUpper @4 :UInt64;
  destinationLower @5 :UInt64;
  sourcePort @6 :UInt16;       # host byte order; ICMP: the echo identifier, else 0
  destinationPort @7 :UInt16;  # host byte order; ICMP: type * 256 + code
}

enum ProcessKind {
  program @0;       # a process whose running file is the host's file of that path
  replaced @1;      # its file was replaced or deleted since it started (an update)
  foreignRoot @2;   # its file is not the host's file of that path: another mount namespace
  kernel @3;        # the kernel itself (ICMP answers, TCP resets, tunnels)
  noSocket @4;      # an arriving packet that no socket waits for
  unknown @5;       # not found; `reason` says why
}

enum Method {
  # How the process was found: first the socket, then its holder.
  none @0;
  sockDiag @1;      # exact sock_diag answer, then the process's descriptors
  listener @2;      # sock_diag answered with the listening socket
  procNet @3;       # /proc/net, where sock_diag does not know the protocol
  cache @4;         # a socket whose holder was found a moment ago
  packetUid @5;     # only the packet's uid is known
  bpf @6;           # exact sock_diag answer, then what the kernel noted when the socket was connected or sent from
}

enum Confidence { none @0; shared @1; certain @2; }
# shared: one of several holders or of an SO_REUSEPORT group.

struct Ancestor {
  pid @0 :Int32;
  path @1 :Text;
}

struct Process {
  # Who is behind a flow. A process is (pid, startTicks); both 0 where there is none.
  pid @0 :Int32;
  startTicks @1 :UInt64;    # clock ticks after boot, field 22 of /proc/PID/stat (proc(5))
  kind @2 :ProcessKind;
  method @3 :Method;
  confidence @4 :Confidence;
  path @5 :Text;            # as the host sees it; without " (deleted)"
  name @6 :Text;            # comm
  commandLine @7 :Text;     # arguments joined by blanks, at most 1024 bytes
  uid @8 :UInt32;           # of the socket's maker; 4294967295 where unknown
  gid @9 :UInt32;
  unit @10 :Text;           # systemd unit of the cgroup path, or empty
  cgroup @11 :Text;         # path in the (v2, else systemd) hierarchy
  parents @12 :List(Ancestor);   # nearest first, at most 16
  fileDevice @13 :UInt64;   # st_dev and st_ino of the running file
  fileInode @14 :UInt64;
  socketInode @15 :UInt64;
  reason @16 :Text;         # for unknown, noSocket and foreignRoot: why, in words
  instance @17 :UInt64;     # differs for each (pid, start, exec): names belong to an instance
  askAgain @18 :Bool;       # for unknown: it could not be looked up just now (overload, the reader is away or silent)
  fingerprint @19 :UInt64;  # of all that is said of the instance: another one says something new
  brief @20 :Bool;          # on the ring: that was sent before, with this instance and fingerprint. Left
                            # out are all texts but `reason`, and lists
  workingDirectory @21 :Text;   # it, appImage and script are left out where longer than 1024 bytes
  session @22 :Text;        # of logind, as the cgroup path names it ("3", "c1")
  slice @23 :Text;          # the innermost systemd slice of the cgroup path; "-.slice" for none below the root
  container @24 :Text;      # its id or name
  containerRuntime @25 :Text;   # docker, podman, containerd, cri-o, lxc, nspawn, buildah, …
  pod @26 :Text;            # uid of the Kubernetes pod
  flatpak @27 :Text;        # application id, "org.mozilla.firefox"
  snap @28 :Text;           # name, "firefox"
  appImage @29 :Text;       # path of the AppImage file; only its name where the process does not tell
  script @30 :Text;         # what the interpreter runs: absolute where it can be told, "-c", "-m module"
  stablePath @31 :Text;     # `path` with what each version changes written as "*": a pattern for rules
  sha256 @32 :Text;         # of the running file, 64 hexadecimal digits
  package @33 :Text;        # Debian package that owns `path`, with its architecture where dpkg says it
  examined @34 :Bool;       # sha256 and package are as known as they will be
  examination @35 :Text;    # why there is no sha256, in words
  claimed @36 :List(Text);  # which of the above rest on the word of the process or its user alone, by
                            # their names in view.Program ("script", "container")
}
