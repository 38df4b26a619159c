// Searching in binaries: binary:match, matches, compile_pattern.
//
// Each pattern is looked for with memmem, which takes linear time; of several patterns the one that
// matches first counts, of those that match at one place the longest. A pattern is searched again
// only when the search has passed its last match, so the work is (length of the subject) x (number
// of patterns). A large subject is searched a part at a time, which looks as far beyond its end as
// the longest pattern may reach.
//
// A compiled pattern is {bm, Binary} or {ac, [Binary]}, as OTP's looks from outside.
#include <algorithm>
#include <cstring>

#include "vm/bif/byte_chunks.h"

namespace parley {

namespace {

using Bytes = std::span<const std::uint8_t>;

struct Pattern {
  Bytes bytes;
  std::vector<std::uint8_t> copy;  // where the bytes do not start on a byte
  std::size_t next = 0;            // where it matches next, or the end of the scope
  bool known = false;
};

class Search {
 public:
  // The scope is in bytes, within the subject.
  Search(Bytes subject, std::vector<Pattern>& patterns, std::size_t begin, std::size_t end)
      : subject_(subject), patterns_(patterns), at_(begin), end_(end) {}

  struct Match {
    std::size_t position, length;
  };
  std::optional<Match> next() {
    Match best{end_, 0};
    for (Pattern& p : patterns_) {
      if (!p.known || p.next < at_) find(p);
      if (p.next + p.bytes.size() > end_) continue;
      if (p.next < best.position || (p.next == best.position && p.bytes.size() > best.length)) {
        best = {p.next, p.bytes.size()};
      }
    }
    if (best.length == 0) return std::nullopt;
    at_ = best.position + best.length;
    return best;
  }

 private:
  void find(Pattern& p) {
    const std::uint8_t* from = subject_.data() + at_;
    const std::size_t size = end_ - at_;
    const void* found = p.bytes.size() == 1 ? std::memchr(from, p.bytes[0], size)
                                            : memmem(from, size, p.bytes.data(), p.bytes.size());
    p.next = found == nullptr ? end_ : static_cast<std::size_t>(
        static_cast<const std::uint8_t*>(found) - subject_.data());
    p.known = true;
  }

