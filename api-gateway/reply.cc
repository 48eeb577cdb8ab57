// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/reply.h"

namespace portreeve::gateway {

Reply json(kj::String body) {
  Reply reply;
  reply.body = kj::mv(body);
  return reply;
}

kj::StringPtr reasonPhrase(uint status) {
  switch (status) {
    case 200:
      return "OK"_kj;
    case 400:
      return "Bad Request"_kj;
    case 401:
      return "Unauthorized"_kj;
    case 403:
      return "Forbidden"_kj;
    case 404:
      return "Not Found"_kj;
    case 405:
      return "Method Not Allowed"_kj;
    case 408:
      return "Request Timeout"_kj;
    case 411:
      return "Length Required"_kj;
    case 409:
      return "Conflict"_kj;
    case 412:
      return "Precondition Failed"_kj;
    case 428:
      return "Precondition Required"_kj;
    case 413:
      return "Content Too Large"_kj;
    case 415:
      return "Unsupported Media Type"_kj;
    case 421:
      return "Misdirected Request"_kj;
    case 429:
      return "Too Many Requests"_kj;
    case 500:
      return "Internal Server Error"_kj;
    case 501:
      return "Not Implemented"_kj;
    case 502:
      return "Bad Gateway"_kj;
    case 503:
      return "Service Unavailable"_kj;
  }
  return "Error"_kj;
}

}  // namespace portreeve::gateway
