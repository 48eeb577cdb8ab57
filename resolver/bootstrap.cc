// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/bootstrap.h"

#include "common/address-message.h"
#include "common/clock.h"
#include "common/dns-words.h"
#include "common/lists-update.h"
#include "common/status.h"
#include "resolver/record-text.h"

#include <kj/debug.h>

#include <algorithm>

namespace portreeve::resolver {
namespace {

namespace view = proto::view;

constexpr uint32_t USUAL_LIMIT = 1000, MOST = 10000;
constexpr size_t LONGEST_NAME = 1024;

uint32_t limited(uint32_t asked) {
  return asked == 0 ? USUAL_LIMIT : std::min(asked, MOST);
}

Name requireName(kj::StringPtr text) {
  if (text.size() <= LONGEST_NAME)
    KJ_IF_MAYBE (name, Name::parse(text)) return kj::mv(*name);
  KJ_FAIL_REQUIRE("is not a domain name", text);
}

kj::StringPtr toText(CacheState state) {
  switch (state) {
    case CacheState::MISS:
      return "miss";
    case CacheState::HIT:
      return "hit";
    case CacheState::STALE:
      return "stale";
    case CacheState::LOCAL:
      return "local";
  }
  return "";
}

template <typename List>
void fillAddresses(List list, const std::vector<Address>& addresses) {
  for (uint i = 0; i < list.size(); i++) list.set(i, addresses[i].toString());
}

void fill(view::DnsQuery::Builder out, const LoggedQuery& line) {
  out.setNumber(double(line.number));
  out.setTime(rfc3339(line.wallNs));
  out.setTook(line.tookUs / 1000.0);
  bool v4 = line.client.source.isV4();
  out.setClient(kj::str(v4 ? "" : "[", line.client.source.toString(), v4 ? "" : "]", ':',
                        line.client.sourcePort));
  out.setUid(-1);
  if (line.asker != nullptr) {
    out.setProgram(line.asker->path);
    if (line.asker->uid != uint32_t(-1)) out.setUid(line.asker->uid);
  }
  out.setName(line.name.c_str());
  out.setType(dnsTypeText(line.type));
  out.setRcode(dnsRcodeText(line.rcode));
  fillAddresses(out.initAddresses(uint(line.addresses.size())), line.addresses);
  out.setCache(toText(line.cache));
  out.setRefused(line.refused);
  out.setReason(line.why.c_str());
  out.setUpstream(line.server.c_str());
}

void fill(view::DnsUpstream::Builder out, const NameRouter::Route& route,
          const UpstreamServer& server) {
  auto& state = server.state;
  bool asked = state.answers() + state.failures() > 0;
  out.setServer(server.text);
  out.setState(server.asksUs  ? "asks this resolver in turn"
               : !asked       ? "not asked yet"
               : state.good() ? "good"
                              : "failing");
  out.setLatency(double(state.latency() / kj::MICROSECONDS) / 1000.0);
  out.setAnswers(double(state.answers()));
  out.setFailures(double(state.failures()));
  out.setReason(state.lastFailure());
  KJ_IF_MAYBE (zone, route.zone) out.setZone(zone->text());
  out.setOrigin(route.origin);
}

struct CacheKey {
  Name name;
  uint16_t type;
  uint8_t flags;
};

CacheKey readKey(const std::string& key) {
  auto octets = kj::arrayPtr(reinterpret_cast<const kj::byte*>(key.data()), key.size());
  WireReader reader(octets);
  CacheKey result{KJ_ASSERT_NONNULL(Name::decode(reader)), 0, 0};
  result.type = reader.u16();
  result.flags = reader.u8();
  return result;
}

void fill(view::DnsCached::Builder out, const AnswerCache::Entry& entry, uint64_t nowNs) {
  auto key = readKey(entry.key);
  out.setName(key.name.text());
  out.setType(dnsTypeText(key.type));
  out.setRcode(dnsRcodeText(entry.answer->rcode));
  out.setTtl((double(entry.expiresNs) - double(nowNs)) / 1e9);
  out.setUses(entry.uses);
  auto& addresses = entry.answer->given.addresses;
  fillAddresses(out.initAddresses(uint(std::min(addresses.size(), QueryLog::MOST_ADDRESSES))),
                addresses);
  out.setUpstream(entry.answer->server.c_str());
  out.setDnssec((key.flags & 1) != 0);
  out.setAuthentic(entry.answer->authentic);
}

class LookupRun {
  // One question of nobody in particular, told step by step.
public:
  LookupRun(Inside& inside, Name name, uint16_t type) : inside(inside), startNs(monotonicNs()) {
    lookup.question = Question{kj::mv(name), type};
  }