  Bytes subject_;
  std::vector<Pattern>& patterns_;
  std::size_t at_, end_;
};

bool add_pattern(std::vector<Pattern>& patterns, Term t) {
  if (!is_binary(t) || bits_size(t) == 0) return false;
  Pattern& p = patterns.emplace_back();
  p.bytes = binary_bytes(t, p.copy);
  return true;
}

// A binary, a list of them, or a compiled pattern. False: not a pattern.
bool read_patterns(Term t, std::vector<Pattern>& patterns) {
  if (t.is_tuple() && t.arity() == 2 && (t.element(0) == kAtom_bm || t.element(0) == kAtom_ac)) {
    t = t.element(1);
  }
  if (!t.is_cons()) return add_pattern(patterns, t);
  for (; t.is_cons(); t = t.tail()) {
    if (!add_pattern(patterns, t.head())) return false;
  }
  return t.is_nil();
}

// [{scope, {Start, Length}}]. False: bad options.
bool read_scope(BifCall& call, Term options, std::uint64_t size, std::size_t& begin,
                std::size_t& end) {
  begin = 0, end = size;
  for (; options.is_cons(); options = options.tail()) {
    const Term o = options.head();
    if (!o.is_tuple() || o.arity() != 2 || !o.element(0).is_atom() ||
        call.atoms.text(o.element(0)) != "scope") {
      return false;
    }
    const Term part = o.element(1);
    if (!part.is_tuple() || part.arity() != 2 || !part.element(0).is_small() ||
        !part.element(1).is_small()) {
      return false;
    }
    std::int64_t start = part.element(0).small_value(), length = part.element(1).small_value();
    if (length < 0) {
      start += length;
      length = -length;
    }
    const auto limit = static_cast<std::int64_t>(size);
    if (start < 0 || start > limit || length > limit - start) return false;
    begin = static_cast<std::size_t>(start);
    end = static_cast<std::size_t>(start + length);
  }
  return options.is_nil();
}

Term match_term(BifCall& call, const Search::Match& m) {
  return make_tuple(call.heap, {Term::small(static_cast<std::int64_t>(m.position)),
                                Term::small(static_cast<std::int64_t>(m.length))});
}

enum class Wanted : std::uint8_t { kFirst, kAll };

// A search under way. Between slices: where it is, where it ends, what is wanted, the size of the
// chunks; subject, patterns, and the matches so far in chunks. When it has come to its end, these
// become a list: kList; what is left of them, and the list made.
struct SearchState {
  Term subject, pattern;
  Word at, end;
  Wanted wanted;
  ByteChunks found;
};
constexpr Word kList = ~Word{0};

Term list_matches(BifCall& call, Term rest, Term made) {
  const auto to_term = [&](const Search::Match& m) { return match_term(call, m); };
  if (list_values<Search::Match>(call, rest, made, to_term)) return made;
  return yield_with(call, make_trap(call.heap, kList, {rest, made}));
}

// The matches that begin in the next part of the subject; true: the slice is over.
bool search_part(BifCall& call, SearchState& s, std::vector<Pattern>& patterns, std::size_t longest,
                 std::vector<Search::Match>& found) {
  constexpr Word kPartBytes = Word{1} << 16, kMatchesAtOnce = 256;
  const Word part_end = std::min(s.end, s.at + kPartBytes);
  const Word view_end = std::min(s.end, part_end + longest - 1), begin = s.at;
  const BitsView view = bits_view(s.subject).part(8 * begin, 8 * (view_end - begin));
  std::vector<std::uint8_t> copy;
  Bytes bytes(view.bytes, view_end - begin);
  if (!view.aligned()) {
    copy.resize(view_end - begin);
    copy_bits(view.bytes, view.bit_offset, copy.data(), 0, view.size_bits);
    bytes = copy;
  }
  for (Pattern& p : patterns) p.known = false;
  Search matches(bytes, patterns, 0, bytes.size());
  for (auto m = matches.next(); m && begin + m->position < part_end; m = matches.next()) {
    found.push_back({begin + m->position, m->length});
    s.at = begin + m->position + m->length;
    if (s.wanted == Wanted::kFirst) return false;
    if (found.size() % kMatchesAtOnce != 0) continue;
    pay_words(call, kMatchesAtOnce * 16 * (1 + patterns.size() / 4));
    if (must_yield(call)) return true;
  }
  s.at = std::max(s.at, part_end);
  pay_bytes(call, (s.at - begin) * patterns.size());
  --call.reductions;
  return must_yield(call);
}

Term search_on(BifCall& call, SearchState s, std::vector<Pattern>& patterns) {
  std::size_t longest = 1;
  for (const Pattern& p : patterns) longest = std::max(longest, p.bytes.size());
  std::vector<Search::Match> found;
  bool is_over = false;
  while (s.at < s.end && !is_over && (s.wanted == Wanted::kAll || found.empty())) {
    is_over = search_part(call, s, patterns, longest, found);
  }
  if (s.wanted == Wanted::kFirst && !found.empty()) return match_term(call, found[0]);
  if (s.at < s.end || s.found.size() != 0) {
    add_values(s.found, call.heap, found);
    if (s.at >= s.end) return list_matches(call, s.found.list(), Term::nil());
    return yield_with(call, make_trap(call.heap,
                                      {s.at, s.end, static_cast<Word>(s.wanted), s.found.size()},
                                      {s.subject, s.pattern, s.found.list()}));
  }
  if (s.wanted == Wanted::kFirst) return kAtom_nomatch;
  ListBuilder list(call.heap);
  for (const auto& m : found) list.append(match_term(call, m));
  return list.finish();
}

Term resume(BifCall& call, Term trap) {
  if (trap_raw(trap) == kList) return list_matches(call, trap_term(trap, 0), trap_term(trap, 1));
  std::vector<Pattern> patterns;
  read_patterns(trap_term(trap, 1), patterns);
  return search_on(call,
                   {trap_term(trap, 0), trap_term(trap, 1), trap_raw(trap), trap_raw(trap, 1),
                    static_cast<Wanted>(trap_raw(trap, 2)),
                    ByteChunks(trap_term(trap, 2), trap_raw(trap, 3))},
                   patterns);
}

Term search(BifCall& call, Term subject, Term pattern, Term options, Wanted wanted) {
  if (is_trap(subject)) return resume(call, subject);
  std::vector<Pattern> patterns;
  std::size_t begin = 0, end = 0;
  if (!is_binary(subject)) return call.badarg();
  if (bits_size(subject) == 0) return wanted == Wanted::kFirst ? kAtom_nomatch : Term::nil();
  if (!read_patterns(pattern, patterns)) return call.badarg();
  if (!read_scope(call, options, bits_size(subject) / 8, begin, end)) return call.badarg();
  return search_on(call, {subject, pattern, begin, end, wanted, ByteChunks()}, patterns);
}

}  // namespace

Term bif_binary_match_2(BifCall& call, const Term* a) {
  return search(call, a[0], a[1], Term::nil(), Wanted::kFirst);
}
Term bif_binary_match_3(BifCall& call, const Term* a) {
  return search(call, a[0], a[1], a[2], Wanted::kFirst);
}
Term bif_binary_matches_2(BifCall& call, const Term* a) {
  return search(call, a[0], a[1], Term::nil(), Wanted::kAll);
}
Term bif_binary_matches_3(BifCall& call, const Term* a) {
  return search(call, a[0], a[1], a[2], Wanted::kAll);
}

Term bif_binary_compile_pattern(BifCall& call, const Term* a) {
  std::vector<Pattern> patterns;
  if (a[0].is_tuple() || !read_patterns(a[0], patterns)) return call.badarg();
  if (patterns.size() > 1) return make_tuple(call.heap, {kAtom_ac, a[0]});
  return make_tuple(call.heap, {kAtom_bm, a[0].is_cons() ? a[0].head() : a[0]});
}

}  // namespace parley
