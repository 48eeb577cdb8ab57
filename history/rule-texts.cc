// SPDX-License-Identifier: GPL-3.0-or-later
#include "history/rule-texts.h"

#include "history/failure.h"

#include <kj/vector.h>

namespace portreeve::history {

kj::Own<rules::RuleSet> compile(capnp::List<proto::RuleText>::Reader texts,
                                const Settings::PolicyTable& settings, const UserNames& users,
                                kj::StringPtr listFolder) {
  kj::Vector<rules::RuleSource> sources;
  for (bool own : {false, true})
    for (auto text : texts)
      if (text.getOwn() == own)
        sources.add(rules::RuleSource{kj::str(text.getFile()), kj::str(text.getText()),
                                      own ? rules::Layer::SUITE : rules::Layer::ADMINISTRATOR,
                                      text.getWritten()});
  rules::RuleOptions options{users,
                             settings.defaultAction,
                             settings.keepExisting,
                             settings.builtinOff.asPtr(),
                             listFolder,
                             0,
                             nullptr};
  auto loaded = rules::RuleSet::load(sources, options);
  KJ_IF_MAYBE (set, loaded.set) return kj::mv(*set);
  auto lines = KJ_MAP(problem, loaded.problems) {
    return problem.toString();
  };
  fail(kj::strArray(lines, "\n"));
}

}  // namespace portreeve::history
