// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/keeper/conntrack-cleaning.h"

#include "common/log.h"
#include "common/marks.h"
#include "interceptor/keeper/failure.h"
#include "interceptor/keeper/ruleset.h"
#include "interceptor/netlink-attributes.h"

#include <arpa/inet.h>
#include <errno.h>
#include <kj/vector.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <string.h>
#include <sys/socket.h>

namespace portreeve::keeper {
namespace {

using interceptor::Attributes;
using interceptor::errorOf;
using interceptor::netfilterType;
using interceptor::NetlinkRequests;
using interceptor::putNetfilterHeader;

constexpr unsigned PASSES = 3;  // a list that is made while entries come and go can miss some
constexpr size_t LABEL_BYTES = 16;
constexpr size_t LARGEST_TUPLE = 128;

struct Labels {
  kj::byte bits[LABEL_BYTES]{};

  static Labels ours() {
    // Bit n of a bitmap of longs as the kernel copies it out; little-endian in every word of it.
    Labels result;
    for (unsigned label : OWN_LABELS) {
      unsigned long word;
      memcpy(&word, result.bits + label / (8 * sizeof word) * sizeof word, sizeof word);
      word |= 1ul << label % (8 * sizeof word);
      memcpy(result.bits + label / (8 * sizeof word) * sizeof word, &word, sizeof word);
    }
    return result;
  }
};

struct Entry {
  const nlattr* tuple = nullptr;  // of the original direction, as the kernel wrote it
  const nlattr* zone = nullptr;
  uint32_t mark = 0;
  bool labelled = false;  // by us

  explicit Entry(const nlmsghdr* message) {
    for (const nlattr* attribute : Attributes(message, sizeof(nfgenmsg))) {
      size_t length = mnl_attr_get_payload_len(attribute);
      switch (mnl_attr_get_type(attribute)) {
        case CTA_TUPLE_ORIG:
          if (length <= LARGEST_TUPLE) tuple = attribute;
          break;
        case CTA_ZONE:
          if (length == sizeof(uint16_t)) zone = attribute;
          break;
        case CTA_MARK:
          if (length == sizeof(uint32_t)) mark = ntohl(mnl_attr_get_u32(attribute));
          break;
        case CTA_LABELS:
          labelled =
              holdsOurs(static_cast<const kj::byte*>(mnl_attr_get_payload(attribute)), length);
          break;
        default:
          break;
      }
    }
  }

  bool turned() const { return mark == MARK_GATE17 || mark == MARK_NAMESERVER; }
  bool ours() const {
    return tuple != nullptr && (labelled || verdictOf(mark) != proto::Verdict::NONE);
  }

private:
  static bool holdsOurs(const kj::byte* bits, size_t length) {
    static const auto OURS = Labels::ours();
    for (size_t i = 0; i < kj::min(length, LABEL_BYTES); i++)
      if ((bits[i] & OURS.bits[i]) != 0) return true;
    return false;
  }
};

void copy(nlmsghdr* message, const nlattr* attribute) {
  if (attribute == nullptr) return;
  // With its flags: a nest stays one.
  mnl_attr_put(message, attribute->nla_type, mnl_attr_get_payload_len(attribute),
               mnl_attr_get_payload(attribute));
}

class Changes {
public:
  explicit Changes(interceptor::NetlinkSocket& socket) : socket(socket) {}

  void add(uint8_t family, const Entry& entry) {
    if (requests.full()) send();
    uint8_t kind = entry.turned() ? IPCTNL_MSG_CT_DELETE : IPCTNL_MSG_CT_NEW;
    auto message = requests.add(netfilterType(NFNL_SUBSYS_CTNETLINK, kind), 0);
    putNetfilterHeader(message, family, 0);
    copy(message, entry.tuple);
    copy(message, entry.zone);
    (entry.turned() ? cleaned.deleted : cleaned.unmarked)++;
    if (entry.turned()) return;
    if (verdictOf(entry.mark) != proto::Verdict::NONE)
      mnl_attr_put_u32(message, CTA_MARK, htonl(0));
    if (entry.labelled) {
      static const auto OURS = Labels::ours();
      mnl_attr_put(message, CTA_LABELS, LABEL_BYTES, Labels().bits);
      mnl_attr_put(message, CTA_LABELS_MASK, LABEL_BYTES, OURS.bits);
    }
  }

  Cleaned finish() {
    send();
    return cleaned;
  }

private:
  interceptor::NetlinkSocket& socket;
  NetlinkRequests requests;
  Cleaned cleaned;

  void send() {
    requests.send(socket, [](uint, int error) {
      // ENOENT: it has ended meanwhile.
      if (error != 0 && error != ENOENT)
        log::warning(kj::str("taking our mark off a conntrack entry: ", strerror(error)));
    });
  }
};

}  // namespace

Cleaned ConntrackCleaning::run() {
  Cleaned all;
  for (unsigned i = 0; i < PASSES; i++) {
    auto one = pass();
    all.unmarked += one.unmarked;
    all.deleted += one.deleted;
    if (one.unmarked + one.deleted == 0) break;
  }
  return all;
}

Cleaned ConntrackCleaning::pass() {
  alignas(8) char request[64];
  auto header = mnl_nlmsg_put_header(request);
  header->nlmsg_type = netfilterType(NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET);
  header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  putNetfilterHeader(header, AF_UNSPEC, 0);
  listing.send(header, header->nlmsg_len);

  Changes changes(changing);
  alignas(8) kj::byte buffer[interceptor::NETLINK_READ_BYTES];
  for (;;) {
    ssize_t got = listing.receive(buffer);
    if (got < 0) fail(kj::str("listing conntrack entries: ", strerror(int(-got))));
    int left = int(got);
    auto message = reinterpret_cast<const nlmsghdr*>(buffer);
    for (; interceptor::messageFits(message, left); message = mnl_nlmsg_next(message, &left)) {
      if (message->nlmsg_type == NLMSG_DONE) return changes.finish();
      KJ_IF_MAYBE (error, errorOf(message)) {
        fail(kj::str("listing conntrack entries: ", strerror(*error)));
      }
      if (mnl_nlmsg_get_payload_len(message) < sizeof(nfgenmsg)) continue;
      Entry entry(message);
      auto about = static_cast<const nfgenmsg*>(mnl_nlmsg_get_payload(message));
      if (entry.ours()) changes.add(about->nfgen_family, entry);
    }
  }
}

}  // namespace portreeve::keeper
