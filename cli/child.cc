// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/child.h"

#include "common/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <kj/debug.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

namespace portreeve::cli {
namespace {

constexpr int FIRST_SOCKET = 3;  // SD_LISTEN_FDS_START
constexpr int CANNOT_RUN = 127;
constexpr timespec BETWEEN_LOOKS{0, 5'000'000};

class Prepared {
  // All that the child needs between fork and exec, where it may not allocate (fork(2) in a process
  // that may hold locks; signal-safety(7)).
public:
  explicit Prepared(const ChildCommand& command)
      : program(command.program),
        output(command.output),
        diesWithUs(command.diesWithUs),
        niceness(command.niceness),
        parent(getpid()) {
    addArguments(command);
    addEnvironment(command);
    KJ_IF_MAYBE (own, niceness) nicenessText = kj::str(*own);
    for (auto& socket : command.sockets) sockets.add(socket.fd);
  }

  [[noreturn]] void become() {
    KJ_IF_MAYBE (own, niceness)
      standApart(*own);
    else
      setpgid(0, 0);
    if (diesWithUs) prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (diesWithUs && getppid() != parent) _exit(CANNOT_RUN);  // gone before we asked
    resetSignals();
    placeStandardStreams();
    placeSockets();
    writePid();
    execve(program.cStr(), arguments.begin(), environment.begin());
    complain();
    _exit(CANNOT_RUN);
  }

private:
  kj::StringPtr program;
  int output;
  bool diesWithUs;
  kj::Maybe<int> niceness;
  kj::String nicenessText;
  pid_t parent;
  kj::Vector<int> sockets;
  kj::Vector<kj::String> texts;
  kj::Vector<char*> arguments;
  kj::Vector<char*> environment;
  char* pidDigits = nullptr;  // in LISTEN_PID=

  char* keep(kj::String text) {
    // A kj::String's bytes stay where they are when the vector grows.
    char* bytes = text.begin();
    texts.add(kj::mv(text));
    return bytes;
  }

  void addArguments(const ChildCommand& command) {
    arguments.add(keep(kj::str(command.program)));
    for (auto& argument : command.arguments) arguments.add(keep(kj::str(argument)));
    arguments.add(nullptr);
  }

  void addEnvironment(const ChildCommand& command) {
    for (auto& variable : command.environment) environment.add(keep(kj::str(variable)));
    if (!command.sockets.empty()) {
      auto names = KJ_MAP(socket, command.sockets) {
        return socket.name;
      };
      environment.add(keep(kj::str("LISTEN_FDS=", command.sockets.size())));
      environment.add(keep(kj::str("LISTEN_FDNAMES=", kj::strArray(names, ":"))));
      constexpr kj::StringPtr KEY = "LISTEN_PID="_kj;
      char* variable = keep(kj::str(KEY, "0000000000"));
      pidDigits = variable + KEY.size();
      environment.add(variable);
    }
    environment.add(nullptr);
  }

  void standApart(int own) const {
    // Where the kernel groups processes by session, niceness counts within a session alone, and
    // the session has one of its own.
    setsid();
    setpriority(PRIO_PROCESS, 0, own);
    int fd = open("/proc/self/autogroup", O_WRONLY | O_CLOEXEC);
    if (fd < 0) return;
    (void)!write(fd, nicenessText.cStr(), nicenessText.size());
    close(fd);
  }

  static void resetSignals() {
    // The event loop blocks those that it captures, and ignores SIGPIPE; both are inherited.
    for (int number = 1; number < SIGRTMIN; number++) signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
  }

  void placeStandardStreams() const {
    int null = open("/dev/null", O_RDONLY);
    dup2(output, STDOUT_FILENO);
    dup2(null, STDIN_FILENO);
    if (null > STDERR_FILENO) close(null);
  }

  void placeSockets() {
    // First out of the way of their places, then into them, where they survive execve.
    int behind = FIRST_SOCKET + int(sockets.size());
    for (int& fd : sockets) fd = fcntl(fd, F_DUPFD_CLOEXEC, behind);
    for (size_t i = 0; i < sockets.size(); i++) dup2(sockets[i], FIRST_SOCKET + int(i));
    // What our caller left open for us is not theirs.
    close_range(unsigned(behind), ~0u, 0);
  }

  void writePid() const {
    if (pidDigits == nullptr) return;
    // Without zeros in front: sd_listen_fds(3) would read them as octal.
    size_t length = 0;
    for (pid_t rest = getpid(); rest > 0; rest /= 10) length++;
    pidDigits[length] = 0;
    for (pid_t rest = getpid(); rest > 0; rest /= 10) pidDigits[--length] = char('0' + rest % 10);
  }

  void complain() const {
    const char* reason = strerrordesc_np(errno);
    for (const char* part : {"portreeve: cannot run ", program.cStr(), ": ", reason, "\n"})
      (void)!write(STDERR_FILENO, part, strlen(part));
  }
};

}  // namespace

pid_t startChild(const ChildCommand& command) {
  Prepared prepared(command);
  pid_t pid;
  KJ_SYSCALL(pid = fork());
  if (pid == 0) prepared.become();
  return pid;
}

int waitForChild(pid_t pid, kj::Duration limit) {
  uint64_t end = monotonicNs() + uint64_t(limit / kj::NANOSECONDS);
  bool killed = false;
  for (;;) {
    int status = 0;
    pid_t ended = waitpid(pid, &status, WNOHANG);
    if (ended == pid) return status;
    if (ended < 0 && errno != EINTR) KJ_FAIL_SYSCALL("waitpid", errno);
    if (!killed && monotonicNs() > end) killed = kill(pid, SIGKILL) == 0;
    nanosleep(&BETWEEN_LOOKS, nullptr);
  }
}

kj::String describeEnd(int waitStatus) {
  if (WIFSIGNALED(waitStatus)) return kj::str("killed by signal ", WTERMSIG(waitStatus));
  return kj::str("exit code ", WEXITSTATUS(waitStatus));
}

}  // namespace portreeve::cli
