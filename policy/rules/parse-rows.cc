// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/parse-rows.h"

#include "policy/rules/nearest.h"
#include "policy/rules/parse-process.h"
#include "policy/rules/parse-values.h"

namespace portreeve::rules {
namespace {

const Row* findRow(kj::ArrayPtr<const Row> rows, kj::StringPtr key) {
  for (auto& row : rows)
    if (row.key == key) return &row;
  return nullptr;
}

bool contains(kj::ArrayPtr<const kj::StringPtr> words, kj::StringPtr word) {
  for (auto one : words)
    if (one == word) return true;
  return false;
}

kj::String whyUnknown(kj::StringPtr prefix, kj::StringPtr key, kj::ArrayPtr<const Row> rows,
                      kj::ArrayPtr<const kj::StringPtr> otherKeys) {
  bool top = prefix.size() == 0;
  if (top && isOfProcess(key))
    return kj::str("unknown key \"", key,
                   "\": what belongs to the process stands in its table, "
                   "process = { ",
                   key, " = … }");
  kj::Vector<kj::StringPtr> known;
  for (auto& row : rows) known.add(row.key);
  known.addAll(otherKeys);
  return kj::str("unknown key \"", prefix, key, '"', didYouMean(key, known));
}

}  // namespace

void parseRows(kj::ArrayPtr<const Row> rows, kj::StringPtr prefix, const toml::table& table,
               kj::ArrayPtr<const kj::StringPtr> otherKeys, const OperandContext& context,
               Operands& out) {
  for (auto&& [key, value] : table) {
    kj::String word = copyText(key.str());
    if (contains(otherKeys, word)) continue;
    const Row* row = findRow(rows, word);
    if (row == nullptr)
      context.complaints.at(key.source(), whyUnknown(prefix, word, rows, otherKeys));
    else
      row->parse(Site{row->key, table, value, context, out});
  }
}

}  // namespace portreeve::rules
