// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/prompts/prompts-file.h"

#include "common/process-words.h"
#include "policy/failure.h"
#include "policy/rules/rule.h"
#include "policy/toml-text.h"

#include <capnp/message.h>

#define TOML_HEADER_ONLY 0
#include <toml++/toml.h>

#include <string_view>

namespace portreeve::policy {
namespace {

using proto::Verdict;

constexpr kj::StringPtr HEADING =
    "# Questions that nobody has answered yet, and answers for this once. Policy goes on with them "
    "after\n# a restart. Changing something here has no use: `portreeve ask` answers.\n"_kj;
constexpr size_t MOST_PARENTS = 16;  // proto/flow.capnp, Process.parents
constexpr size_t MOST_NAMES = 64;

// Writing -----------------------------------------------------------------------------------------

kj::String partyText(kj::StringPtr key, const Party& party) {
  auto& program = *party.program;
  auto parents = KJ_MAP(parent, program.parents) {
    return kj::str("{ pid = ", parent.pid, ", path = ", quoted(parent.path), " }");
  };
  return kj::str(key, " = { kind = ", int(program.kind), ", pid = ", program.pid,
                 ", start = ", program.startTicks, ", uid = ", program.uid.orDefault(~0u),
                 ", gid = ", program.gid.orDefault(~0u), ", path = ", quoted(program.path),
                 ", name = ", quoted(program.name), ", command = ", quoted(program.commandLine),
                 ", unit = ", quoted(program.unit), ", cgroup = ", quoted(program.cgroup),
                 ", reason = ", quoted(program.reason), ", method = ", int(party.method),
                 ", confidence = ", int(party.confidence), ", parents = [",
                 kj::strArray(parents, ", "), "] }\n");
}

kj::String flowText(const Flow& flow) {
  auto names = KJ_MAP(name, flow.names) {
    return kj::str("{ name = ", quoted(name.name), ", source = ", int(name.source), " }");
  };
  auto& tuple = flow.tuple;
  auto& judgement = flow.judgement;
  auto peer = flow.peer.map([](auto& party) { return partyText("peer", party); });
  auto named =
      judgement.namedBy.map([](auto source) { return kj::str("named_by = ", int(source), '\n'); });
  return kj::str("direction = ", int(flow.direction), "\nprotocol = ", int(tuple.protocol),
                 "\nsource = ", quoted(tuple.source.toString()),
                 "\nsource_port = ", tuple.sourcePort,
                 "\ndestination = ", quoted(tuple.destination.toString()),
                 "\ndestination_port = ", tuple.destinationPort,
                 "\nloopback = ", flow.loopback ? "true" : "false",
                 "\ninterface = ", quoted(flow.interface), "\nrule = ", quoted(judgement.rule),
                 "\norigin = ", quoted(judgement.origin), "\ndomain = ", quoted(judgement.domain),
                 '\n', named.orDefault(kj::String()), "names = [", kj::strArray(names, ", "), "]\n",
                 partyText("process", flow.process), peer.orDefault(kj::String()));
}

kj::String questionText(const Question& question) {
  auto more = KJ_MAP(one, question.more) {
    return kj::str("{ address = ", quoted(one.address.toString()), ", port = ", one.port,
                   ", protocol = ", int(one.protocol), " }");
  };
  return kj::str("id = ", question.id, "\nasked = ", question.askedNs, "\nlast = ", question.lastNs,
                 "\nconnections = ", question.connections,
                 "\nof_receiver = ", question.ofReceiver ? "true" : "false",
                 "\neverything = ", question.everything ? "true" : "false", "\nmore = [",
                 kj::strArray(more, ", "), "]\n", flowText(question.flow));
}

kj::String onceText(const OnceAnswer& answer) {
  return kj::str("\n[[once]]\nverdict = ", int(answer.verdict), "\nuntil = ", answer.untilNs,
                 "\nwho = ", quoted(answer.who), "\nexact = ", answer.exact ? "true" : "false",
                 '\n', questionText(*answer.about));
}

// Reading -----------------------------------------------------------------------------------------

class Reader {
public:
  explicit Reader(const toml::table& table) : table(table) {}

