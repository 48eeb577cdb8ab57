// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/tuple.h"
#include "policy/rules/operands.h"
#include "policy/rules/rule.h"

namespace portreeve::rules {
namespace {

bool isIcmp(uint8_t protocol) {
  return protocol == PROTOCOL_ICMP || protocol == PROTOCOL_ICMPV6;
}

class DirectionOperand final : public Operand {
public:
  explicit DirectionOperand(Direction direction)
      : Operand("direction", Cost::COMPARE), direction(direction) {}

  Match test(const FlowFacts& facts) const override {
    return facts.known.direction ? toMatch(facts.direction == direction) : Match::MAYBE;
  }
  kj::String wanted() const override { return kj::str(toText(direction)); }
  kj::String found(const FlowFacts& facts) const override {
    return kj::str(toText(facts.direction));
  }
  bool covers(const Operand& other) const override {
    return key == other.key && direction == static_cast<const DirectionOperand&>(other).direction;
  }
  void narrow(Gate& gate) const override {
    gate.only(Gate::DIRECTION, 2, 1u << unsigned(direction));
  }

private:
  Direction direction;
};

class ProtocolOperand final : public Operand {
public:
  explicit ProtocolOperand(std::bitset<256> protocols)
      : Operand("protocol", Cost::COMPARE), protocols(protocols) {}

  Match test(const FlowFacts& facts) const override {
    return facts.known.protocol ? toMatch(protocols[facts.protocol]) : Match::MAYBE;
  }
  kj::String wanted() const override {
    kj::Vector<kj::String> words;
    for (unsigned number = 0; number < 256; number++)
      if (protocols[number]) words.add(protocolText(uint8_t(number)));
    return kj::strArray(words, ", ");
  }
  kj::String found(const FlowFacts& facts) const override { return protocolText(facts.protocol); }
  bool covers(const Operand& other) const override {
    return key == other.key &&
           (static_cast<const ProtocolOperand&>(other).protocols & ~protocols).none();
  }
  void narrow(Gate& gate) const override {
    uint32_t taken = 0;
    for (unsigned number = 0; number < 256; number++)
      if (protocols[number]) taken |= 1u << Gate::protocolBit(uint8_t(number));
    gate.only(Gate::PROTOCOL, kj::size(Gate::PROTOCOLS) + 1, taken);
  }

private:
  std::bitset<256> protocols;
};

class IcmpTypeOperand final : public Operand {
public:
  explicit IcmpTypeOperand(std::bitset<256> types)
      : Operand("icmp_type", Cost::COMPARE), types(types) {}

  Match test(const FlowFacts& facts) const override {
    if (!facts.known.protocol) return Match::MAYBE;
    if (!isIcmp(facts.protocol)) return Match::NO;
    return facts.known.port ? toMatch(types[facts.icmpType]) : Match::MAYBE;
  }
  kj::String wanted() const override {
    kj::Vector<unsigned> numbers;
    for (unsigned type = 0; type < 256; type++)
      if (types[type]) numbers.add(type);
    return kj::strArray(numbers, ", ");
  }
  kj::String found(const FlowFacts& facts) const override {
    if (!isIcmp(facts.protocol)) return kj::str("none (", protocolText(facts.protocol), ')');
    return kj::str(facts.icmpType);
  }
  bool covers(const Operand& other) const override {
    return key == other.key && (static_cast<const IcmpTypeOperand&>(other).types & ~types).none();
  }
  void narrow(Gate& gate) const override {
    gate.only(Gate::PROTOCOL, kj::size(Gate::PROTOCOLS) + 1,
              1u << Gate::protocolBit(PROTOCOL_ICMP) | 1u << Gate::protocolBit(PROTOCOL_ICMPV6));
  }

private:
  std::bitset<256> types;
};

bool isV4(const Network& network) {
  return network.prefix >= 96 && network.base.isV4();
}

bool within(const Network& network, const Address& address) {
  return isV4(network) == address.isV4() && network.contains(address);
}

class AddressOperand final : public Operand {
public:
  AddressOperand(kj::Vector<Network> networks, End end)
      : Operand(end == End::LOCAL ? "local_address" : "address", Cost::RANGES),
        networks(kj::mv(networks)),
        local(end == End::LOCAL) {}

