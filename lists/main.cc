// SPDX-License-Identifier: GPL-3.0-or-later
// portreeve-lists: fetches and compiles the lists of names that the settings name, and ends.
#include "common/clock.h"
#include "common/daemon-main.h"
#include "common/directories.h"
#include "common/landlock.h"
#include "common/list-source.h"
#include "common/lists-account.h"
#include "common/lists-update.h"
#include "common/log.h"
#include "common/privileges.h"
#include "common/seccomp.h"
#include "common/settings.h"
#include "lists/compile.h"
#include "lists/fetch.h"
#include "lists/inputs.h"

#include <curl/curl.h>
#include <errno.h>
#include <kj/debug.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace portreeve::lists {
namespace {

constexpr unsigned CLOCK_SECONDS = 1200;  // that a clock may take to be set; the unit allows 30 min
constexpr int AGAIN = 75;  // EX_TEMPFAIL (sysexits.h): portreeve-lists.service starts it anew

constexpr const char* HELP =
    "Usage: portreeve-lists [--now | --version | --help]\n"
    "\n"
    "Fetches the sources of every [list.NAME] in portreeve.toml and compiles each list into\n"
    "$STATE_DIRECTORY/lists/NAME.names, which resolver and policy notice by themselves. Started\n"
    "by a systemd timer, when the API is asked for it, when portreeve.toml or a file of a list "
    "was\n"
    "changed, or by `portreeve dns lists --update`; ends when it is done. Exit code 1 when a list "
    "could not be made: its last good version stays.\n"
    "\n"
    "  --now  also ask servers that failed lately, and are not due yet\n"
    "\n"
    "Files: $CONFIGURATION_DIRECTORY/portreeve.toml\n";

kj::String makeFolder(const Directories& directories, Account account) {
  auto folder = kj::str(directories.state, "/lists");
  if (geteuid() != 0) return folder;  // systemd made it
  if (mkdir(directories.state.cStr(), 0755) != 0 && errno != EEXIST)
    KJ_FAIL_SYSCALL("mkdir", errno, directories.state);
  if (mkdir(folder.cStr(), 0755) != 0 && errno != EEXIST) KJ_FAIL_SYSCALL("mkdir", errno, folder);
  struct stat status {};
  KJ_SYSCALL(lstat(folder.cStr(), &status), folder);
  KJ_REQUIRE(S_ISDIR(status.st_mode), "is not a folder: take it away", folder);
  KJ_SYSCALL(lchown(folder.cStr(), account.uid, account.gid), folder);
  return folder;
}

void enterSandbox(kj::StringPtr folder, kj::ArrayPtr<const kj::String> inputs) {
  LandlockRules files;
  files.tcp = true;  // servers of lists
  files.write.add(kj::str(folder));
  // Name resolution and certificates, as libcurl reads them.
  for (auto path : {"/etc", "/run/systemd/resolve", "/usr/share/ca-certificates", "/usr/lib",
                    "/usr/share/zoneinfo"})
    files.read.add(kj::str(path));
  if (const char* authorities = getenv("PORTREEVE_LISTS_CA")) files.read.add(kj::str(authorities));
  for (auto& file : inputs) files.read.add(kj::str(file));
  enterLandlock(files);
  SyscallFilter filter;
  filter.allowUnixSockets();  // nss-resolve, nscd
  filter.allowWritingFiles();
  constexpr uint64_t ALL = ~0ull;
  for (uint64_t family : {AF_INET, AF_INET6}) filter.allow(SYS_socket, {{0, ALL, family}});
  filter.allow(SYS_socket, {{0, ALL, AF_NETLINK}});  // getaddrinfo looks at the own addresses
  for (int syscall : {SYS_bind, SYS_sendmmsg, SYS_recvmmsg, SYS_pipe2, SYS_uname, SYS_sysinfo,
                      SYS_ioctl, SYS_getppid, SYS_set_robust_list, SYS_rseq, SYS_sched_getaffinity})
    filter.allow(syscall);
  // libcurl resolves names in a thread; new processes there are none.
  filter.allow(SYS_clone, {{0, CLONE_THREAD, CLONE_THREAD}});
  filter.allow(SYS_eventfd2);
  // Its loader maps the modules of nsswitch.conf and of the TLS library.
  filter.allow(SYS_mmap);
  filter.allow(SYS_mprotect);
  filter.enter();
}

void tell(const ListsUpdate& update, kj::StringPtr folder) {
  // Nobody's list is worth less for it.
  KJ_IF_MAYBE (e, kj::runCatchingExceptions([&]() { update.write(folder); }))
    log::exception("telling of this update", *e);
}

bool compileAll(const Settings& settings, kj::StringPtr folder, bool insist) {
  ListsUpdate update;
  update.started = rfc3339(wallNs());
  tell(update, folder);
  uint64_t now = wallNs() / 1000000000;
  for (auto& list : settings.lists) {
    KJ_IF_MAYBE (e, kj::runCatchingExceptions([&]() {
                   uint64_t start = monotonicNs();
                   auto compiled = compile(list, folder, now, insist);
                   for (auto& problem : compiled.problems)
                     log::warning(kj::str(list.name, ": ", problem));
                   if (compiled.notUnderstood > 0)
                     log::info(kj::str(
                         list.name, ": ", compiled.notUnderstood,
                         " lines list no name, the first of them: ", compiled.firstNotUnderstood));
                   log::info(kj::str(list.name, ": ", compiled.names, " names in ",
                                     (monotonicNs() - start) / 1000000, " ms"));
                 })) {
      update.problems.add(kj::str(list.name, ": ", e->getDescription()));
      log::error(update.problems.back());
    }
  }
  update.ended = rfc3339(wallNs());
  tell(update, folder);
  return update.problems.empty();
}

bool asksServers(const Settings& settings) {
  for (auto& list : settings.lists)
    for (auto& source : list.sources)
      if (isUrl(source)) return true;
  return false;
}

bool waitForTheClock(const Inputs& inputs) {
  // True once it can be right, or something else is to be done.
  if (wallNs() >= WRITTEN_NS) return false;
  log::info("once the clock is set, servers are asked again");
  for (unsigned i = 0; i < CLOCK_SECONDS; i++) {
    sleep(1);
    if (wallNs() >= WRITTEN_NS || inputs.changed()) return true;
  }
  return false;
}

int run(bool insist) {
  auto directories = Directories::fromEnvironment();
  auto settings = Settings::load(directories.settingsFile());
  auto files = inputFiles(directories.settingsFile(), settings);
  Inputs inputs(files);
  auto account = listsAccount();
  auto folder = makeFolder(directories, account);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  dropPrivileges(account, nullptr);
  enterSandbox(folder, files);
  if (settings.lists.empty()) log::info("no [list.NAME] in portreeve.toml: nothing to do");
  bool good = compileAll(settings, folder, insist);
  if (getenv("PORTREEVE_LISTS_AGAIN") != nullptr) {
    if (inputs.changed()) {
      log::info("what the lists are made of was changed meanwhile: once more");
      return AGAIN;
    }
    if (asksServers(settings) && waitForTheClock(inputs)) return AGAIN;
  }
  return good ? 0 : 1;
}

int usual() {
  // By portreeve-lists.path (systemd.exec(5)): somebody has asked for it, or has changed a file.
  const char* trigger = getenv("TRIGGER_PATH");
  return run(trigger != nullptr && kj::StringPtr(trigger).endsWith(kj::str('/', LISTS_WANTED)));
}

int now() {
  return run(true);
}

}  // namespace
}  // namespace portreeve::lists

int main(int argc, char** argv) {
  using namespace portreeve;
  return daemonMain("lists", lists::HELP, {{"", lists::usual}, {"--now", lists::now}}, argc, argv);
}
