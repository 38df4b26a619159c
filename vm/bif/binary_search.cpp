// Searching in binaries: binary:match, matches, compile_pattern.
//
// Each pattern is looked for with memmem, which takes linear time; of several patterns the one that
// matches first counts, of those that match at one place the longest. A pattern is searched again
// only when the search has passed its last match, so the work is (length of the subject) x (number
// of patterns).
//
// A compiled pattern is {bm, Binary} or {ac, [Binary]}, as OTP's looks from outside.
#include <algorithm>
#include <cstring>

#include "vm/bif/support.h"

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

Term search(BifCall& call, Term subject, Term pattern, Term options, Wanted wanted) {
  std::vector<Pattern> patterns;
  std::size_t begin = 0, end = 0;
  if (!is_binary(subject)) return call.badarg();
  if (bits_size(subject) == 0) return wanted == Wanted::kFirst ? kAtom_nomatch : Term::nil();
  if (!read_patterns(pattern, patterns)) return call.badarg();
  if (!read_scope(call, options, bits_size(subject) / 8, begin, end)) return call.badarg();
  std::vector<std::uint8_t> copy;
  Search matches(binary_bytes(subject, copy), patterns, begin, end);
  if (wanted == Wanted::kFirst) {
    const auto m = matches.next();
    pay_bytes(call, (m ? m->position : end) - begin);
    return m ? match_term(call, *m) : kAtom_nomatch;
  }
  pay_bytes(call, (end - begin) * patterns.size());
  ListBuilder found(call.heap);
  while (const auto m = matches.next()) {
    found.append(match_term(call, *m));
    pay_words(call, 16);
  }
  return found.finish();
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
