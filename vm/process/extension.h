// What most processes never need: made on first use, hung from the control block.
//
// Invariant: owned by the process's owner (runner or claim holder), like line 1 of the control
// block; terms in it lie in the process's own heap and are roots of its collection.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "vm/heap/collector.h"
#include "vm/term/term.h"

namespace parley {

// One direction of a link, which stands unless an unlink is outstanding. Until that is acknowledged
// links and exits of the peer are dropped: it sent them before it saw the unlink, which takes such
// a link away there too. Linking again forgets the unlink; its acknowledgement then means nothing.
struct Link {
  std::uint64_t unlink_id = 0;  // 0: none outstanding
  bool is_active() const { return unlink_id == 0; }
};

// What this process watches.
struct Monitor {
  Term reference;      // a root: the kAliasRef in this process's heap
  Term target;         // pid watched (immediate)
  Term object;         // what DOWN shows: the pid, or a root {Name, Node}
  Term tag;            // 'DOWN', or a root given by the tag option
};

// Who watches this process. The reference is rebuilt from its id and the watcher's pid.
struct Watcher {
  Term watcher;        // pid
  Term name;           // atom it was watched by, or nil: by pid
};

enum class AliasMode : std::uint8_t { kExplicit, kDemonitor, kReplyDemonitor, kReply };

struct DictionaryEntry {
  Term key, value;
};

// See receive_marker.h.
struct ReceiveMarker {
  std::uint64_t first_id = 1, last_id = 0;  // references made while `link` was the end; 1, 0: none
  Fragment** link = nullptr;
};
inline constexpr unsigned kReceiveMarkers = 4;
using ReceiveMarkers = std::unique_ptr<ReceiveMarker[]>;  // as many, oldest first; or null

struct ProcessExtension {
  // Gives back what the process holds outside its heap: blobs and held fragments. The list of blobs
  // runs through the heap, so the extension goes before the heap does.
  ~ProcessExtension();

  std::unordered_map<Word, Link> links;                    // by pid word
  std::unordered_map<std::uint64_t, Monitor> monitors;     // by reference id
  std::unordered_map<std::uint64_t, Watcher> watchers;     // by reference id
  std::unordered_map<std::uint64_t, AliasMode> aliases;    // by reference id
  ReceiveMarkers receive_markers;                          // meaningful while kHasMarkers
  std::vector<DictionaryEntry> dictionary;
  // Hash -> entry, where the dictionary is large.
  std::unordered_multimap<std::uint64_t, std::uint32_t> dictionary_index;

  Word* off_heap = nullptr;        // of the nursery, while the process does not run
  std::size_t off_heap_bytes = 0;
  std::size_t off_heap_limit = Heap::kOffHeapBytesMin;     // bytes that make a collection due
  OldGeneration old;

  Term parent = Term::nil();
  Term initial_module = Term::nil(), initial_function = Term::nil();
  std::uint32_t initial_arity = 0;
  Term label = Term::nil();                                // root
  std::uint64_t reductions_total = 0;
  std::size_t min_heap_words = 0;
  std::size_t max_heap_words = 0;                          // 0: no limit
  std::uint32_t collections = 0;
  std::unordered_map<Word, std::uint32_t> suspending;      // by pid word: how often
  std::size_t suspending_swept_at = 0;                     // see suspend.cpp
  std::vector<Term> suspenders;                            // pids that have suspended this process
  std::vector<Fragment*> held;                             // keeps terms of a pending fatal signal
  Term pending_exit;                                       // reason, in a held fragment
  bool has_pending_exit = false;

  // Calls visit(Word&) for every root.
  template <class Visit>
  void each_root(Visit visit) {
    for (auto& [id, monitor] : monitors) {
      visit(monitor.reference.raw), visit(monitor.object.raw), visit(monitor.tag.raw);
    }
    for (DictionaryEntry& entry : dictionary) visit(entry.key.raw), visit(entry.value.raw);
    visit(label.raw);
  }
};

}  // namespace parley
