// SPDX-License-Identifier: GPL-3.0-or-later
// Which profile is in force: the one that somebody chose, else the first of the settings that fits
// the network. The choice is a file of the state folder, so that it is changed, confirmed, undone
// and logged like a file of rules; where the machine is is kept beside it, for a policy that comes
// back before the resolver has told it again.
#pragma once

#include "policy/attachment.h"
#include "policy/durable-folder.h"
#include "policy/rule-files.h"
#include "policy/rules/facts.h"
#include "policy/rules/rule.h"

#include <kj/array.h>
#include <kj/async.h>
#include <kj/string.h>

#include <cstdint>

namespace portreeve::policy {

class Profiles {
public:
  static constexpr kj::StringPtr ATTACHMENT_FILE = "last-attachment.toml"_kj;

  Profiles(kj::ArrayPtr<const Profile> known, DurableFolder& state) : known(known), state(state) {}
  // Both outlive it. In force is none before `restore`.
  KJ_DISALLOW_COPY(Profiles);

  void restore(uint64_t suiteStartedNs, uint64_t nowWallNs);
  // The choice, and where this machine was if that was told since the suite started: a machine that
  // is switched on elsewhere is nowhere yet. Files that cannot be read are said and taken as
  // missing.

  bool readChoice(uint64_t nowWallNs);
  // After its file was written. Whether another profile is in force.
  bool learn(Attachment attachment, uint64_t nowWallNs);
  // Whether another profile is in force, or the machine is on the networks of others.

  kj::Maybe<FileContent> choiceOf(kj::StringPtr wanted) const;
  // What the file has to say for "auto" (no file), "none" or the name of one. Throws FAILED in
  // words where there is no such profile.

  kj::StringPtr inForce() const;                   // empty: none
  kj::StringPtr chosen() const { return choice; }  // "auto", "none", or a name
  kj::String reason() const;                       // in words
  rules::Circumstances circumstances() const { return {inForce(), networks}; }
  // Valid until the next change.
  kj::Maybe<const Profile&> settings() const;  // of the one in force
  kj::ArrayPtr<const Profile> all() const { return known; }

  void fill(proto::ProfilesView::Builder view) const;

private:
  kj::ArrayPtr<const Profile> known;
  DurableFolder& state;
  kj::String choice = kj::str("auto");
  Attachment attachment;
  bool attachmentKnown = false;
  kj::Array<kj::StringPtr> networks;
  kj::Maybe<const Profile&> current;
  uint64_t sinceNs = 0;
  kj::Promise<void> keeping = nullptr;  // the attachment on its way to the disk

  void restoreAttachment(uint64_t suiteStartedNs);
  bool settle(uint64_t nowWallNs);
  kj::Maybe<const Profile&> find(kj::StringPtr name) const;
  kj::Maybe<const Profile&> ofNetwork() const;
  void keepAttachment();
};

}  // namespace portreeve::policy