  Match test(const FlowFacts& facts) const override {
    if (local ? !facts.known.local : !facts.known.address) return Match::MAYBE;
    for (auto& network : networks)
      if (within(network, of(facts))) return Match::YES;
    return Match::NO;
  }
  kj::String wanted() const override {
    return kj::strArray(
        KJ_MAP(network, networks) { return network.toString(); }, ", ");
  }
  kj::String found(const FlowFacts& facts) const override { return of(facts).toString(); }
  void addKeys(OperandKeys& keys) const override {
    if (local) return keys.giveUp();
    for (auto& network : networks) keys.add(network);
  }
  bool covers(const Operand& other) const override {
    if (key != other.key) return false;
    for (auto& narrower : static_cast<const AddressOperand&>(other).networks)
      if (!coversNetwork(narrower)) return false;
    return true;
  }

private:
  kj::Vector<Network> networks;
  bool local;

  const Address& of(const FlowFacts& facts) const { return local ? facts.local : facts.remote; }

  bool coversNetwork(const Network& narrower) const {
    for (auto& network : networks)
      if (isV4(network) == isV4(narrower) && network.prefix <= narrower.prefix &&
          network.contains(narrower.base))
        return true;
    return false;
  }
};

constexpr Scope SCOPES[] = {Scope::LOCALHOST, Scope::LAN, Scope::INTERNET, Scope::MULTICAST};

class ScopeOperand final : public Operand {
public:
  explicit ScopeOperand(uint8_t scopes) : Operand("scope", Cost::COMPARE), scopes(scopes) {}

  Match test(const FlowFacts& facts) const override {
    return facts.known.address ? toMatch(has(facts.scope())) : Match::MAYBE;
  }
  kj::String wanted() const override {
    kj::Vector<kj::StringPtr> words;
    for (auto scope : SCOPES)
      if (has(scope)) words.add(toText(scope));
    return kj::strArray(words, ", ");
  }
  kj::String found(const FlowFacts& facts) const override {
    return kj::str(portreeve::toText(facts.scope()), " (", facts.remote.toString(), ')');
  }
  bool covers(const Operand& other) const override {
    return key == other.key && (static_cast<const ScopeOperand&>(other).scopes & ~scopes) == 0;
  }
  void narrow(Gate& gate) const override { gate.only(Gate::SCOPE, kj::size(SCOPES), scopes); }

private:
  uint8_t scopes;
  bool has(Scope scope) const { return (scopes >> unsigned(scope) & 1) != 0; }
};

constexpr int LONGEST_INDEXED_RANGE = 256;  // a longer one says too little to be found by

class PortOperand final : public Operand {
public:
  PortOperand(kj::Vector<PortRange> ranges, PortOf which)
      : Operand(keyOf(which), Cost::RANGES), ranges(kj::mv(ranges)), which(which) {}

  Match test(const FlowFacts& facts) const override {
    if (!isKnown(facts)) return Match::MAYBE;
    uint16_t port = of(facts);
    return toMatch(has(port, port));
  }
  kj::String wanted() const override {
    return kj::strArray(
        KJ_MAP(range, ranges) {
          return range.first == range.last ? kj::str(range.first)
                                           : kj::str(range.first, '-', range.last);
        },
        ", ");
  }
  kj::String found(const FlowFacts& facts) const override {
    return of(facts) == 0 ? kj::str("none") : kj::str(of(facts));
  }
  void addKeys(OperandKeys& keys) const override {
    if (which != PortOf::SERVICE) return keys.giveUp();
    for (auto& range : ranges) {
      if (range.last - range.first >= LONGEST_INDEXED_RANGE) return keys.giveUp();
      for (uint32_t port = range.first; port <= range.last; port++) keys.add(KeyKind::PORT, port);
    }
  }
  bool covers(const Operand& other) const override {
    if (key != other.key) return false;
    for (auto& range : static_cast<const PortOperand&>(other).ranges)
      if (!has(range.first, range.last)) return false;
    return true;
  }

private:
  kj::Vector<PortRange> ranges;
  PortOf which;

