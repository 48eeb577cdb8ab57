// SPDX-License-Identifier: GPL-3.0-or-later
// What the kernel itself sends and takes, told by the packet alone. Pure functions.
#pragma once

#include "attributor/packet-header.h"

#include <kj/string.h>

namespace portreeve::attributor {

kj::StringPtr kernelName(const PacketHeader& header);
// For a packet that no program has sent: what it is ("icmp answer", "tcp reset", "tunnel", …).

bool takenByKernel(const PacketHeader& header);
// An arriving packet that is the kernel's own business: an echo request, an ICMP error, neighbour
// discovery, multicast membership. (A raw socket may get a copy; it does not decide on it.)

bool mayBeTunnel(uint8_t protocol);
// Encapsulation that the kernel unpacks: IP in IP, GRE, ESP, AH, L2TP, …

bool hasPorts(uint8_t protocol);

}  // namespace portreeve::attributor
