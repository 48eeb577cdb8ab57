// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/profiles.h"

#include "common/clock.h"
#include "common/log.h"
#include "policy/attachment-file.h"
#include "policy/failure.h"
#include "policy/rules/nearest.h"
#include "policy/toml-text.h"

#define TOML_HEADER_ONLY 0
#include <toml++/toml.h>

#include <algorithm>
#include <string_view>

namespace portreeve::policy {
namespace {

constexpr kj::StringPtr AUTO = "auto"_kj;
constexpr kj::StringPtr NONE = "none"_kj;

kj::String parseChoice(kj::StringPtr text) {
  auto root = toml::parse(std::string_view(text.begin(), text.size()));
  auto word = root["profile"].value<std::string_view>();
  if (!word) return kj::str(AUTO);
  return kj::heapString(word->data(), word->size());
}

bool same(kj::ArrayPtr<const kj::StringPtr> a, kj::ArrayPtr<const kj::StringPtr> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

}  // namespace

void Profiles::restore(uint64_t suiteStartedNs, uint64_t nowWallNs) {
  restoreAttachment(suiteStartedNs);
  readChoice(nowWallNs);
  sinceNs = nowWallNs;
}

void Profiles::restoreAttachment(uint64_t suiteStartedNs) {
  KJ_IF_MAYBE (e, kj::runCatchingExceptions([&]() {
                 KJ_IF_MAYBE (content, state.read(ATTACHMENT_FILE)) {
                   if (content->writtenNs < suiteStartedNs) return;
                   attachment = parseAttachment(state.fullPath(ATTACHMENT_FILE), content->text);
                   attachmentKnown = true;
                 }
               }))
    log::exception("reading where this machine was", *e);
}

bool Profiles::readChoice(uint64_t nowWallNs) {
  choice = kj::str(AUTO);
  try {
    KJ_IF_MAYBE (content, state.read(CHOICE_FILE)) choice = parseChoice(content->text);
  } catch (const toml::parse_error&) {
    log::error(kj::str(state.fullPath(CHOICE_FILE),
                       " is not what policy has written: the profile goes by the network"));
  }
  bool there = choice == AUTO || choice == NONE || find(choice) != nullptr;
  if (!there) {
    log::warning(kj::str("profile \"", choice, "\" was chosen and stands in portreeve.toml no ",
                         "more: the profile goes by the network"));
    choice = kj::str(AUTO);
  }
  return settle(nowWallNs);
}

bool Profiles::learn(Attachment told, uint64_t nowWallNs) {
  attachment = kj::mv(told);
  attachmentKnown = true;
  keepAttachment();
  return settle(nowWallNs);
}

bool Profiles::settle(uint64_t nowWallNs) {
  kj::Vector<kj::StringPtr> fitting;
  for (auto& profile : known)
    if (attachment.fits(profile)) fitting.add(profile.name);
  bool moved = !same(fitting, networks);
  networks = fitting.releaseAsArray();
  auto before = kj::str(inForce());
  current = choice == AUTO ? ofNetwork() : find(choice);
  bool switched = inForce() != before;
  if (switched) sinceNs = nowWallNs;
  return moved || switched;
}

kj::Maybe<FileContent> Profiles::choiceOf(kj::StringPtr wanted) const {
  if (wanted == AUTO) return nullptr;
  if (wanted != NONE && find(wanted) == nullptr) {
    kj::Vector<kj::StringPtr> words;
    words.add(AUTO);
    words.add(NONE);
    for (auto& profile : known) words.add(profile.name);
    fail("there is no [profile.", wanted, "] in portreeve.toml", rules::didYouMean(wanted, words));
  }
  return FileContent{
      kj::str("# Chosen with `portreeve profile use`.\nprofile = ", quoted(wanted), '\n')};
}

kj::StringPtr Profiles::inForce() const {
  KJ_IF_MAYBE (profile, current) return profile->name;
  return "";
}

kj::Maybe<const Profile&> Profiles::settings() const {
  return current;
}

kj::String Profiles::reason() const {
  if (choice != AUTO) return kj::str("chosen by hand");
  if (known.size() == 0) return kj::str("the settings have no profiles");
  if (!attachmentKnown) return kj::str("the resolver has not told yet which network this is");
  return kj::str(current == nullptr ? "no profile fits the network: " : "by the network: ",
                 attachment.toString());
}

void Profiles::fill(proto::ProfilesView::Builder view) const {
  view.setInForce(inForce());
  view.setChosen(choice);
  view.setSince(rfc3339(sinceNs));
  view.setReason(reason());
  view.setKnown(attachmentKnown);
  attachment.to(view.initAttachment());
  auto list = view.initProfiles(uint(known.size()));
  for (uint i = 0; i < list.size(); i++) {
    auto& profile = known[i];
    list[i].setName(profile.name);
    list[i].setInForce(profile.name == inForce());
    list[i].setHere(attachment.fits(profile));
    KJ_IF_MAYBE (action, profile.defaultAction) list[i].setDefault(toText(*action));
    KJ_IF_MAYBE (action, profile.unanswered) list[i].setUnanswered(toText(*action));
    auto when = list[i].initWhen(uint(profile.when.size()));
    for (uint j = 0; j < when.size(); j++) when.set(j, profile.when[j].toString());
  }
}

kj::Maybe<const Profile&> Profiles::find(kj::StringPtr name) const {
  for (auto& profile : known)
    if (profile.name == name) return profile;
  return nullptr;
}

kj::Maybe<const Profile&> Profiles::ofNetwork() const {
  for (auto& profile : known)
    if (attachment.fits(profile)) return profile;
  return nullptr;
}

void Profiles::keepAttachment() {
  keeping = state.replace(ATTACHMENT_FILE, FileContent{attachmentText(attachment)})
                .eagerlyEvaluate([](kj::Exception&& e) {
                  log::exception("keeping where this machine is for a restart", e);
                });
}

}  // namespace portreeve::policy