  static kj::StringPtr keyOf(PortOf which) {
    return which == PortOf::SERVICE  ? "port"_kj
           : which == PortOf::REMOTE ? "remote_port"_kj
                                     : "local_port"_kj;
  }

  bool isKnown(const FlowFacts& facts) const {
    switch (which) {
      case PortOf::SERVICE:
        return facts.known.port && facts.known.direction;
      case PortOf::LOCAL:
        return facts.known.local;
      case PortOf::REMOTE:
        // Where somebody comes from is no service: it is known when the whole flow is.
        return facts.direction == Direction::OUT ? facts.known.port : facts.known.local;
    }
    return false;
  }

  uint16_t of(const FlowFacts& facts) const {
    return which == PortOf::SERVICE  ? facts.port()
           : which == PortOf::REMOTE ? facts.remotePort
                                     : facts.localPort;
  }

  bool has(uint16_t first, uint16_t last) const {
    for (auto& range : ranges)
      if (range.first <= first && last <= range.last) return true;
    return false;
  }
};

class InterfaceOperand final : public Operand {
public:
  explicit InterfaceOperand(kj::Vector<Glob> globs)
      : Operand("interface", Cost::TEXT), globs(kj::mv(globs)) {}

  Match test(const FlowFacts& facts) const override {
    if (!facts.known.interface) return Match::MAYBE;
    return toMatch(facts.interface.size() != 0 && anyMatches(globs, facts.interface));
  }
  kj::String wanted() const override {
    return kj::strArray(
        KJ_MAP(glob, globs) { return glob.pattern(); }, ", ");
  }
  kj::String found(const FlowFacts& facts) const override {
    return facts.interface.size() == 0 ? kj::str("none") : kj::str(facts.interface);
  }
  bool covers(const Operand& other) const override {
    return key == other.key &&
           rules::covers(globs, static_cast<const InterfaceOperand&>(other).globs);
  }

private:
  kj::Vector<Glob> globs;
};

class EstablishedBeforeOperand final : public Operand {
public:
  EstablishedBeforeOperand() : Operand("established", Cost::COMPARE) {}

  Match test(const FlowFacts& facts) const override { return toMatch(facts.establishedBefore); }
  kj::String wanted() const override { return kj::str("before-start"); }
  kj::String found(const FlowFacts& facts) const override {
    return kj::str(facts.establishedBefore ? "before-start" : "after the start");
  }
  bool covers(const Operand& other) const override { return key == other.key; }
  void narrow(Gate& gate) const override { gate.only(Gate::ESTABLISHED, 2, 2); }
};

}  // namespace

kj::Own<Operand> directionOperand(Direction direction) {
  return kj::heap<DirectionOperand>(direction);
}

kj::Own<Operand> protocolOperand(std::bitset<256> protocols) {
  return kj::heap<ProtocolOperand>(protocols);
}

kj::Own<Operand> icmpTypeOperand(std::bitset<256> types) {
  return kj::heap<IcmpTypeOperand>(types);
}

kj::Own<Operand> addressOperand(kj::Vector<Network> networks, End end) {
  return kj::heap<AddressOperand>(kj::mv(networks), end);
}

kj::Own<Operand> scopeOperand(uint8_t scopes) {
  return kj::heap<ScopeOperand>(scopes);
}

kj::Own<Operand> portOperand(kj::Vector<PortRange> ranges, PortOf which) {
  return kj::heap<PortOperand>(kj::mv(ranges), which);
}

kj::Own<Operand> interfaceOperand(kj::Vector<Glob> globs) {
  return kj::heap<InterfaceOperand>(kj::mv(globs));
}

kj::Own<Operand> establishedBeforeOperand() {
  return kj::heap<EstablishedBeforeOperand>();
}

}  // namespace portreeve::rules