  int64_t number(const char* key, int64_t least, int64_t most) const {
    auto value = table[key].value_exact<int64_t>();
    if (!value || *value < least || *value > most) fail(key);
    return *value;
  }
  uint64_t time(const char* key) const { return uint64_t(number(key, 0, INT64_MAX)); }
  bool flag(const char* key) const {
    auto value = table[key].value_exact<bool>();
    if (!value) fail(key);
    return *value;
  }
  kj::String text(const char* key) const {
    auto value = table[key].value_exact<std::string_view>();
    if (!value) fail(key);
    return kj::heapString(value->data(), value->size());
  }
  Address address(const char* key) const {
    KJ_IF_MAYBE (address, Address::parse(text(key))) return *address;
    fail(key);
  }
  template <typename Enum>
  Enum word(const char* key, Enum last) const {
    return Enum(number(key, 0, int64_t(last)));
  }
  bool has(const char* key) const { return table.contains(key); }
  Reader inner(const char* key) const {
    if (auto* found = table[key].as_table()) return Reader(*found);
    fail(key);
  }
  template <typename Each>
  void each(const char* key, size_t most, Each&& use) const {
    auto* list = table[key].as_array();
    if (list == nullptr || list->size() > most) fail(key);
    for (auto& node : *list) {
      if (!node.is_table()) fail(key);
      use(Reader(*node.as_table()));
    }
  }

