// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/dns.h"

#include "cli/daemon-paths.h"
#include "cli/local-time.h"
#include "cli/printable.h"
#include "cli/session.h"
#include "cli/table.h"
#include "common/clock.h"
#include "common/dns-words.h"
#include "common/json.h"
#include "proto/resolver.capnp.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

namespace portreeve::cli {
namespace {

namespace view = proto::view;

constexpr auto FOLLOW_EVERY = 500 * kj::MILLISECONDS;

struct Resolver {
  Session session;
  proto::Resolver::Client client = session.dial<proto::Resolver>("resolver");

  template <typename Request>
  auto call(Request&& request) {
    return session.await("resolver", request.send());
  }
};

kj::String joined(capnp::List<capnp::Text>::Reader texts) {
  return kj::strArray(
      KJ_MAP(text, texts) { return kj::str(text); }, " ");
}

kj::StringPtr lastComponent(kj::StringPtr path) {
  KJ_IF_MAYBE (slash, path.findLast('/')) return path.slice(*slash + 1);
  return path;
}

kj::String ttlText(double seconds) {
  if (seconds >= 0) return span(uint64_t(seconds));
  return kj::str("past, ", span(uint64_t(-seconds)));
}

class LogTable {
public:
  LogTable()
      : table{{"TIME", false, 8}, {"PROGRAM", false, 16},  {"NAME", false, 30},
              {"TYPE", false, 5}, {"RESULT", false, 8},    {"CACHE", false, 5},
              {"MS", true, 6},    {"UPSTREAM", false, 12}, {"ANSWER"}} {}

  void add(view::DnsQuery::Reader query) {
    auto program = query.getProgram().size() > 0 ? kj::str(lastComponent(query.getProgram()))
                                                 : kj::str(query.getClient());
    auto what =
        query.getReason().size() > 0 ? kj::str(query.getReason()) : joined(query.getAddresses());
    table.add(localTime(query.getTime(), wallNs()), kj::mv(program), query.getName(),
              query.getType(),
              Cell(kj::str(query.getRefused() ? "refused"_kj : query.getRcode()),
                   query.getRefused() ? Colour::RED : Colour::NONE),
              query.getCache(), rounded(query.getTook(), 1), query.getUpstream(), kj::mv(what));
  }

