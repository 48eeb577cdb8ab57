// SPDX-License-Identifier: GPL-3.0-or-later
// Who holds a socket? Believes the kernel's own note of who connected it or sent from it, where
// there is one; else asks the reader, remembers, and believes what it remembers for a moment only.
//
// A socket can be passed on, inherited or kept over an exec, so a remembered holder is a hint: the
// reader looks there first (one readlink) and says whether it is still the same exec of the same
// process. Without a look an answer is given again for 100 ms (a listener under load; the threat
// model says what a passed descriptor can do in any case), unless the kernel has told that the
// process runs another program since. What is said of a process (its unit, its parents, its
// arguments) is read again after a second, and at once when its file or the host's is another.
#pragma once

#include "attributor/diag-message.h"
#include "attributor/generations.h"
#include "attributor/noted-owners.h"
#include "attributor/process-facts.h"
#include "attributor/reader-link.h"

#include <kj/function.h>
#include <kj/timer.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <unordered_map>
#include <vector>

namespace portreeve::attributor {

struct Holder {
  enum class Outcome : uint8_t {
    FOUND,
    NOBODY,    // no process has a descriptor of it
    GONE,      // found, and gone before it could be described
    TOO_LONG,  // the search was given up
    FAILED,    // the reader could not look
    NOT_ANSWERED
  };
  Outcome outcome = Outcome::NOBODY;
  SharedFacts facts;        // FOUND
  bool shared = false;      // FOUND: it has another holder as well
  bool remembered = false;  // FOUND, and not looked at again
  bool noted = false;       // FOUND: the kernel noted it
  kj::StringPtr reason;     // not FOUND: why, in words
};

class ProcessCache {
public:
  using OnHolder = kj::Function<void(const Holder&)>;

  struct Counters {
    uint64_t remembered = 0;  // answered without the reader
    uint64_t noted = 0;       // by the kernel
    uint64_t found = 0;
    uint64_t described = 0;  // of these, with a new description
    uint64_t byFile = 0;     // had gone: told by the file that the kernel noted
    uint64_t notFound = 0;
  };

  ProcessCache(ReaderLink& reader, kj::Timer& timer, const NotedOwners& noted, Examiner& examiner);
  ~ProcessCache() noexcept(false);
  KJ_DISALLOW_COPY(ProcessCache);

  void find(const DiagSocket& socket, Urgency urgency, OnHolder onHolder);
  // Calls `onHolder` once, perhaps at once. Questions about one socket at a time are one question.

  bool findClosed(const DiagSocket& closed, Urgency urgency, OnHolder& onHolder);
  // Of a socket that is no more: `closed` has its cookie and uid. False where the kernel noted
  // nothing of it; nothing is called then. Else as `find`.

  void describe(int32_t pid, OnHolder onHolder);
  // Of a process itself, for a person's question. Calls `onHolder` once, later.

  void programOver(int32_t pid);
  // It has begun to run another program, or has ended. What it was is still told of packets that it
  // sent before, and forgotten after FORGOTTEN_AFTER.
  void missedEvents();
  // There may have been such an event unheard: nothing is told again without a look.
  void forgetWhatIsOver();

  static constexpr auto FORGOTTEN_AFTER = 5 * kj::SECONDS;  // longer than any packet waits

  const Counters& counters() const { return counts; }
  size_t processes() const { return known.size(); }

private:
  struct Remembered {
    int32_t fd = -1;
    bool shared = false;
    bool noted = false;
    kj::TimePoint seen = kj::origin<kj::TimePoint>();
    bool nobody = false;
    ExecKey holder;                           // unless nobody
    std::weak_ptr<const ProcessFacts> facts;  // while its process is known
    SharedFacts factsOfGone;                  // of one that is not: told by its file
  };
  struct Process {
    SharedFacts facts;
    kj::TimePoint described;
    bool over = false;
  };
  struct Over {
    ExecKey key;
    kj::TimePoint since;
  };
  struct FileSeen {
    // Who last ran a file that the kernel names by device, inode and generation.
    NotedOwner owner;
    SharedFacts facts;
  };
  struct Search;
  class OwnerAsker;
  class DescriptionAsker;
  class PersonsAsker;

  ReaderLink& reader;
  kj::Timer& timer;
  const NotedOwners& noted;
  Examiner& examiner;
  FileHistory history;
  Generations<uint64_t, Remembered> bySocket;  // by cookie
  Generations<uint64_t, Remembered> byGroup;   // the last holder in a cgroup, of a uid: a hint
  Generations<int32_t, Process> known;
  Generations<uint64_t, FileSeen> byFile;                          // by keyOfFile
  std::unordered_map<uint64_t, std::unique_ptr<Search>> searches;  // by inode
  std::deque<Over> over;
  kj::TimePoint heardAll = kj::origin<kj::TimePoint>();  // since then no event was missed
  int32_t newestPid = 0;
  Counters counts;

  kj::Maybe<Holder> recall(const DiagSocket& socket);
  kj::Maybe<NotedOwner> noteOf(const DiagSocket& socket) const;
  const Process* asNoted(const NotedOwner& owner);
  SharedFacts ofFile(const NotedOwner& owner);
  void beginNoted(const DiagSocket& socket, const NotedOwner& owner, Urgency urgency,
                  OnHolder onHolder);
  void askWhoOwns(Search& search);
  void askForDescription(Search& search, int32_t pid);
  void notedDescribed(Search& search, ReaderLink::Answer answer);
  SharedFacts knownAsNoted(const Search& search);
  void descriptionUnanswered(uint64_t inode, NoAnswer why);
  ReaderQuestion questionFor(const DiagSocket& socket);
  const Process* freshly(const ExecKey& key);
  SharedFacts learn(ReaderLink::Answer description);
  SharedFacts stillTrue(ReaderLink::Answer answer);
  void ownerAnswered(uint64_t inode, ReaderLink::Answer answer);
  void descriptionAnswered(uint64_t inode, ReaderLink::Answer answer);
  bool sharedBefore(const Search& search, const ExecKey& holder);
  Holder rememberNoted(const DiagSocket& socket, SharedFacts facts);
  static Holder holderOf(const Remembered& entry, SharedFacts facts);
  SharedFacts stillThere(const Remembered& entry);
  Holder remember(const DiagSocket& socket, Remembered entry, SharedFacts facts);
  void found(uint64_t inode, SharedFacts facts);
  void finish(uint64_t inode, const Holder& holder);
};

}  // namespace portreeve::attributor
