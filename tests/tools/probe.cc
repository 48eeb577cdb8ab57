// SPDX-License-Identifier: GPL-3.0-or-later
//
// A program that makes one connection and says, as one line of JSON, what it saw. The tests copy it
// to several names, so that rules can tell the copies apart.
//
//   probe tcp  HOST PORT [options]    connect, read one line
//   probe udp  HOST PORT [options]    send "ping", wait for an answer
//   options: --timeout S (3)  --from PORT  --mark N  --family 4|6  --hold (wait for a line on
//   standard
//            input, then send it and read again)  --count N (datagrams)  --unconnected (UDP)
//            --vanish (UDP: one datagram from an unconnected socket, then the end, without a word)
//
// Output: {"ok":…,"error":"ECONNREFUSED","us":…,"address":"…","data":"…"} and, with --hold, a
// second line.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <string>

namespace {

struct Options {
  bool tcp = true;
  std::string host, port;
  double timeout = 3;
  int from = 0, mark = 0, family = AF_UNSPEC, count = 1;
  bool hold = false, unconnected = false, vanish = false;
};

struct Seen {
  int error = 0;
  const char* words = nullptr;  // instead of an errno
  double us = 0;
  std::string address, data;
};

double now() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return double(t.tv_sec) * 1e6 + double(t.tv_nsec) / 1e3;
}

int waitFor(int fd, short events, double seconds) {
  pollfd p{fd, events, 0};
  int ready = poll(&p, 1, int(seconds * 1000));
  if (ready == 0) return ETIMEDOUT;
  return ready < 0 ? errno : 0;
}

int finishConnect(int fd, double seconds) {
  if (int e = waitFor(fd, POLLOUT, seconds)) return e;
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

int receiveLine(int fd, double seconds, std::string& data) {
  if (int e = waitFor(fd, POLLIN, seconds)) return e;
  char part[2048];
  ssize_t n = recv(fd, part, sizeof part, 0);
  if (n < 0) return errno;
  data.assign(part, size_t(n));
  while (!data.empty() && data.back() == '\n') data.pop_back();
  return n == 0 ? ECONNRESET : 0;
}

void prepare(int fd, const Options& o, int family) {
  if (o.mark != 0 && setsockopt(fd, SOL_SOCKET, SO_MARK, &o.mark, sizeof o.mark) < 0)
    perror("SO_MARK");
  if (o.from == 0) return;
  int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_storage local{};
  local.ss_family = sa_family_t(family);
  // sin_port and sin6_port are at the same place.
  reinterpret_cast<sockaddr_in&>(local).sin_port = htons(uint16_t(o.from));
  socklen_t size = family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
  if (bind(fd, reinterpret_cast<sockaddr*>(&local), size) < 0) perror("bind");
}

int exchange(int fd, const Options& o, const addrinfo& to, Seen& seen) {
  double start = now();
  int error = 0;
  if (!o.unconnected && connect(fd, to.ai_addr, to.ai_addrlen) < 0)
    error = errno == EINPROGRESS ? finishConnect(fd, o.timeout) : errno;
  if (!error && !o.tcp) {
    for (int i = 0; i < o.count && !error; i++)
      if (sendto(fd, "ping\n", 5, 0, o.unconnected ? to.ai_addr : nullptr,
                 o.unconnected ? to.ai_addrlen : 0) < 0)
        error = errno;
    if (!error) error = receiveLine(fd, o.timeout, seen.data);
  }
  seen.us = now() - start;
  if (!error && o.tcp) error = receiveLine(fd, o.timeout, seen.data);
  return error;
}

void print(const Seen& seen) {
  printf("{\"ok\":%s,\"error\":\"%s\",\"us\":%.0f,\"address\":\"%s\",\"data\":\"%s\"}\n",
         seen.error || seen.words ? "false" : "true",
         seen.words   ? seen.words
         : seen.error ? strerrorname_np(seen.error)
                      : "",
         seen.us, seen.address.c_str(), seen.data.c_str());
  fflush(stdout);
}

void hold(int fd, const Options& o, Seen seen) {
  char line[256];
  while (fgets(line, sizeof line, stdin)) {
    seen.data.clear();
    double start = now();
    seen.error = send(fd, line, strlen(line), MSG_NOSIGNAL) < 0 ? errno : 0;
    if (!seen.error) seen.error = receiveLine(fd, o.timeout, seen.data);
    seen.us = now() - start;
    print(seen);
  }
}

int run(const Options& o) {
  addrinfo hints{}, *list = nullptr;
  hints.ai_family = o.family;
  hints.ai_socktype = o.tcp ? SOCK_STREAM : SOCK_DGRAM;
  Seen seen;
  if (int e = getaddrinfo(o.host.c_str(), o.port.c_str(), &hints, &list)) {
    seen.words = e == EAI_NONAME ? "NXDOMAIN" : gai_strerror(e);
    print(seen);
    return 1;
  }
  int fd = socket(list->ai_family, list->ai_socktype | SOCK_NONBLOCK, 0);
  if (fd < 0) return perror("socket"), 1;
  char text[INET6_ADDRSTRLEN];
  getnameinfo(list->ai_addr, list->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST);
  seen.address = text;
  prepare(fd, o, list->ai_family);
  if (o.vanish) {
    sendto(fd, "x", 1, 0, list->ai_addr, list->ai_addrlen);
    _exit(0);
  }
  seen.error = exchange(fd, o, *list, seen);
  print(seen);
  if (o.hold) hold(fd, o, seen);
  return seen.error ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  signal(SIGPIPE, SIG_IGN);
  Options o;
  if (argc < 4) return fprintf(stderr, "usage: probe tcp|udp HOST PORT [options]\n"), 2;
  o.tcp = strcmp(argv[1], "tcp") == 0;
  o.host = argv[2];
  o.port = argv[3];
  for (int i = 4; i < argc; i++) {
    std::string word = argv[i];
    if (word == "--hold") {
      o.hold = true;
      continue;
    }
    if (word == "--unconnected") {
      o.unconnected = true;
      continue;
    }
    if (word == "--vanish") {
      o.vanish = true;
      continue;
    }
    if (i + 1 == argc) return fprintf(stderr, "probe: %s needs a value\n", argv[i]), 2;
    const char* value = argv[++i];
    if (word == "--timeout")
      o.timeout = atof(value);
    else if (word == "--from")
      o.from = atoi(value);
    else if (word == "--mark")
      o.mark = atoi(value);
    else if (word == "--count")
      o.count = atoi(value);
    else if (word == "--family")
      o.family = *value == '6' ? AF_INET6 : AF_INET;
    else
      return fprintf(stderr, "probe: unknown option %s\n", word.c_str()), 2;
  }
  return run(o);
}