  void show(bool withHeadings) { print(table.takeText(withHeadings)); }

private:
  Table table;
};

void sayUpdate(proto::view::DnsListsUpdate::Reader update) {
  if (update.getStarted().size() == 0) return;
  auto ended = update.getEnded();
  say(kj::str("updated ", localTime(update.getStarted(), wallNs()),
              ended.size() == 0  ? ", not to its end yet"
              : update.getGood() ? ""
                                 : ", with problems:"));
  for (auto problem : update.getProblems()) say(printable(problem));
}

void sayNotes(Resolver& resolver) {
  // Where it listens if not where it should, and the like.
  auto answer = resolver.call(resolver.client.statusRequest());
  for (auto status : answer.getStatuses())
    for (auto note : status.getNotes()) printLine(printable(note));
}

int runLists(const DnsOptions& options) {
  // portreeve-lists is no daemon: it does its work and ends.
  auto program = listsProgram();
  pid_t child = fork();
  if (child < 0) throw Failure(FAILED, "starting ", program, ": ", strerror(errno));
  if (child == 0) {
    const char* words[] = {program.cStr(), options.insist ? "--now" : nullptr, nullptr};
    execv(program.cStr(), const_cast<char* const*>(words));
    _exit(127);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return GOOD;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
    throw Failure(FAILED, "starting ", program, ": it is not there");
  throw Failure(FAILED, "portreeve-lists could not make every list: its words are above");
}

}  // namespace

int dnsQuery(const DnsOptions& options) {
  uint16_t type;
  KJ_IF_MAYBE (known, parseDnsType(options.type.c_str())) {
    type = *known;
  } else {
    throw Failure(WRONG_USE, "no such record type: ", options.type, ": like A, AAAA, MX or TYPE65");
  }
  Resolver resolver;
  auto request = resolver.client.lookupRequest();
  request.setName(options.name);
  request.setType(type);
  auto answer = resolver.call(request);
  auto lookup = answer.getLookup();
  if (options.json) {
    printLine(toJson(lookup));
  } else {
    for (auto step : lookup.getSteps())
      printLine(printable(kj::str(step.getWhat(), ": ", step.getResult())));
    printLine(kj::str(lookup.getRcode(), lookup.getAuthentic() ? " (validated)" : "", ", ",
                      rounded(lookup.getTook(), 1), " ms",
                      lookup.getReason().size() > 0 ? kj::str(": ", printable(lookup.getReason()))
                                                    : kj::String()));
    for (auto record : lookup.getRecords()) printLine(printable(record));
  }
  return lookup.getRcode() == "NOERROR" ? GOOD : FAILED;
}

int dnsCache(const DnsOptions& options) {
  Resolver resolver;
  auto request = resolver.client.cacheRequest();
  request.setBelow(options.name);
  request.setLimit(options.limit);
  auto answer = resolver.call(request);
  if (options.json) {
    for (auto entry : answer.getCached()) printLine(toJson(entry));
    return GOOD;
  }
  Table table{{"NAME"}, {"TYPE"}, {"RESULT"}, {"TTL"}, {"USES", true}, {"UPSTREAM"}, {"ADDRESSES"}};
  for (auto entry : answer.getCached())
    table.add(entry.getName(), kj::str(entry.getType(), entry.getDnssec() ? " (DO)" : ""),
              entry.getRcode(), ttlText(entry.getTtl()), rounded(entry.getUses(), 0),
              entry.getUpstream(), joined(entry.getAddresses()));
  print(table.text());
  printLine(kj::str(uint64_t(answer.getAnswers()), " answers, ",
                    rounded(answer.getBytes() / 1048576, 1), " of ",
                    rounded(answer.getLimitBytes() / 1048576, 0), " MiB"));
  return GOOD;
}

int dnsFlush(const DnsOptions& options) {
  Resolver resolver;
  auto request = resolver.client.flushRequest();
  request.setBelow(options.name);
  auto answer = resolver.call(request);
  printLine(kj::str(answer.getCount(), " answers forgotten"));
  return GOOD;
}

int dnsUpstreams(const DnsOptions& options) {
  Resolver resolver;
  auto answer = resolver.call(resolver.client.upstreamsRequest());
  auto upstreams = answer.getUpstreams();
  if (options.json) {
    for (auto upstream : upstreams) printLine(toJson(upstream));
    return GOOD;
  }
  bool forAll = false;
  for (auto upstream : upstreams) forAll = forAll || upstream.getZone().size() == 0;
  if (!forAll)
    printLine("names are resolved from the root: no server is set, and the network gave none");
  Table table{{"NAMES"},    {"SERVER"},        {"FROM"},           {"STATE"},
              {"MS", true}, {"ANSWERS", true}, {"FAILURES", true}, {"LAST FAILURE"}};
  for (auto upstream : upstreams)
    table.add(upstream.getZone().size() == 0 ? kj::str("all") : kj::str(upstream.getZone()),
              upstream.getServer(), upstream.getOrigin(),
              Cell(kj::str(upstream.getState()),
                   upstream.getState() == "failing" ? Colour::RED : Colour::NONE),
              rounded(upstream.getLatency(), 1), rounded(upstream.getAnswers(), 0),
              rounded(upstream.getFailures(), 0), upstream.getReason());
  print(table.text());
  sayNotes(resolver);
  return GOOD;
}

int dnsLog(const DnsOptions& options) {
  Resolver resolver;
  LogTable table;
  double after = 0;
  for (bool first = true;; first = false) {
    auto request = resolver.client.logRequest();
    request.setAfter(after);
    request.setLimit(first ? options.limit : 0);
    auto answer = resolver.call(request);
    after = answer.getLast();
    for (auto query : answer.getQueries()) {
      if (options.json)
        printLine(toJson(query));
      else
        table.add(query);
    }
    if (!options.json) table.show(first);
    if (!options.follow) return GOOD;
    fflush(stdout);
    resolver.session.io.provider->getTimer()
        .afterDelay(FOLLOW_EVERY)
        .wait(resolver.session.io.waitScope);
  }
}

int dnsLists(const DnsOptions& options) {
  if (options.update || options.insist) return runLists(options);
  Resolver resolver;
  auto answer = resolver.call(resolver.client.listsRequest());
  if (options.json) {
    for (auto list : answer.getLists()) printLine(toJson(list));
    return GOOD;
  }
  Table table{{"LIST"}, {"NAMES", true}, {"MADE"}, {"KIB", true}, {"REFUSED TO ALL"}, {"PROBLEM"}};
  for (auto list : answer.getLists())
    table.add(list.getName(), rounded(list.getNames(), 0), localTime(list.getMade(), wallNs()),
              rounded(list.getBytes() / 1024, 0), list.getRefused() ? "yes"_kj : "no"_kj,
              list.getProblem());
  if (answer.getLists().size() == 0)
    printLine(
        "no list: name one as [list.NAME] in portreeve.toml, then `portreeve dns lists --update`");
  print(table.text());
  sayUpdate(answer.getUpdate());
  return GOOD;
}

}  // namespace portreeve::cli
