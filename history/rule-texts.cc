// SPDX-License-Identifier: GPL-3.0-or-later
#include "history/rule-texts.h"

#include "history/failure.h"

#include <kj/vector.h>

namespace portreeve::history {
namespace {

rules::Layer layerOf(proto::RuleText::Reader text) {
  if (text.getUser() != proto::NOBODYS_UID) return rules::Layer::USER;
  return text.getOwn() ? rules::Layer::SUITE : rules::Layer::ADMINISTRATOR;
}

void requireProfile(kj::ArrayPtr<const Profile> profiles, kj::StringPtr name) {
  if (name.size() == 0) return;
  for (auto& profile : profiles)
    if (profile.name == name) return;
  auto names = KJ_MAP(profile, profiles)->kj::StringPtr {
    return profile.name;
  };
  fail("there is no profile \"", name, "\": portreeve.toml has ",
       names.size() == 0 ? kj::str("none") : kj::strArray(names, ", "));
}

}  // namespace

kj::Own<rules::RuleSet> compile(capnp::List<proto::RuleText>::Reader texts,
                                const PolicySettings& settings, const UserNames& users,
                                kj::StringPtr listFolder) {
  kj::Vector<rules::RuleSource> sources;
  for (auto layer : {rules::Layer::ADMINISTRATOR, rules::Layer::SUITE, rules::Layer::USER})
    for (auto text : texts)
      if (layerOf(text) == layer)
        sources.add(rules::RuleSource{kj::str(text.getFile()), kj::str(text.getText()), layer,
                                      text.getWritten(),
                                      layer == rules::Layer::USER ? text.getUser() : 0});
  rules::RuleOptions options{users,
                             settings.table.defaultAction,
                             settings.table.keepExisting,
                             settings.table.builtinOff.asPtr(),
                             listFolder,
                             0,
                             settings.profiles};
  options.othersHaveDnsPort = settings.othersHaveDnsPort;
  auto loaded = rules::RuleSet::load(sources, options);
  KJ_IF_MAYBE (set, loaded.set) return kj::mv(*set);
  auto lines = KJ_MAP(problem, loaded.problems) {
    return problem.toString();
  };
  fail(kj::strArray(lines, "\n"));
}

void suppose(rules::RuleSet& set, kj::ArrayPtr<const Profile> profiles, kj::StringPtr inForce,
             capnp::List<capnp::Text>::Reader here) {
  requireProfile(profiles, inForce);
  auto networks = KJ_MAP(name, here)->kj::StringPtr {
    requireProfile(profiles, name);
    return name;
  };
  set.setCircumstances({inForce, networks});
}

}  // namespace portreeve::history
