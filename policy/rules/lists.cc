// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/lists.h"

#include <kj/exception.h>

namespace portreeve::rules {

kj::Own<SharedList> Lists::use(kj::StringPtr title) {
  for (auto& one : used)
    if (one->title == title) return kj::addRef(*one);
  auto list = kj::refcounted<SharedList>();
  list->title = kj::str(title);
  auto path = kj::str(folder, '/', title, NameListFolder::ENDING);
  KJ_IF_MAYBE (e, kj::runCatchingExceptions([&]() { list->names = NameList::open(path); }))
    missing.add(kj::str("list \"", title, "\": ", e->getDescription(),
                        ": until it is there it lists nothing"));
  return kj::addRef(*used.add(kj::mv(list)));
}

bool Lists::isTitle(kj::StringPtr text) {
  for (char c : text) {
    bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                c == '-' || c == '_';
    if (!good) return false;
  }
  return text.size() > 0 && text.size() <= name_list::MAX_TITLE;
}

}  // namespace portreeve::rules