  kj::Promise<void> run() {
    auto text = lookup.question.name.text();
    KJ_IF_MAYBE (why, inside.filter.refuses({text.begin(), text.size()})) {
      step("list", *why);
      return refused(kj::str(*why));
    }
    step("list", inside.filter.hasLists() ? "on none" : "none is in use");
    KJ_IF_MAYBE (answer, answerCanary(lookup.question)) return local(*answer);
    return inside.queries.ruling(lookup.question).then([this](Ruling&& ruling) {
      if (ruling.refused) {
        auto why = kj::str("refused by rule \"", ruling.rule, '"');
        step("policy", why);
        return refused(kj::mv(why));
      }
      step("policy", "not refused to everybody");
      return resolve();
    });
  }

  void fill(view::DnsLookup::Builder out) {
    out.setName(lookup.question.name.text());
    out.setType(dnsTypeText(lookup.question.type));
    auto list = out.initSteps(uint(steps.size()));
    for (uint i = 0; i < list.size(); i++) {
      list[i].setWhat(steps[i].what);
      list[i].setResult(steps[i].result);
    }
    out.setTook(double(monotonicNs() - startNs) / 1e6);
    out.setReason(reason);
    out.setRcode(dnsRcodeText(rcode));
    if (answer == nullptr) return;
    out.setAuthentic(answer->authentic);
    out.setUpstream(answer->server.c_str());
    KJ_IF_MAYBE (read, readAnswer(answer->wire)) {
      auto records = out.initRecords(uint(read->answer.size()));
      for (uint i = 0; i < records.size(); i++) records.set(i, recordText(read->answer[i]));
    }
  }

private:
  struct Step {
    kj::StringPtr what;
    kj::String result;
  };
  Inside& inside;
  uint64_t startNs;
  Lookup lookup;
  kj::Vector<Step> steps;
  uint16_t rcode = RCODE_NOERROR;
  kj::String reason;
  Prepared answer;

  void step(kj::StringPtr what, kj::StringPtr result) { steps.add(Step{what, kj::str(result)}); }

  kj::Promise<void> refused(kj::String why) {
    rcode = inside.filter.refusal(lookup.question).rcode;
    reason = kj::mv(why);
    return kj::READY_NOW;
  }

  kj::Promise<void> local(const Answer& made) {
    step("local", "answered here; it never leaves this machine");
    answer = prepare(lookup.question, false, made, nullptr);
    rcode = answer->rcode;
    return kj::READY_NOW;
  }

  kj::Promise<void> resolve() {
    KJ_IF_MAYBE (made, inside.local.answer(lookup.question)) return local(*made);
    return inside.names.find(lookup).then([this](Found&& found) -> kj::Promise<void> {
      step("cache", found.stale    ? kj::str("past its TTL; given because nobody answers")
                    : found.cached ? kj::str("there since ", found.age, " s")
                                   : kj::str("not there"));
      auto text = lookup.question.name.text();
      KJ_IF_MAYBE (why, inside.filter.refusesAnswer({text.begin(), text.size()}, *found.answer)) {
        step("answer", *why);
        return refused(kj::str(*why));
      }
      answer = found.answer;
      rcode = answer->rcode;
      KJ_IF_MAYBE (error, answer->error) reason = kj::str(error->text);
      step("answer", answer->server.empty()
                         ? kj::str(dnsRcodeText(rcode))
                         : kj::str(dnsRcodeText(rcode), " from ", answer->server.c_str()));
      return kj::READY_NOW;
    });
  }
};

class Bootstrap final : public proto::Resolver::Server {
  // The RPC server lets only those in who may observe.
public:
  Bootstrap(Inside inside, Entitlement entitlement)
      : inside(inside), entitlement(kj::mv(entitlement)) {}

  kj::Promise<void> status(StatusContext context) override {
    inside.fillStatus(context.getResults().initStatuses(1)[0]);
    return kj::READY_NOW;
  }

  kj::Promise<void> versions(VersionsContext context) override {
    fillVersions(context.getResults());
    return kj::READY_NOW;
  }

  kj::Promise<void> lookup(LookupContext context) override {
    auto asked = context.getParams();
    auto run = kj::heap<LookupRun>(inside, requireName(asked.getName()), asked.getType());
    auto done = run->run();
    auto& result = *run;
    return done
        .then([&result, context]() mutable { result.fill(context.getResults().initLookup()); })
        .attach(kj::mv(run));
  }

