// SPDX-License-Identifier: GPL-3.0-or-later
// The part of Api that asks the resolver.
#include "api-gateway/api.h"
#include "api-gateway/json.h"
#include "api-gateway/parameters.h"
#include "api-gateway/problem.h"
#include "api-gateway/remote-words.h"
#include "common/dns-words.h"

namespace portreeve::gateway {
namespace {

namespace view = proto::view;

constexpr auto NO_RESOLVER =
    "The resolver does not answer, so what it knows is not known now. `portreeve status` says more."_kj;
constexpr auto LOOKUP_TIME = 12 * kj::SECONDS;  // upstreams may be slow

struct Asked {
  Parameters given;
  uint32_t limit;
  uint64_t after;
};

kj::Array<const kj::StringPtr> parametersOf(Route route) {
  switch (route) {
    case Route::DNS_LOG:
      return kj::arr("after"_kj, "limit"_kj);
    case Route::DNS_CACHE:
      return kj::arr("below"_kj, "limit"_kj);
    case Route::DNS_LOOKUP:
      return kj::arr("name"_kj, "type"_kj);
    default:
      return nullptr;
  }
}

kj::OneOf<Asked, Wrong> parse(kj::StringPtr query, Route route) {
  auto known = parametersOf(route);
  auto parsed = Parameters::parse(query, known);
  KJ_IF_MAYBE (wrong, parsed.tryGet<Wrong>()) return kj::mv(*wrong);
  auto& given = parsed.get<Parameters>();
  auto limit = given.number("limit", 1, 1000, 1000);
  auto after = given.number("after", 0, uint64_t(1) << 53, 0);
  if (limit == nullptr) return Wrong{kj::str("limit is a number from 1 to 1000.")};
  if (after == nullptr) return Wrong{kj::str("after is the number of a query.")};
  return Asked{kj::mv(given), uint32_t(limit.orDefault(0)), after.orDefault(0)};
}

kj::Promise<Reply> log(proto::Resolver::Client& resolver, const Asked& asked) {
  auto request = resolver.logRequest();
  request.setAfter(double(asked.after));
  request.setLimit(asked.limit);
  return request.send().then([](auto&& answer) {
    capnp::MallocMessageBuilder message;
    auto page = message.initRoot<view::DnsLogPage>();
    page.setQueries(answer.getQueries());
    page.setLast(answer.getLast());
    return json(toJson(page.asReader()));
  });
}

kj::Promise<Reply> cache(proto::Resolver::Client& resolver, const Asked& asked) {
  auto request = resolver.cacheRequest();
  request.setBelow(asked.given.text("below"));
  request.setLimit(asked.limit);
  return request.send().then([](auto&& answer) {
    capnp::MallocMessageBuilder message;
    auto page = message.initRoot<view::DnsCachePage>();
    page.setCached(answer.getCached());
    page.setAnswers(answer.getAnswers());
    page.setBytes(answer.getBytes());
    page.setLimitBytes(answer.getLimitBytes());
    return json(toJson(page.asReader()));
  });
}

kj::Promise<Reply> upstreams(proto::Resolver::Client& resolver) {
  return resolver.upstreamsRequest().send().then([](auto&& answer) {
    capnp::MallocMessageBuilder message;
    auto all = message.initRoot<view::DnsUpstreams>();
    all.setUpstreams(answer.getUpstreams());
    return json(toJson(all.asReader()));
  });
}

kj::Promise<Reply> lists(proto::Resolver::Client& resolver) {
  return resolver.listsRequest().send().then([](auto&& answer) {
    capnp::MallocMessageBuilder message;
    auto all = message.initRoot<view::DnsLists>();
    all.setLists(answer.getLists());
    all.setUpdate(answer.getUpdate());
    return json(toJson(all.asReader()));
  });
}

kj::Promise<Reply> lookup(proto::Resolver::Client& resolver, const Parameters& given) {
  auto name = given.text("name"), type = given.text("type");
  if (name.size() == 0) return problem(400, "Say which name: ?name=example.org");
  auto request = resolver.lookupRequest();
  request.setName(name);
  KJ_IF_MAYBE (number, parseDnsType(type.size() > 0 ? type : "A"_kj))
    request.setType(*number);
  else
    return problem(400, "type is a record's type, as in A, AAAA, HTTPS or TYPE65.");
  return request.send().then([](auto&& answer) { return json(toJson(answer.getLookup())); });
}

kj::Promise<Reply> ask(proto::Resolver::Client& resolver, Route route, const Asked& asked) {
  switch (route) {
    case Route::DNS_LOG:
      return log(resolver, asked);
    case Route::DNS_CACHE:
      return cache(resolver, asked);
    case Route::DNS_UPSTREAMS:
      return upstreams(resolver);
    case Route::DNS_LOOKUP:
      return lookup(resolver, asked.given);
    default:
      return lists(resolver);
  }
}

Reply resolverFailed(const kj::Exception& e) {
  if (e.getType() == kj::Exception::Type::FAILED) return problem(400, remoteWords(e));
  return problem(503, NO_RESOLVER);
}

}  // namespace

kj::Promise<Reply> Api::names(kj::Own<Session> session, Route route, kj::StringPtr query) {
  auto parsed = parse(query, route);
  KJ_IF_MAYBE (wrong, parsed.tryGet<Wrong>()) return problem(400, wrong->reason);
  KJ_IF_MAYBE (resolver, suite.resolver()) {
    return timer.timeoutAfter(LOOKUP_TIME, ask(*resolver, route, parsed.get<Asked>()))
        .catch_([](kj::Exception&& e) { return resolverFailed(e); })
        .attach(kj::mv(session));
  }
  return problem(503, NO_RESOLVER);
}

kj::Promise<Reply> Api::flushNames(kj::Own<Session> session, kj::StringPtr body) {
  capnp::MallocMessageBuilder message;
  auto wanted = message.initRoot<view::FlushRequest>();
  KJ_IF_MAYBE (why, readJson(body, wanted)) return problem(400, *why);
  KJ_IF_MAYBE (resolver, suite.resolver()) {
    auto request = resolver->flushRequest();
    request.setBelow(wanted.getName());
    auto reply = request.send().then(
        [](auto&& answer) { return json(kj::str("{\"count\":", answer.getCount(), "}")); });
    return timer.timeoutAfter(POLICY_TIME, kj::mv(reply))
        .catch_([](kj::Exception&& e) { return resolverFailed(e); })
        .attach(kj::mv(session));
  }
  return problem(503, NO_RESOLVER);
}

}  // namespace portreeve::gateway
