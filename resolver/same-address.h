// SPDX-License-Identifier: GPL-3.0-or-later
// Whether somebody says one address of all names, in one family of addresses: programs ask for both
// families by turns.
#pragma once

#include "common/address.h"
#include "resolver/message.h"

#include <kj/common.h>
#include <kj/vector.h>

namespace portreeve::resolver {

kj::Maybe<Address> onlyAddress(const Answer& answer);
// Its one record is the address of another machine; 0.0.0.0 and loopback are how lists refuse
// names.

class SameAddress {
public:
  static constexpr size_t NAMES = 4;

  bool sees(const Question& question, const Address& only);
  // NAMES names in a row, none of them below another, have that address.
  kj::Maybe<Address> ofAll() const;
  // That address; nullptr before there are so many names.
  void forget();

private:
  kj::Vector<Name> names;  // that had `last`, one after the other
  kj::Maybe<Address> last;
};

}  // namespace portreeve::resolver
