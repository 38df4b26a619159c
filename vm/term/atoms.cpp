// The atom table: entries in segments that never move, found through sharded hash tables.
//
// Invariant: an index enters a shard's table (release) only after its entry is complete, so whoever
// reads the index there (acquire) reads a complete entry. A shard's table is replaced by a larger
// one when it is half full; the older ones live as long as the atom table, so a reader needs no
// lock: one that still probes an older table misses only atoms whose insertion it overlaps.
//
//   shard -> table of 64-bit slots: high half of the text's hash | atom index + 1, or 0
//   index -> segments_[index / kSegmentEntries][index % kSegmentEntries]
#include "vm/term/atoms.h"

#include <cstring>
#include <mutex>
#include <string>
#include <vector>

#include "vm/base/assert.h"

namespace parley {

namespace {

constexpr std::uint32_t kShards = 16;
constexpr std::uint32_t kTableSlotsAtFirst = 64;
constexpr std::size_t kTextChunkBytes = 4096;

// FNV-1a with a final mix: spreads short texts over shards and slots. Never visible.
std::uint64_t text_hash(std::string_view text) {
  std::uint64_t h = 0xCBF29CE484222325u;
  for (const char c : text) h = (h ^ static_cast<std::uint8_t>(c)) * 0x100000001B3u;
  h ^= h >> 32;
  h *= 0x9E3779B97F4A7C15u;
  return h ^ (h >> 29);
}

// OTP's value for an atom: P. J. Weinberger's hash of the text, Latin-1 letters taken as one byte.
std::uint32_t otp_hash(std::string_view text) {
  std::uint32_t h = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto v = static_cast<std::uint8_t>(text[i]);
    if (i + 1 < text.size() && (v & 0xFE) == 0xC2 && (text[i + 1] & 0xC0) == 0x80) {
      v = static_cast<std::uint8_t>((v << 6) | (text[i + 1] & 0x3F));
      ++i;
    }
    h = (h << 4) + v;
    if (const std::uint32_t g = h & 0xF0000000u; g != 0) h = (h ^ (g >> 24)) ^ g;
  }
  return h;
}

// The first eight bytes, big endian, so that comparing numbers compares texts. UTF-8 keeps the
// order of code points.
std::uint64_t order_prefix(std::string_view text) {
  std::uint64_t p = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    p = (p << 8) | (i < text.size() ? static_cast<std::uint8_t>(text[i]) : 0);
  }
  return p;
}

struct Table {
  explicit Table(std::uint32_t slot_count)
      : mask(slot_count - 1), slots(std::make_unique<std::atomic<std::uint64_t>[]>(slot_count)) {}
  std::uint32_t mask;
  std::unique_ptr<std::atomic<std::uint64_t>[]> slots;
};

constexpr std::uint64_t make_slot(std::uint64_t hash, std::uint32_t index) {
  return (hash & 0xFFFFFFFF00000000u) | (index + 1);
}
constexpr std::uint32_t slot_index(std::uint64_t slot) {
  return static_cast<std::uint32_t>(slot) - 1;
}

}  // namespace

struct AtomTable::Entry {
  const char* text;
  std::uint32_t bytes;
  std::uint32_t hash;
  std::uint64_t prefix;
  std::string_view view() const { return {text, bytes}; }
};

struct AtomTable::Shard {
  std::mutex lock;  // held by writers only
  std::atomic<Table*> table{nullptr};  // release by grow, acquire by find
  std::uint32_t used = 0;
  std::vector<std::unique_ptr<Table>> tables;
  std::vector<std::unique_ptr<char[]>> chunks;
  char* free_text = nullptr;
  std::size_t free_bytes = 0;

  const char* keep(std::string_view text) {
    if (text.size() > free_bytes) {
      free_bytes = std::max(kTextChunkBytes, text.size());
      chunks.push_back(std::make_unique<char[]>(free_bytes));
      free_text = chunks.back().get();
    }
    char* kept = free_text;
    std::memcpy(kept, text.data(), text.size());
    free_text += text.size();
    free_bytes -= text.size();
    return kept;
  }

  static void put(Table& table, std::uint64_t hash, std::uint32_t index) {
    std::uint32_t i = static_cast<std::uint32_t>(hash >> 8) & table.mask;
    while (table.slots[i].load(std::memory_order_relaxed) != 0) i = (i + 1) & table.mask;
    table.slots[i].store(make_slot(hash, index), std::memory_order_release);
  }
};

