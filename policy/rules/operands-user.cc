// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/operands.h"

namespace portreeve::rules {
namespace {

constexpr kj::StringPtr NOTHING = "none"_kj;

class UserOperand final : public Operand {
public:
  explicit UserOperand(kj::Vector<User> users)
      : Operand("user", Cost::COMPARE), users(kj::mv(users)) {}

  Match test(const FlowFacts& facts) const override {
    if (!facts.known.user) return Match::MAYBE;
    KJ_IF_MAYBE (uid, facts.process.uid) {
      return toMatch(has(*uid));
    }
    return Match::NO;
  }
  kj::String wanted() const override {
    return kj::strArray(
        KJ_MAP(user, users) { return kj::StringPtr(user.written); }, ", ");
  }
  kj::String found(const FlowFacts& facts) const override {
    KJ_IF_MAYBE (uid, facts.process.uid) {
      return kj::str("uid ", *uid);
    }
    return kj::str(NOTHING);
  }
  bool covers(const Operand& other) const override {
    if (key != other.key) return false;
    for (auto& user : static_cast<const UserOperand&>(other).users)
      if (!has(user.uid)) return false;
    return true;
  }
  void addKeys(OperandKeys& keys) const override {
    for (auto& user : users) keys.add(KeyKind::USER, user.uid);
  }

private:
  kj::Vector<User> users;

  bool has(uint32_t uid) const {
    for (auto& user : users)
      if (user.uid == uid) return true;
    return false;
  }
};

class GroupOperand final : public Operand {
public:
  explicit GroupOperand(kj::Vector<Group> groups)
      : Operand("group", Cost::RANGES), groups(kj::mv(groups)) {}

  Match test(const FlowFacts& facts) const override {
    if (!facts.known.user) return Match::MAYBE;
    for (auto& group : groups)
      if (isIn(group, facts.process)) return Match::YES;
    return Match::NO;
  }
  kj::String wanted() const override {
    return kj::strArray(
        KJ_MAP(group, groups) { return kj::StringPtr(group.written); }, ", ");
  }
  kj::String found(const FlowFacts& facts) const override {
    kj::String user = kj::str(NOTHING), group = kj::str(NOTHING);
    KJ_IF_MAYBE (uid, facts.process.uid) user = kj::str("uid ", *uid);
    KJ_IF_MAYBE (gid, facts.process.gid) group = kj::str("gid ", *gid);
    return kj::str(group, " (", user, ')');
  }
  bool covers(const Operand& other) const override {
    if (key != other.key) return false;
    for (auto& theirs : static_cast<const GroupOperand&>(other).groups)
      if (!has(theirs.gid)) return false;
    return true;
  }

private:
  kj::Vector<Group> groups;

  static bool isIn(const Group& group, const ProcessFacts& process) {
    KJ_IF_MAYBE (gid, process.gid) {
      if (*gid == group.gid) return true;
    }
    KJ_IF_MAYBE (uid, process.uid) {
      for (uint32_t member : group.members)
        if (member == *uid) return true;
    }
    return false;
  }
  bool has(uint32_t gid) const {
    for (auto& group : groups)
      if (group.gid == gid) return true;
    return false;
  }
};

class InstanceOperand final : public Operand {
public:
  explicit InstanceOperand(kj::Vector<Instance> instances)
      : Operand("process.instance", Cost::COMPARE), instances(kj::mv(instances)) {}

  Match test(const FlowFacts& facts) const override {
    if (!facts.known.process) return Match::MAYBE;
    return toMatch(has({facts.process.pid, facts.process.startTicks}));
  }
  kj::String wanted() const override {
    return kj::strArray(
        KJ_MAP(one, instances) { return kj::str(one.pid, '@', one.startTicks); }, ", ");
  }
  kj::String found(const FlowFacts& facts) const override {
    if (facts.process.pid == 0) return kj::str(NOTHING);
    return kj::str(facts.process.pid, '@', facts.process.startTicks);
  }
  bool covers(const Operand& other) const override {
    if (key != other.key) return false;
    for (auto& theirs : static_cast<const InstanceOperand&>(other).instances)
      if (!has(theirs)) return false;
    return true;
  }

private:
  kj::Vector<Instance> instances;

  bool has(const Instance& wanted) const {
    for (auto& one : instances)
      if (one.pid == wanted.pid && one.startTicks == wanted.startTicks) return true;
    return false;
  }
};

}  // namespace

kj::Own<Operand> userOperand(kj::Vector<User> users) {
  return kj::heap<UserOperand>(kj::mv(users));
}

kj::Own<Operand> groupOperand(kj::Vector<Group> groups) {
  return kj::heap<GroupOperand>(kj::mv(groups));
}

kj::Own<Operand> instanceOperand(kj::Vector<Instance> instances) {
  return kj::heap<InstanceOperand>(kj::mv(instances));
}

}  // namespace portreeve::rules
