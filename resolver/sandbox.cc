// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/sandbox.h"

#include "common/landlock.h"
#include "common/sandbox-proof.h"
#include "common/seccomp.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>

namespace portreeve::resolver {
namespace {

constexpr uint64_t ALL = ~0ull;
constexpr uint64_t TYPE_WITHOUT_FLAGS = 0xf;  // socket(2): SOCK_NONBLOCK and SOCK_CLOEXEC are above

void allowUpstreams(SyscallFilter& filter) {
  // Questions to name servers: UDP, and TCP where an answer is long. `connect` is allowed already.
  struct Transport {
    uint64_t type, protocol;
  };
  for (uint64_t family : {AF_INET, AF_INET6})
    for (auto& transport : {Transport{SOCK_DGRAM, 0}, Transport{SOCK_DGRAM, IPPROTO_UDP},
                            Transport{SOCK_STREAM, 0}, Transport{SOCK_STREAM, IPPROTO_TCP}})
      filter.allow(SYS_socket, {{0, ALL, family},
                                {1, TYPE_WITHOUT_FLAGS, transport.type},
                                {2, ALL, transport.protocol}});
  // Which interfaces there are, for link-local servers and multicast DNS.
  for (uint64_t question : {SIOCGIFINDEX, SIOCGIFNAME, SIOCGIFCONF, SIOCGIFFLAGS})
    filter.allow(SYS_ioctl, {{1, ALL, question}});
  filter.allow(SYS_bind);  // a random source port for each question (RFC 5452, 4.5)
}

}  // namespace

kj::String enterSandbox(kj::StringPtr listsFolder) {
  LandlockRules files;
  files.read.add(kj::str(listsFolder));
  files.tcp = true;  // upstreams
  auto words = enterLandlock(files);
  SyscallFilter filter;
  filter.allowUnixSockets();  // policy is dialled again when it comes back
  allowUpstreams(filter);
  filter.allowReadingFiles();                        // a list that was replaced
  filter.allow(SYS_fcntl, {{1, ALL, F_GET_SEALS}});  // of the table that policy hands over
  filter.allow(SYS_inotify_add_watch);
  filter.allow(SYS_recvmmsg);  // many queries, and answers, in one call
  filter.allow(SYS_sendmmsg);
  filter.enter();
  return words;
}

int proveSandbox() {
  kj::Vector<ForbiddenAct> acts;
  acts.add(openForReading("/etc/shadow"));
  acts.add(openForReading("/etc/passwd"));
  acts.add(openForReading("/proc/1/environ"));
  acts.add(openForWriting("/tmp/portreeve-resolver-proof"));
  acts.add(execute("/bin/true"));
  acts.add(makeRawSocket());
  acts.add(ptraceParent());
  acts.add(killParent());
  acts.add(becomeRoot());
  acts.add(mountSomething());
  return portreeve::proveSandbox(kj::mv(acts));
}

}  // namespace portreeve::resolver
