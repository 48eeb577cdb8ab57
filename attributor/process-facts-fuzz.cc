// SPDX-License-Identifier: GPL-3.0-or-later
// All that a process may have had a hand in (its name, its arguments, its paths, its groups), as
// the reader hands it over. The parts of an input are set apart by 0x1e: stat, cgroup, the text of
// the link exe, arguments, working directory, AppImage, the links exe of its ancestors.
#include "attributor/process-facts.h"
#include "tests/fuzz/fuzz-target.h"

#include <capnp/message.h>

#include <initializer_list>

namespace {

using namespace portreeve;
using namespace portreeve::attributor;

constexpr uint8_t APART = 0x1e;
constexpr size_t MOST_OF_A_PART = 4096;

class Parts {
public:
  Parts(const uint8_t* data, size_t size) : rest(data, size) {}
  kj::ArrayPtr<const kj::byte> next() {
    size_t end = 0;
    while (end < rest.size() && rest[end] != APART) end++;
    auto part = rest.slice(0, kj::min(end, MOST_OF_A_PART));
    rest = rest.slice(kj::min(end + 1, rest.size()), rest.size());
    return part;
  }
  bool done() const { return rest.size() == 0; }

private:
  kj::ArrayPtr<const kj::byte> rest;
};

void fill(proto::reader::Answer::Builder answer, Parts parts) {
  answer.setPid(100);
  answer.setStartTicks(5000);
  answer.setFileDevice(1);
  answer.setFileInode(500);
  answer.setHostDevice(1);
  answer.setHostInode(500);
  answer.setFileLinks(1);
  answer.setStat(parts.next());
  answer.setCgroup(parts.next());
  answer.setExe(parts.next());
  answer.setCommandLine(parts.next());
  answer.setWorkingDirectory(parts.next());
  answer.setAppImage(parts.next());
  constexpr unsigned ANCESTORS = 4;
  auto list = answer.initParents(ANCESTORS);
  for (auto parent : list) parent.setExe(parts.next());
}

void checkText(capnp::Text::Reader text) {
  // Nothing reaches a terminal, a log or a rule as it came.
  for (unsigned char c : text) require(c >= 0x20 && c != 0x7f);
}

void check(const ProcessFacts& facts) {
  for (auto detail : {Detail::BRIEF, Detail::FULL}) {
    capnp::MallocMessageBuilder message;
    auto process = message.initRoot<proto::Process>();
    facts.to(process, detail);
    require(process.totalSize().wordCount <= facts.words(detail));
    for (auto text : {process.asReader().getPath(), process.asReader().getName(),
                      process.asReader().getCommandLine(), process.asReader().getUnit(),
                      process.asReader().getCgroup(), process.asReader().getWorkingDirectory(),
                      process.asReader().getAppImage(), process.asReader().getScript(),
                      process.asReader().getStablePath(), process.asReader().getSlice(),
                      process.asReader().getContainer(), process.asReader().getPod(),
                      process.asReader().getFlatpak(), process.asReader().getSnap()})
      checkText(text);
    for (auto parent : process.asReader().getParents()) checkText(parent.getPath());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  capnp::MallocMessageBuilder message;
  auto answer = message.initRoot<proto::reader::Answer>();
  fill(answer, Parts(data, size));
  FileHistory history;
  auto facts = factsFrom(answer.asReader(), nullptr, history);
  check(*facts);
  // The same bytes say the same.
  auto again = factsFrom(answer.asReader(), facts.get(), history);
  require(again->fingerprint() == facts->fingerprint() && again->instance == facts->instance);
  return 0;
}
