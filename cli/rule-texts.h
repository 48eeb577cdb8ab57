// SPDX-License-Identifier: GPL-3.0-or-later
// What the historian is to judge the past by: files of rules, [policy], and the profile in force.
#pragma once

#include "cli/session.h"
#include "proto/history.capnp.h"
#include "proto/policy.capnp.h"

#include <kj/string.h>
#include <kj/vector.h>

namespace portreeve::cli {

struct RuleTexts {
  struct File {
    kj::String file, text;
    bool own;  // the suite's
    uint64_t written;
    uint32_t user = proto::NOBODYS_UID;
  };
  kj::Vector<File> files;
  kj::String policy;  // the table in force

  void addInForce(Session& session, bool administrators);
  // As policy has them, not as the files are: what is in force is what is to be compared with.
  // `administrators`: his, too.

  proto::ProfilesView::Reader profiles() const { return KJ_ASSERT_NONNULL(answer).getProfiles(); }
  // After addInForce.

  template <typename Request>
  void fill(Request& request) const {
    auto list = request.initRules(uint(files.size()));
    for (uint i = 0; i < list.size(); i++) {
      list[i].setFile(files[i].file);
      list[i].setText(files[i].text);
      list[i].setOwn(files[i].own);
      list[i].setWritten(files[i].written);
      list[i].setUser(files[i].user);
    }
    request.setPolicy(policy);
  }

private:
  kj::Maybe<capnp::Response<proto::Observer::ProfilesResults>> answer;
};

}  // namespace portreeve::cli