  kj::Promise<void> cache(CacheContext context) override {
    auto asked = context.getParams();
    kj::Maybe<Name> below;
    if (asked.getBelow().size() > 0) below = requireName(asked.getBelow());
    std::vector<const AnswerCache::Entry*> entries;
    uint32_t limit = limited(asked.getLimit());
    inside.names.cache().forEach([&](const AnswerCache::Entry& entry) {
      KJ_IF_MAYBE (zone, below)
        if (!readKey(entry.key).name.isWithin(*zone)) return true;
      entries.push_back(&entry);
      return entries.size() < limit;
    });
    auto results = context.getResults();
    auto list = results.initCached(uint(entries.size()));
    uint64_t now = monotonicNs();
    for (uint i = 0; i < list.size(); i++) resolver::fill(list[i], *entries[i], now);
    results.setAnswers(double(inside.names.cache().size()));
    results.setBytes(double(inside.names.cache().bytes()));
    results.setLimitBytes(double(inside.names.cache().limit()));
    return kj::READY_NOW;
  }

  kj::Promise<void> flush(FlushContext context) override {
    // The gateway asks for sessions that may change, alone.
    if (!entitlement.is(Role::GATEWAY)) entitlement.requireChange();
    kj::StringPtr text = context.getParams().getBelow();
    size_t count;
    if (text.size() > 0) {
      auto name = requireName(text);
      count = inside.names.cache().flush(name);
    } else {
      count = inside.names.cache().flush(nullptr);
    }
    context.getResults().setCount(uint32_t(count));
    return kj::READY_NOW;
  }

  kj::Promise<void> upstreams(UpstreamsContext context) override {
    size_t count = 0;
    for (auto& route : inside.router.all()) count += route->forwarder.all().size();
    auto list = context.getResults().initUpstreams(uint(count));
    uint at = 0;
    for (auto& route : inside.router.all())
      for (auto& server : route->forwarder.all()) resolver::fill(list[at++], *route, *server);
    return kj::READY_NOW;
  }

  kj::Promise<void> log(LogContext context) override {
    auto asked = context.getParams();
    std::vector<const LoggedQuery*> lines;
    double after = std::clamp(asked.getAfter(), 0.0, 1e15);
    inside.queries.log().forEach(uint64_t(after), limited(asked.getLimit()),
                                 [&](const LoggedQuery& line) { lines.push_back(&line); });
    auto list = context.getResults().initQueries(uint(lines.size()));
    for (uint i = 0; i < list.size(); i++) resolver::fill(list[i], *lines[i]);
    context.getResults().setLast(double(inside.queries.log().count()));
    return kj::READY_NOW;
  }

  kj::Promise<void> lists(ListsContext context) override {
    auto& folder = inside.filter.lists();
    auto list = context.getResults().initLists(uint(folder.size() + folder.problems().size()));
    uint at = 0;
    folder.forEach([&](const NameList& one) {
      list[at].setName(one.title());
      list[at].setNames(double(one.entries()));
      list[at].setMade(rfc3339(one.madeAt() * 1000000000));
      list[at].setBytes(double(one.bytes()));
      list[at++].setRefused(inside.filter.isUsed(one.title()));
    });
    for (auto& problem : folder.problems()) list[at++].setProblem(problem);
    fill(context.getResults().initUpdate(), ListsUpdate::read(folder.folder()));
    return kj::READY_NOW;
  }

  kj::Promise<void> addressesOf(AddressesOfContext context) override {
    entitlement.require(Role::GATE);
    auto asked = context.getParams();
    auto freshness = asked.getAnew() ? Freshness::ANEW : Freshness::CACHED;
    return inside.servers.find(requireName(asked.getName()), freshness)
        .then([context](ServerPlaces places) mutable {
          auto results = context.getResults();
          auto list = results.initAddresses(uint(places.addresses.size()));
          for (uint i = 0; i < list.size(); i++) toMessage(places.addresses[i], list[i]);
          results.setTtl(places.ttl);
          results.setReason(places.reason);
          results.setAnswered(places.answered);
        });
  }

private:
  static void fill(proto::view::DnsListsUpdate::Builder view, kj::Maybe<ListsUpdate> newest) {
    KJ_IF_MAYBE (update, newest) {
      view.setStarted(update->started);
      view.setEnded(update->ended);
      view.setGood(update->ended.size() > 0 && update->problems.empty());
      auto problems = view.initProblems(uint(update->problems.size()));
      for (uint i = 0; i < problems.size(); i++) problems.set(i, update->problems[i]);
    }
  }

  Inside inside;
  Entitlement entitlement;
};

}  // namespace

proto::Resolver::Client makeBootstrap(Inside inside, Entitlement entitlement) {
  return kj::heap<Bootstrap>(inside, kj::mv(entitlement));
}

}  // namespace portreeve::resolver
