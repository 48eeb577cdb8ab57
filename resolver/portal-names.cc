// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/portal-names.h"

#include "common/log.h"

#include <kj/debug.h>

#include <algorithm>

namespace portreeve::resolver {
namespace {

bool isElsewhere(const Address& address) {
  // This machine's own servers are not for the network to choose from.
  return !address.isUnspecified() && address.scope() != Scope::LOCALHOST;
}

Resolved forAShortTime(Resolved found) {
  for (auto* section : {&found.answer.answer, &found.answer.authority, &found.answer.additional})
    for (auto& record : *section) record.ttl = std::min(record.ttl, PortalNames::TTL);
  return found;
}

}  // namespace

PortalNames::PortalNames(Settings given, Parts with)
    : settings(kj::mv(given)),
      parts(kj::mv(with)),
      notBefore(parts.timer.now()),
      until(parts.timer.now()),
      failingSince(parts.timer.now()) {}

kj::Promise<Resolved> PortalNames::resolve(const Lookup& lookup) {
  if (settings.page == nullptr) return parts.names.resolve(lookup);
  if (letsThrough(lookup.question.name))
    return parts.network.resolve({lookup.question}).then([](Resolved&& found) {
      return forAShortTime(kj::mv(found));
    });
  return parts.names.resolve(lookup).then(
      [this, lookup](Resolved&& found) { return consider(lookup, kj::mv(found)); });
}

bool PortalNames::isDown(const Name& name) const {
  return !letsThrough(name) && parts.names.isDown(name);
}

bool PortalNames::letsThrough(const Name& name) const {
  if (state != State::PORTAL) return false;
  KJ_IF_MAYBE (page, settings.page)
    if (name == page->host) return true;
  for (auto& portal : portals)
    if (name.isWithin(portal)) return true;
  return false;
}

// Noticing ----------------------------------------------------------------------------------------

Resolved PortalNames::consider(const Lookup& lookup, Resolved found) {
  bool suspicious =
      isUnreachable(lookup.question.name, found) || isSameForAll(lookup.question, found.answer);
  if (suspicious && state == State::NONE && parts.timer.now() >= notBefore) look();
  // Another family's, or another server's, may come to light only now.
  if (suspicious && state == State::PORTAL && noteLies()) parts.forget();
  if (state == State::PORTAL && isLie(found.answer))
    return servfail(
        ExtendedError::FORGED_ANSWER,
        kj::str("a captive portal says ", KJ_ASSERT_NONNULL(onlyAddress(found.answer)).toString(),
                " of every name"));
  return found;
}

bool PortalNames::isUnreachable(const Name& name, const Resolved& found) {
  KJ_IF_MAYBE (error, found.error)
    if (error->code == ExtendedError::NO_REACHABLE_AUTHORITY ||
        error->code == ExtendedError::NETWORK_ERROR) {
      if (failures++ == 0) failingSince = parts.timer.now();
      return parts.timer.now() - failingSince >= SETTLED &&
             (failures >= FAILURES || parts.names.isDown(name));
    }
  failures = 0;
  return false;
}

bool PortalNames::isSameForAll(const Question& question, const Answer& answer) {
  KJ_IF_MAYBE (address, onlyAddress(answer))
    return (address->isV4() ? v4 : v6).sees(question, *address);
  return v4.ofAll() != nullptr || v6.ofAll() != nullptr;
}

bool PortalNames::isLie(const Answer& answer) const {
  KJ_IF_MAYBE (address, onlyAddress(answer))
    return std::find(lies.begin(), lies.end(), *address) != lies.end();
  return false;
}

bool PortalNames::noteLies() {
  bool fresh = false;
  for (auto* family : {&v4, &v6})
    KJ_IF_MAYBE (address, family->ofAll()) {
      bool known = std::find(lies.begin(), lies.end(), *address) != lies.end();
      if (known || lies.size() == MOST_LIES) continue;
      lies.add(*address);
      fresh = true;
    }
  return fresh;
}

void PortalNames::look() {
  state = State::LOOKING;
  lies.clear();
  noteLies();
  looking = fetch().eagerlyEvaluate([this](kj::Exception&& e) {
    log::exception("looking for a captive portal", e);
    state = State::NONE;
    notBefore = parts.timer.now() + LOOK_LATER;
  });
}

kj::Promise<void> PortalNames::fetch() {
  struct Said {
    unsigned awaited = 2;
    bool online = false;
  };
  auto all = kj::heap<Said>();
  // Where one family is blocked, or gone, what the other says counts, without waiting if it is the
  // portal; who is online over one of them only has still to log in for the other.
  auto over = [this, &said = *all](uint16_t type) {
    return fetchOver(type).then([&said](ProbeResult&& result) -> kj::Promise<ProbeResult> {
      if (result.kind == ProbeResult::Kind::PORTAL) return kj::mv(result);
      said.online = said.online || result.kind == ProbeResult::Kind::ONLINE;
      if (--said.awaited > 0) return kj::NEVER_DONE;
      return ProbeResult{said.online ? ProbeResult::Kind::ONLINE : ProbeResult::Kind::UNKNOWN,
                         nullptr};
    });
  };
  return over(TYPE_A)
      .exclusiveJoin(over(TYPE_AAAA))
      .attach(kj::mv(all))
      .then([this](ProbeResult&& result) { return take(kj::mv(result)); });
}

kj::Promise<ProbeResult> PortalNames::fetchOver(uint16_t type) {
  auto& page = KJ_ASSERT_NONNULL(settings.page);
  return parts.network.resolve({Question{page.host, type}})
      .then([this, &page](Resolved&& found) -> kj::Promise<ProbeResult> {
        for (auto& record : found.answer.answer)
          KJ_IF_MAYBE (address, addressIn(record))
            if (isElsewhere(*address)) return parts.fetch(page, *address);
        return ProbeResult();
      });
}

kj::Promise<void> PortalNames::take(ProbeResult result) {
  bool there = state == State::PORTAL;
  switch (result.kind) {
    case ProbeResult::Kind::ONLINE:
      online();
      return kj::READY_NOW;
    case ProbeResult::Kind::PORTAL:
      return found(kj::mv(result));
    case ProbeResult::Kind::UNKNOWN:
      break;
  }
  if (there) return found({});
  state = State::NONE;
  notBefore = parts.timer.now() + LOOK_LATER;
  return kj::READY_NOW;
}

// While there is one ------------------------------------------------------------------------------

kj::Promise<void> PortalNames::found(ProbeResult result) {
  bool first = state != State::PORTAL;
  if (first) until = parts.timer.now() + settings.bound;
  state = State::PORTAL;
  if (first && !lies.empty()) parts.forget();
  bool more = first;
  KJ_IF_MAYBE (name, result.name) {
    bool known = std::find(portals.begin(), portals.end(), *name) != portals.end();
    if (!known && portals.size() < MOST_NAMES) {
      portals.add(kj::mv(*name));
      more = true;
    }
  }
  if (more) log::warning(KJ_ASSERT_NONNULL(note()));
  if (parts.timer.now() >= until) {
    spent();
    return kj::READY_NOW;
  }
  auto pause = std::min<kj::Duration>(LOOK_AGAIN, until - parts.timer.now());
  return parts.timer.afterDelay(pause).then([this]() { return fetch(); });
}

void PortalNames::online() {
  bool was = state == State::PORTAL;
  state = State::NONE;
  notBefore = parts.timer.now() + (was ? 0 * kj::SECONDS : kj::Duration(REST));
  portals.clear();
  lies.clear();
  v4.forget();
  v6.forget();
  if (!was) return;
  log::info("the captive portal lets this machine through: names are asked for as set again");
  parts.forget();
}

void PortalNames::spent() {
  state = State::SPENT;
  portals.clear();
  log::warning(kj::str("the captive portal has not let this machine through within ",
                       settings.bound / kj::MINUTES,
                       " minutes: its names are asked of nobody else any more until the network "
                       "changes (resolver.portal_minutes)"));
}

void PortalNames::networkChanged() {
  looking = nullptr;
  state = State::NONE;
  notBefore = parts.timer.now();
  portals.clear();
  lies.clear();
  v4.forget();
  v6.forget();
  failures = 0;
}

kj::Maybe<kj::String> PortalNames::note() const {
  if (state != State::PORTAL) return nullptr;
  auto names = KJ_MAP(name, portals) {
    return name.text();
  };
  auto left = (until - parts.timer.now() + kj::MINUTES - kj::NANOSECONDS) / kj::MINUTES;
  return kj::str("a captive portal holds this network back until somebody logs in: ",
                 KJ_ASSERT_NONNULL(settings.page).hostText, portals.empty() ? "" : ", ",
                 kj::strArray(names, ", "),
                 " are asked of the network's own servers, unvalidated, for ", left,
                 left == 1 ? " minute more" : " minutes more");
}

}  // namespace portreeve::resolver