AtomTable::AtomTable(std::uint32_t limit) : limit_(limit) {
  segments_ = std::make_unique<std::atomic<Entry*>[]>(segment_count());
  shards_ = std::make_unique<Shard[]>(kShards);
  for (std::uint32_t i = 0; i < kShards; ++i) {
    Shard& shard = shards_[i];
    shard.tables.push_back(std::make_unique<Table>(kTableSlotsAtFirst));
    shard.table.store(shard.tables.back().get(), std::memory_order_release);
  }
  constexpr std::string_view kStaticTexts[] = {
#define ATOM(symbol, text) text,
#include "vm/isa/atoms.def"
#undef ATOM
  };
  static_assert(detail::kStaticAtomCount < kNodeReserve);
  for (std::uint32_t i = 0; i < detail::kStaticAtomCount; ++i) {
    const std::optional<Term> atom = intern(kStaticTexts[i], AtomUse::kNode);
    PARLEY_ASSERT(atom && atom->atom_index() == i, "each text stands in atoms.def once");
  }
}

AtomTable::~AtomTable() {
  for (std::uint32_t i = 0; i < segment_count(); ++i) {
    delete[] segments_[i].load(std::memory_order_relaxed);
  }
}

const AtomTable::Entry& AtomTable::entry(std::uint32_t index) const {
  PARLEY_DEBUG_ASSERT(index < count(), "an atom of this table");
  // Acquire: pairs with the release in `intern` that published the segment.
  return segments_[index / kSegmentEntries].load(std::memory_order_acquire)[index %
                                                                            kSegmentEntries];
}

std::optional<Term> AtomTable::find(std::string_view text) const {
  const std::uint64_t hash = text_hash(text);
  const Table& table = *shards_[hash % kShards].table.load(std::memory_order_acquire);
  for (std::uint32_t i = static_cast<std::uint32_t>(hash >> 8) & table.mask;;
       i = (i + 1) & table.mask) {
    // Acquire: pairs with the release in `put`; the entry behind the index is complete.
    const std::uint64_t slot = table.slots[i].load(std::memory_order_acquire);
    if (slot == 0) return std::nullopt;
    if ((slot ^ hash) >> 32 == 0 && entry(slot_index(slot)).view() == text) {
      return Term::atom(slot_index(slot));
    }
  }
}

std::optional<Term> AtomTable::intern(std::string_view text, AtomUse use) {
  if (const auto known = find(text)) return known;
  const std::uint64_t hash = text_hash(text);
  Shard& shard = shards_[hash % kShards];
  const std::lock_guard guard(shard.lock);
  if (const auto known = find(text)) return known;  // another thread was first

  const std::uint32_t limit = use == AtomUse::kNode ? limit_ + kNodeReserve : limit_;
  std::uint32_t index = count_.load(std::memory_order_relaxed);
  do {
    if (index >= limit) return std::nullopt;
  } while (!count_.compare_exchange_weak(index, index + 1, std::memory_order_relaxed));

  std::atomic<Entry*>& segment = segments_[index / kSegmentEntries];
  Entry* entries = segment.load(std::memory_order_acquire);
  if (entries == nullptr) {
    auto fresh = std::make_unique<Entry[]>(kSegmentEntries);
    // Release: pairs with the acquire in `entry`. A loser takes the winner's segment.
    if (segment.compare_exchange_strong(entries, fresh.get(), std::memory_order_acq_rel)) {
      entries = fresh.release();
    }
  }
  entries[index % kSegmentEntries] = {shard.keep(text), static_cast<std::uint32_t>(text.size()),
                                      otp_hash(text), order_prefix(text)};

  Table* table = shard.table.load(std::memory_order_relaxed);
  if (++shard.used * 2 > table->mask) {
    auto larger = std::make_unique<Table>((table->mask + 1) * 2);
    for (std::uint32_t i = 0; i <= table->mask; ++i) {
      const std::uint64_t slot = table->slots[i].load(std::memory_order_relaxed);
      if (slot == 0) continue;
      Shard::put(*larger, text_hash(entry(slot_index(slot)).view()), slot_index(slot));
    }
    table = larger.get();
    shard.tables.push_back(std::move(larger));
    shard.table.store(table, std::memory_order_release);
  }
  Shard::put(*table, hash, index);
  return Term::atom(index);
}

std::string_view AtomTable::text(Term atom) const { return entry(atom.atom_index()).view(); }

std::uint32_t AtomTable::hash(Term atom) const { return entry(atom.atom_index()).hash; }

int AtomTable::compare(Term left, Term right) const {
  if (left == right) return 0;
  const Entry& l = entry(left.atom_index());
  const Entry& r = entry(right.atom_index());
  if (l.prefix != r.prefix) return l.prefix < r.prefix ? -1 : 1;
  return l.view().compare(r.view()) < 0 ? -1 : 1;
}

std::uint32_t AtomTable::count() const { return count_.load(std::memory_order_relaxed); }

}  // namespace parley
