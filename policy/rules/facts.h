// SPDX-License-Identifier: GPL-3.0-or-later
// What is known of one flow when it is judged. Plain values, filled by whoever asks (the daemon
// from a packet, `explain` from a question, a test from nothing), so that evaluation is a pure
// function.
//
// Strings are borrowed: they must outlive the call that evaluates. A loopback flow is judged twice,
// once as it leaves (process: the sender) and once as it arrives (process: the receiver, local and
// remote swapped); `stricter` in decision.h joins the two.
#pragma once

#include "common/address.h"

#include <kj/common.h>
#include <kj/string.h>

#include <cstdint>

namespace portreeve::rules {

enum class Direction : uint8_t { OUT, IN };

enum class ProcessKind : uint8_t { PROGRAM, REPLACED, FOREIGN_ROOT, KERNEL, NO_SOCKET, UNKNOWN };
// As in proto/flow.capnp, in the same order.

enum class NameSource : uint8_t { PROCESS, PROGRAM, USER, ANY };
// Who had asked for a name: this very process, another one of the same program and user, another
// one of the same user, anybody. The nearer, the smaller.

struct DomainFact {
  kj::StringPtr name;  // lower case, no trailing dot
  NameSource source = NameSource::PROCESS;
};

struct ProcessFacts {
  ProcessKind kind = ProcessKind::UNKNOWN;
  bool suite = false;  // a process of the suite itself, told by its uid; `kind` says the rest
  kj::StringPtr path;  // empty where unknown
  kj::StringPtr name;  // comm
  kj::StringPtr commandLine;  // arguments joined by blanks
  kj::Maybe<uint32_t> uid;    // nullptr where nobody's
  kj::Maybe<uint32_t> gid;    // its primary group
  kj::StringPtr unit;         // systemd unit, or empty
  kj::StringPtr cgroup;       // path in the hierarchy, or empty
  kj::StringPtr slice;        // these as in proto/flow.capnp, empty where none
  kj::StringPtr container;
  kj::StringPtr containerRuntime;
  kj::StringPtr pod;
  kj::StringPtr flatpak;
  kj::StringPtr snap;
  kj::StringPtr appImage;
  kj::StringPtr script;
  kj::StringPtr sha256;  // 64 lower-case hexadecimal digits
  kj::StringPtr package;
  bool examined = true;                       // false: sha256 and package will be known in a moment
  int32_t pid = 0;                            // with startTicks: this process and no other; 0: none
  uint64_t startTicks = 0;                    // clock ticks after boot (proc(5), field 22)
  kj::ArrayPtr<const kj::StringPtr> parents;  // their paths, nearest first
};

struct Circumstances {
  // What holds of this machine as a whole.
  kj::StringPtr profile;                       // in force; empty: none
  kj::ArrayPtr<const kj::StringPtr> networks;  // the profiles on whose network it is
};

struct Known {
  // False: this fact is not known *yet* (the DNS stage) or was not said (a question). An operand
  // over it is then neither true nor false. What is known to be absent (a process that was not
  // found, a flow without a name) is known.
  bool direction = true;
  bool protocol = true;
  bool address = true;  // the remote one, and with it scope and loopback
  bool port = true;     // remote port for OUT, local port for IN; for ICMP, type
  bool local = true;    // local address and port
  bool interface = true;
  bool process = true;  // all of ProcessFacts but uid and gid
  bool user = true;     // uid and gid
  bool domain = true;
};

struct FlowFacts {
  Known known;
  Direction direction = Direction::OUT;
  uint8_t protocol = 0;  // IANA number
  uint8_t icmpType = 0;  // ICMP and ICMPv6 alone
  uint8_t icmpCode = 0;
  Address local;
  Address remote;
  uint16_t localPort = 0;  // host byte order; 0 where the protocol has none
  uint16_t remotePort = 0;
  uint64_t wallNs = 0;             // when it is judged, ns since the Unix epoch; 0: not said
  kj::StringPtr interface;         // "eth0"; empty where none
  bool loopback = false;           // does not leave the machine, whatever its addresses
  bool establishedBefore = false;  // existed before the suite started
  ProcessFacts process;
  const Circumstances* circumstances = nullptr;  // nullptr: those that the rule set was told
  kj::ArrayPtr<const DomainFact>
      domains;  // names given out for the remote address; each once, its nearest source

  Scope scope() const { return loopback ? Scope::LOCALHOST : remote.scope(); }
  uint16_t port() const { return direction == Direction::OUT ? remotePort : localPort; }
};

}  // namespace portreeve::rules
