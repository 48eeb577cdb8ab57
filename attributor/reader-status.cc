// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/reader-status.h"

#include "common/accounts.h"
#include "common/log.h"

#include <capnp/serialize.h>
#include <kj/debug.h>
#include <string.h>

namespace portreeve::attributor {
namespace {

constexpr auto PATIENCE = 500 * kj::MILLISECONDS;

capnp::ReaderOptions limits() {
  capnp::ReaderOptions options;
  options.traversalLimitInWords = proto::reader::READER_ANSWER_BYTES;
  options.nestingLimit = 8;
  return options;
}

}  // namespace

class ReaderStatus::Asker final : public ReaderLink::Asker {
public:
  explicit Asker(kj::Own<kj::PromiseFulfiller<ReaderStatus>> fulfiller)
      : fulfiller(kj::mv(fulfiller)) {}

  void answered(ReaderLink::Answer answer) override {
    ReaderStatus status;
    auto bytes = answer.getReport();
    size_t words = bytes.size() / sizeof(capnp::word);
    status.report = kj::heapArray<capnp::word>(words);
    memcpy(status.report.begin(), bytes.begin(), words * sizeof(capnp::word));
    status.state = "degraded"_kj;
    status.reason = "it said nothing of itself"_kj;
    fulfiller->fulfill(kj::mv(status));
  }
  void notAnswered(NoAnswer why) override {
    ReaderStatus status;
    status.state = why == NoAnswer::AWAY ? "stopped"_kj : "not answering"_kj;
    status.reason = toText(why);
    fulfiller->fulfill(kj::mv(status));
  }

private:
  kj::Own<kj::PromiseFulfiller<ReaderStatus>> fulfiller;
};

kj::Promise<ReaderStatus> ReaderStatus::ask(ReaderLink& reader, kj::Timer& timer) {
  auto paf = kj::newPromiseAndFulfiller<ReaderStatus>();
  ReaderQuestion question;
  question.kind = ReaderQuestion::Kind::STATUS;
  reader.ask(question, Urgency::PEOPLE, kj::heap<Asker>(kj::mv(paf.fulfiller)));
  return paf.promise.exclusiveJoin(timer.afterDelay(PATIENCE).then([]() {
    ReaderStatus status;
    status.state = "not answering"_kj;
    status.reason = toText(NoAnswer::SILENT);
    return status;
  }));
}

void ReaderStatus::to(capnp::List<proto::view::ProcessStatus>::Builder list, uint32_t at) const {
  bool copied = false;
  if (report.size() > 0) {
    auto problem = kj::runCatchingExceptions([&]() {
      capnp::FlatArrayMessageReader message(report, limits());
      list.setWithCaveats(at, message.getRoot<proto::view::ProcessStatus>());
      copied = true;
    });
    KJ_IF_MAYBE (e, problem) log::exception("the reader's status", *e);
  }
  list[at].setName(name(Role::READER));
  if (copied) return;
  list[at].setState(state);
  list[at].setReason(reason);
}

}  // namespace portreeve::attributor
