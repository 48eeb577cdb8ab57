// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/daemon-main.h"

#include "common/log.h"

#include <stdio.h>

#ifdef __SANITIZE_ADDRESS__
// The search for leaks at the end wants ptrace(2) and /proc, which every sandbox here refuses.
// ASAN_OPTIONS=detect_leaks=1 turns it on for what has none.
extern "C" const char* __asan_default_options();
const char* __asan_default_options() {
  return "detect_leaks=0";
}
#endif

namespace portreeve {
namespace {

int run(kj::StringPtr program, const char* help, std::initializer_list<DaemonMode> modes,
        kj::ArrayPtr<char*> options) {
  kj::StringPtr option = options.size() > 0 ? kj::StringPtr(options[0]) : ""_kj;
  if (options.size() == (option == "" ? 0 : 1)) {
    if (option == "--help") return fputs(help, stdout) < 0;
    if (option == "--version") return printf("%s " PORTREEVE_VERSION "\n", program.cStr()) < 0;
    for (auto& mode : modes)
      if (option == mode.option) return mode.run();
  }
  fprintf(stderr, "%s: unknown arguments; see %s --help\n", program.cStr(), program.cStr());
  return 2;
}

}  // namespace

int daemonMain(kj::StringPtr name, const char* help, std::initializer_list<DaemonMode> modes,
               int argumentCount, char** arguments) {
  log::open(name);
  log::KjMessages kjMessages;
  auto program = kj::str("portreeve-", name);
  auto options = kj::arrayPtr(arguments, size_t(argumentCount)).slice(1, size_t(argumentCount));
  int code = 1;
  KJ_IF_MAYBE (problem,
               kj::runCatchingExceptions([&]() { code = run(program, help, modes, options); })) {
    log::exception(name, *problem);
    return 1;
  }
  return code;
}

}  // namespace portreeve