  [[noreturn]] static void fail(const char* key) { policy::fail("at \"", key, '"'); }

private:
  const toml::table& table;
};

Party parseParty(const Reader& from) {
  capnp::MallocMessageBuilder message;
  auto process = message.initRoot<proto::Process>();
  process.setKind(from.word("kind", proto::ProcessKind::UNKNOWN));
  process.setPid(int32_t(from.number("pid", 0, INT32_MAX)));
  process.setStartTicks(from.time("start"));
  process.setUid(uint32_t(from.number("uid", 0, UINT32_MAX)));
  process.setGid(uint32_t(from.number("gid", 0, UINT32_MAX)));
  process.setPath(from.text("path"));
  process.setName(from.text("name"));
  process.setCommandLine(from.text("command"));
  process.setUnit(from.text("unit"));
  process.setCgroup(from.text("cgroup"));
  process.setReason(from.text("reason"));
  kj::Vector<Program::Ancestor> parents;
  from.each("parents", MOST_PARENTS, [&](const Reader& one) {
    parents.add(Program::Ancestor{int32_t(one.number("pid", 0, INT32_MAX)), one.text("path")});
  });
  auto list = process.initParents(uint(parents.size()));
  for (uint i = 0; i < list.size(); i++) {
    list[i].setPid(parents[i].pid);
    list[i].setPath(parents[i].path);
  }
  return Party{Program::from(process.asReader(), false), from.word("method", proto::Method::BPF),
               from.word("confidence", proto::Confidence::CERTAIN), 0};
}

Tuple parseTuple(const Reader& from) {
  Tuple tuple;
  tuple.protocol = uint8_t(from.number("protocol", 0, 255));
  tuple.source = from.address("source");
  tuple.destination = from.address("destination");
  if (tuple.source.isV4() != tuple.destination.isV4()) Reader::fail("destination");
  tuple.family = tuple.source.isV4() ? proto::Family::IPV4 : proto::Family::IPV6;
  tuple.sourcePort = uint16_t(from.number("source_port", 0, 65535));
  tuple.destinationPort = uint16_t(from.number("destination_port", 0, 65535));
  return tuple;
}

Flow parseFlow(const Reader& from) {
  Flow flow;
  flow.tuple = parseTuple(from);
  flow.direction = from.word("direction", rules::Direction::IN);
  flow.loopback = from.flag("loopback");
  flow.interface = from.text("interface");
  if (flow.tuple.protocol == PROTOCOL_ICMP || flow.tuple.protocol == PROTOCOL_ICMPV6) {
    flow.icmpType = uint8_t(flow.tuple.destinationPort >> 8);
    flow.icmpCode = uint8_t(flow.tuple.destinationPort);
  }
  flow.judgement.verdict = Verdict::ASK;
  flow.judgement.rule = from.text("rule");
  flow.judgement.origin = from.text("origin");
  flow.judgement.domain = from.text("domain");
  if (from.has("named_by")) flow.judgement.namedBy = from.word("named_by", rules::NameSource::ANY);
  from.each("names", MOST_NAMES, [&](const Reader& one) {
    flow.names.add(FlowName{one.text("name"), one.word("source", rules::NameSource::ANY)});
  });
  flow.process = parseParty(from.inner("process"));
  if (from.has("peer")) flow.peer = parseParty(from.inner("peer"));
  return flow;
}

kj::Own<Question> parseQuestion(const Reader& from) {
  auto question = kj::heap<Question>();
  question->id = from.time("id");
  question->askedNs = from.time("asked");
  question->lastNs = from.time("last");
  question->connections = from.time("connections");
  question->ofReceiver = from.flag("of_receiver");
  question->everything = from.flag("everything");
  from.each("more", Question::MOST_DESTINATIONS, [&](const Reader& one) {
    question->more.add(Destination{one.address("address"), uint16_t(one.number("port", 0, 65535)),
                                   uint8_t(one.number("protocol", 0, 255))});
  });
  question->flow = parseFlow(from);
  question->latest = question->flow.tuple;
  return question;
}

Verdict parseVerdict(const Reader& from) {
  auto verdict = from.word("verdict", Verdict::DROP);
  if (verdict != Verdict::ACCEPT && verdict != Verdict::BLOCK && verdict != Verdict::DROP)
    Reader::fail("verdict");
  return verdict;
}

KeptPrompts parseAll(const toml::table& root) {
  Reader from(root);
  KeptPrompts kept;
  kept.lastId = from.time("last_id");
  kept.presence.boot = from.text("boot");
  auto* present = root["present"].as_array();
  if (present == nullptr || present->size() > QuestionTable::MOST) Reader::fail("present");
  for (auto& node : *present) {
    auto uid = node.value_exact<int64_t>();
    if (!uid) Reader::fail("present");
    kept.presence.present.add(*uid);
  }
  if (from.has("question"))
    from.each("question", QuestionTable::MOST,
              [&](const Reader& one) { kept.questions.add(parseQuestion(one)); });
  if (from.has("once"))
    from.each("once", OnceAnswers::MOST, [&](const Reader& one) {
      kept.once.add(OnceAnswer{parseQuestion(one), one.flag("exact"), parseVerdict(one),
                               one.text("who"), one.time("until")});
    });
  return kept;
}

}  // namespace

kj::String promptsText(const QuestionTable& questions, const std::deque<OnceAnswer>& once,
                       const Presence& presence) {
  kj::Vector<kj::String> texts;
  questions.forEach([&](const Question& question) {
    texts.add(kj::str("\n[[question]]\n", questionText(question)));
  });
  for (auto& answer : once) texts.add(onceText(answer));
  return kj::str(HEADING, "boot = ", quoted(presence.boot), "\nlast_id = ", questions.lastId(),
                 "\npresent = [", kj::strArray(presence.present, ", "), "]\n",
                 kj::strArray(texts, ""));
}

KeptPrompts parsePrompts(kj::StringPtr path, kj::StringPtr text) {
  try {
    return parseAll(toml::parse(std::string_view(text.begin(), text.size())));
  } catch (const toml::parse_error& e) {
    fail(path, ": is not what policy has written (line ", e.source().begin.line, ')');
  } catch (const kj::Exception& e) {
    fail(path, ": is not what policy has written (", e.getDescription(), ')');
  }
}

}  // namespace portreeve::policy
