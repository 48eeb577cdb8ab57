// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/keeper/socket-owners.h"

#include "common/socket-owner-table.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <kj/debug.h>
#include <kj/vector.h>
#include <mntent.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

// The compiled programs, put into this executable by socket-owners-object.S.
extern "C" const char portreeve_socket_owners_begin[], portreeve_socket_owners_end[];

namespace portreeve::keeper {
namespace {

constexpr size_t TABLE_BYTES = PORTREEVE_SOCKET_SLOTS * sizeof(portreeve_socket_owner);
static_assert(sizeof(portreeve_closed_socket) == sizeof(portreeve_socket_owner), "one table");

int keepQuiet(libbpf_print_level, const char*, va_list) {
  // What fails is said once, in our words, and is no error: there are other ways.
  return 0;
}

[[noreturn]] void failBecause(kj::StringPtr what, int error) {
  kj::throwFatalException(kj::Exception(kj::Exception::Type::FAILED, __FILE__, __LINE__,
                                        kj::str(what, ": ", strerror(error))));
}

kj::Maybe<kj::String> cgroupMount() {
  // Where cgroup v2 is mounted: alone at /sys/fs/cgroup, or beside v1 (cgroups(7)).
  FILE* mounts = setmntent("/proc/self/mounts", "re");
  if (mounts == nullptr) failBecause("/proc/self/mounts", errno);
  KJ_DEFER(endmntent(mounts));
  while (auto mount = getmntent(mounts))
    if (strcmp(mount->mnt_type, "cgroup2") == 0) return kj::str(mount->mnt_dir);
  return nullptr;
}

kj::AutoCloseFd mountOfOurOwn() {
  // Under `ip netns exec` there is none. Such a mount stands at no path and ends with its
  // descriptor (fsopen(2), fsmount(2)); it needs CAP_SYS_ADMIN.
  int fd = fsopen("cgroup2", FSOPEN_CLOEXEC);
  if (fd < 0) failBecause("no cgroup v2 hierarchy is mounted, and to open it", errno);
  kj::AutoCloseFd context(fd);
  if (fsconfig(fd, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) < 0)
    failBecause("opening the cgroup v2 hierarchy", errno);
  fd = fsmount(context, FSMOUNT_CLOEXEC, 0);
  if (fd < 0) failBecause("opening the cgroup v2 hierarchy", errno);
  return kj::AutoCloseFd(fd);
}

kj::AutoCloseFd openCgroupRoot() {
  KJ_IF_MAYBE (folder, cgroupMount()) {
    int fd = open(folder->cStr(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) failBecause(*folder, errno);
    return kj::AutoCloseFd(fd);
  }
  return mountOfOurOwn();
}

uint64_t cookieOf(int socket) {
  uint64_t cookie = 0;
  socklen_t length = sizeof cookie;
  KJ_SYSCALL(getsockopt(socket, SOL_SOCKET, SO_COOKIE, &cookie, &length));
  return cookie;
}

bool isNotedAsOurs(int table) {
  // Not so in a container with pids of its own, or where the cgroup is not the whole machine's.
  int fd;
  KJ_SYSCALL(fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  kj::AutoCloseFd probe(fd);
  sockaddr_in nobody{};
  nobody.sin_family = AF_INET;
  nobody.sin_port = htons(9);
  nobody.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  // Sends nothing; without a route it fails behind the programs.
  (void)!connect(fd, reinterpret_cast<sockaddr*>(&nobody), sizeof nobody);
  auto cookie = cookieOf(fd);

  void* memory = mmap(nullptr, TABLE_BYTES, PROT_READ, MAP_SHARED, table, 0);
  if (memory == MAP_FAILED) failBecause("mapping the table", errno);
  KJ_DEFER(munmap(memory, TABLE_BYTES));
  auto& slot =
      static_cast<const portreeve_socket_owner*>(memory)[cookie & (PORTREEVE_SOCKET_OWNERS - 1)];
  return slot.cookie == cookie && slot.pid == static_cast<uint32_t>(getpid());
}

}  // namespace

struct SocketOwners::Programs {
  bpf_object* object = nullptr;
  kj::Vector<bpf_link*> links;
  int table = -1;  // the object's

  Programs() {
    libbpf_set_print(keepQuiet);
    LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "portreeve");
    object = bpf_object__open_mem(
        portreeve_socket_owners_begin,
        size_t(portreeve_socket_owners_end - portreeve_socket_owners_begin), &options);
    if (object == nullptr) failBecause("opening the BPF programs", errno);
    KJ_ON_SCOPE_FAILURE(release());
    int error = bpf_object__load(object);
    if (error < 0) failBecause("the kernel takes no BPF programs", -error);
    table = bpf_object__find_map_fd_by_name(object, "socket_owners");
    error = bpf_map_freeze(table);
    if (error < 0) failBecause("freezing the table", -error);
    attach();
    if (!isNotedAsOurs(table))
      failBecause("the kernel counts processes otherwise than we see them", ENOTSUP);
  }
  ~Programs() { release(); }
  KJ_DISALLOW_COPY(Programs);

  void attach() {
    auto root = openCgroupRoot();
    bpf_program* program;
    bpf_object__for_each_program(program, object) {
      auto link = bpf_program__attach_cgroup(program, root);
      if (link == nullptr) failBecause("attaching BPF programs to the root cgroup", errno);
      links.add(link);
    }
  }

  void release() {
    for (auto link : links) bpf_link__destroy(link);
    bpf_object__close(object);
  }
};

SocketOwners::SocketOwners(bool wanted) {
  if (!wanted) {
    reason = kj::str("switched off by [attributor] bpf");
    return;
  }
  KJ_IF_MAYBE (e, kj::runCatchingExceptions([this]() { programs = kj::heap<Programs>(); }))
    reason = kj::str(e->getDescription());
}

SocketOwners::~SocketOwners() noexcept(false) = default;

kj::Maybe<int> SocketOwners::table() const {
  KJ_IF_MAYBE (loaded, programs) return (*loaded)->table;
  return nullptr;
}

}  // namespace portreeve::keeper
