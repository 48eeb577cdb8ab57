// SPDX-License-Identifier: GPL-3.0-or-later
// ufw's rules, by the "### tuple ###" comments that ufw itself reads them from:
//   action protocol dport dst sport src [dapp sapp] direction[_interface] [comment=hex]
#include "cli/failure.h"
#include "cli/import-formats.h"
#include "cli/text-file.h"

#include <errno.h>
#include <string.h>

#include <string>

namespace portreeve::cli {
namespace {

constexpr kj::StringPtr TUPLE = "### tuple ### "_kj;

bool isAny(kj::StringPtr text) {
  return text == "any" || text == "0.0.0.0/0" || text == "::/0";
}

kj::String ports(kj::StringPtr list) {
  // "80,443,8000:8100"
  kj::Vector<kj::String> values;
  kj::Vector<char> one;
  for (size_t i = 0; i <= list.size(); i++) {
    char c = i < list.size() ? list[i] : ',';
    if (c != ',') {
      one.add(c == ':' ? '-' : c);
      continue;
    }
    values.add(kj::str('"', kj::heapString(one.begin(), one.size()), '"'));
    one.clear();
  }
  return kj::str('[', kj::strArray(values, ", "), ']');
}

kj::Maybe<kj::StringPtr> actionOf(kj::StringPtr word) {
  if (word == "allow") return "allow"_kj;
  if (word == "deny") return "drop"_kj;
  if (word == "reject") return "block"_kj;
  if (word == "limit") return "allow"_kj;
  return nullptr;
}

void convert(kj::StringPtr origin, kj::ArrayPtr<const kj::String> words, Conversion& into) {
  kj::Vector<kj::StringPtr> fields;
  for (auto& word : words)
    if (!word.startsWith("comment=")) fields.add(word);
  if (fields.size() != 7 && fields.size() != 9)
    return into.leaveOut(origin, kj::str("a tuple of ", fields.size(), " fields is not known"));
  if (fields[0].startsWith("route:"))
    return into.leaveOut(origin,
                         "a rule for forwarded packets: this firewall judges those of this "
                         "machine's own programs");
  auto verb = kj::str(fields[0].slice(0, fields[0].findFirst('_').orDefault(fields[0].size())));
  auto& where = fields[fields.size() - 1];
  auto side = kj::str(where.slice(0, where.findFirst('_').orDefault(where.size())));
  if (side != "in" && side != "out")
    return into.leaveOut(origin, kj::str("the direction \"", where, "\" is not known"));
  KJ_IF_MAYBE (action, actionOf(verb)) {
    ForeignRule rule(kj::str("ufw: ", kj::strArray(fields, " ")), *action);
    rule.comment(kj::str("from ", origin));
    rule.text("direction", side);
    if (fields[1] != "any") rule.text("protocol", fields[1]);
    bool in = side == "in";
    if (!isAny(fields[2])) rule.line(in ? "local_port" : "remote_port", ports(fields[2]));
    if (!isAny(fields[3])) rule.text(in ? "local_address" : "address", fields[3]);
    if (!isAny(fields[4])) rule.line(in ? "remote_port" : "local_port", ports(fields[4]));
    if (!isAny(fields[5])) rule.text(in ? "address" : "local_address", fields[5]);
    KJ_IF_MAYBE (under, where.findFirst('_')) rule.text("interface", where.slice(*under + 1));
    if (verb == "limit")
      into.remark(
          kj::str(origin, ": \"limit\" became \"allow\": there is no limit of attempts here"));
    if (fields[0].findFirst('_') != nullptr)
      into.remark(kj::str(origin, ": logging is left out: every connection is seen here"));
    into.add(origin, kj::mv(rule));
  } else {
    into.leaveOut(origin, kj::str("the action \"", fields[0], "\" is not known"));
  }
}

bool readTuples(kj::StringPtr file, Conversion& into) {
  auto content = readText(file);
  KJ_IF_MAYBE (text, content) {
    eachLine(*text, [&](size_t number, kj::String line) {
      if (line.startsWith(TUPLE))
        convert(kj::str(file, ':', number), wordsOf(line.slice(TUPLE.size())), into);
    });
    return true;
  }
  return false;
}

}  // namespace

void importUfw(kj::StringPtr folder, Conversion& into) {
  auto v4 = kj::str(folder, "/user.rules");
  bool any = readTuples(v4, into);
  if (!any) throw Failure(FAILED, v4, ": ", strerror(errno));
  readTuples(kj::str(folder, "/user6.rules"), into);
  into.remark(
      "ufw's defaults (/etc/default/ufw), before.rules and after.rules are not converted: write "
      "[policy] default, "
      "or a last rule for direction = \"in\"");
}

}  // namespace portreeve::cli
