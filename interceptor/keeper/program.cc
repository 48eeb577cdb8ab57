// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/keeper/program.h"

#include <errno.h>
#include <kj/debug.h>
#include <kj/io.h>
#include <kj/vector.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace portreeve::keeper {

namespace {

constexpr int CANNOT_RUN = 127;  // as shells say it

kj::AutoCloseFd memoryFile(kj::StringPtr name) {
  int fd;
  KJ_SYSCALL(fd = memfd_create(name.cStr(), MFD_CLOEXEC));
  return kj::AutoCloseFd(fd);
}

kj::AutoCloseFd memoryFileWith(kj::StringPtr name, kj::StringPtr content) {
  auto file = memoryFile(name);
  kj::FdOutputStream(file.get()).write(content.begin(), content.size());
  KJ_SYSCALL(lseek(file, 0, SEEK_SET));
  return file;
}

kj::String contentOf(int file) {
  struct stat about;
  KJ_SYSCALL(fstat(file, &about));
  auto text = kj::heapString(static_cast<size_t>(about.st_size));
  KJ_SYSCALL(lseek(file, 0, SEEK_SET));
  kj::FdInputStream(file).read(text.begin(), text.size());
  return text;
}

[[noreturn]] void become(const char* path, char* const* arguments, int input, int output,
                         int errors) {
  // In the child: only calls that are safe after fork().
  char search[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
  char* const environment[] = {search, nullptr};
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  if (dup2(input, 0) == 0 && dup2(output, 1) == 1 && dup2(errors, 2) == 2)
    execve(path, arguments, environment);
  _exit(CANNOT_RUN);
}

bool endsWithin(int pidfd, kj::Duration limit) {
  pollfd wait{pidfd, POLLIN, 0};
  int result;
  KJ_SYSCALL(result = poll(&wait, 1, static_cast<int>(limit / kj::MILLISECONDS)));
  return result > 0;
}

kj::String onlyErrors(kj::StringPtr text) {
  // Warnings (of a connlabel.conf that is not there) would hide what is wrong.
  kj::Vector<kj::String> lines;
  while (text.size() > 0) {
    size_t end = text.findFirst('\n').orDefault(text.size());
    auto line = kj::str(text.slice(0, end));
    if (line.size() > 0 && !line.startsWith("Warning:") && !line.startsWith("# Warning:"))
      lines.add(kj::mv(line));
    text = text.slice(kj::min(end + 1, text.size()));
  }
  return kj::strArray(lines, " ");
}

}  // namespace

kj::String ProgramResult::why(kj::StringPtr program) const {
  if (timedOut) return kj::str(program, " did not end in time and was killed");
  if (errors.size() > 0) return kj::str(program, ": ", errors);
  if (exitCode == CANNOT_RUN) return kj::str(program, " cannot be run: is iptables installed?");
  return kj::str(program, " ended with code ", exitCode);
}

ProgramResult runProgram(kj::StringPtr path, std::initializer_list<kj::StringPtr> arguments,
                         kj::StringPtr input, kj::Duration limit) {
  auto in = memoryFileWith("input"_kj, input);
  auto out = memoryFile("output"_kj);
  auto errors = memoryFile("errors"_kj);
  kj::Vector<char*> words;
  words.add(const_cast<char*>(path.cStr()));
  for (auto argument : arguments) words.add(const_cast<char*>(argument.cStr()));
  words.add(nullptr);

  pid_t pid;
  KJ_SYSCALL(pid = fork());
  if (pid == 0) become(path.cStr(), words.begin(), in, out, errors);

  ProgramResult result;
  int pidfd;
  KJ_SYSCALL(pidfd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  kj::AutoCloseFd handle(pidfd);
  result.timedOut = !endsWithin(handle, limit);
  if (result.timedOut) syscall(SYS_pidfd_send_signal, handle.get(), SIGKILL, nullptr, 0);
  int status;
  KJ_SYSCALL(waitpid(pid, &status, 0));
  result.exitCode = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  result.output = contentOf(out);
  result.errors = onlyErrors(contentOf(errors));
  return result;
}

}  // namespace portreeve::keeper
