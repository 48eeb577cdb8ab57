// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/name-lookups.h"

#include "common/address-message.h"
#include "common/log.h"

#include <algorithm>

namespace portreeve::policy {
namespace {

constexpr auto PATIENCE = 100 * kj::MILLISECONDS;
constexpr auto PATIENCE_AT_START = 1 * kj::SECONDS;
constexpr auto STARTING = 3 * kj::SECONDS;
constexpr size_t MOST_UNDER_WAY = 1024;

}  // namespace

void rememberAnswer(NameTable& names, Askers& askers, proto::NameAnswer::Reader answer) {
  // The asker that comes with the answer was ours when the query came. The client's end may be
  // another's by now.
  if (answer.hasAsker()) {
    auto echoed = programOf(answer.getAsker());
    if (echoed->instance != 0) return names.remember(answer, *echoed);
    if (echoed->uid != nullptr) {
      // Another process of that program: the one that the resolver was told of has not asked.
      KJ_IF_MAYBE (program, askers.find(Tuple::from(answer.getClient())))
        if ((*program)->path == echoed->path && (*program)->uid == echoed->uid)
          return names.remember(answer, **program);
      return names.remember(answer, *echoed);
    }
  }
  KJ_IF_MAYBE (program, askers.find(Tuple::from(answer.getClient())))
    return names.remember(answer, **program);
  names.remember(answer, *Program::unknown("the query was sent before policy started"));
}

NameLookups::NameLookups(kj::Timer& timer, NameTable& names, Askers& askers)
    : NameLookups(timer, names, askers, kj::newPromiseAndFulfiller<void>()) {}

NameLookups::NameLookups(kj::Timer& timer, NameTable& names, Askers& askers,
                         kj::PromiseFulfillerPair<void> pair)
    : timer(timer),
      names(names),
      askers(askers),
      started(timer.now()),
      coming(kj::mv(pair.fulfiller)),
      came(pair.promise.fork()),
      tasks(*this) {}

void NameLookups::offered(proto::NameLookup::Client client, kj::Maybe<int> retoldTable) {
  retold = nullptr;
  told = 0;
  KJ_IF_MAYBE (descriptor, retoldTable) retold = kj::heap<RetoldTableReader>(*descriptor);
  lookup = kj::mv(client);
  everOffered = true;
  coming->fulfill();
}

void NameLookups::toldUpTo(uint64_t number) {
  told = std::max(told, number);
}

bool NameLookups::mayBeBehind(const Program& program) const {
  if (program.askerWord.process == 0) return false;
  KJ_IF_MAYBE (table, retold) return (*table)->latest(program.askerWord.process) > told;
  return false;
}

bool NameLookups::resolverMayCome() const {
  return !everOffered && timer.now() - started < STARTING;
}

kj::Promise<void> NameLookups::fetch(const Address& address) {
  auto found = underWay.find(address);
  if (found != underWay.end()) return found->second.addBranch();
  if (underWay.size() >= MOST_UNDER_WAY) return kj::READY_NOW;
  kj::Promise<void> answer = nullptr;
  if (lookup != nullptr)
    answer = timer.timeoutAfter(PATIENCE, ask(address));
  else if (resolverMayCome())
    answer = timer.timeoutAfter(PATIENCE_AT_START,
                                came.addBranch().then([this, address]() { return ask(address); }));
  else
    return kj::READY_NOW;
  auto shared = answer.catch_([this](kj::Exception&& e) { failed(e); }).fork();
  auto branch = shared.addBranch();
  tasks.add(shared.addBranch().then([this, address]() { underWay.erase(address); }));
  underWay.emplace(address, kj::mv(shared));
  return branch;
}

void NameLookups::failed(const kj::Exception& e) {
  if (e.getType() == kj::Exception::Type::OVERLOADED)
    late++;
  else if (e.getType() == kj::Exception::Type::DISCONNECTED)
    lookup = nullptr;
  else
    log::exception("asking the resolver for names", e);
}

void NameLookups::taskFailed(kj::Exception&& e) {
  log::exception("asking the resolver for names", e);
}

kj::Promise<void> NameLookups::ask(const Address& address) {
  KJ_IF_MAYBE (present, lookup) {
    questions++;
    auto request = present->namesForRequest();
    toMessage(address, request.initAddress());
    return request.send().then([this](auto&& response) { learn(response.getAnswers()); });
  }
  return kj::READY_NOW;
}

void NameLookups::learn(capnp::List<proto::NameAnswer>::Reader answers) {
  // They come newest first; the newest is to be remembered last.
  for (uint i = answers.size(); i-- > 0;) rememberAnswer(names, askers, answers[i]);
}

}  // namespace portreeve::policy
