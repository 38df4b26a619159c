// The natives of the module `unicode_util`: code points, grapheme clusters, case and normal forms
// at the front of character data. Properties of characters come from utf8proc.
//
// Each answers [] at the end, [First | Rest], or {error, Rest} where no code point stands.
#include <utf8proc.h>

#include <algorithm>

#include "vm/bif/chardata.h"
#include "vm/bif/special_casing.h"

namespace parley {

namespace {

using CodePoints = std::vector<std::uint32_t>;

// A code point alone is an integer, several are a list.
Term to_term(BifCall& call, const CodePoints& points) {
  if (points.size() == 1) return Term::small(points[0]);
  ListBuilder list(call.heap);
  for (const std::uint32_t c : points) list.append(Term::small(c));
  return list.finish();
}

// What to answer where the first code point could not be read.
Term no_character(BifCall& call, CharReader& reader, CharReader::Status status, Term input) {
  if (status == CharReader::Status::kEnd) return Term::nil();
  if (status == CharReader::Status::kBad) return call.fail(kAtom_function_clause);
  const bool incomplete = status == CharReader::Status::kIncomplete;
  const Term rest = incomplete ? input : reader.rest(CharReader::Shape::kShort);
  return make_tuple(call.heap, {kAtom_error, rest});
}

// Maps the first code point; where there is none, error({badarg, Rest}).
template <class Map>
Term map_first(BifCall& call, Term data, Map map) {
  CharReader reader(call.heap, data);
  std::uint32_t c = 0;
  const auto status = reader.next(c);
  if (status != CharReader::Status::kCharacter) {
    const Term answer = no_character(call, reader, status, data);
    if (!answer.is_value() || !answer.is_tuple()) return answer;
    return call.fail(make_tuple(call.heap, {kAtom_badarg, answer.element(1)}));
  }
  return make_cons(call.heap, to_term(call, map(c)), reader.rest(CharReader::Shape::kShort));
}

// Reads a grapheme cluster; false: `answer` says why there is none.
bool read_cluster(BifCall& call, Term data, CodePoints& cluster, Term& rest, Term& answer) {
  CharReader reader(call.heap, data);
  std::uint32_t c = 0;
  const auto status = reader.next(c);
  if (status != CharReader::Status::kCharacter) {
    answer = no_character(call, reader, status, data);
    return false;
  }
  cluster.push_back(c);
  utf8proc_int32_t state = 0;
  for (;;) {
    CharReader before = reader;
    std::uint32_t following = 0;
    if (reader.next(following) != CharReader::Status::kCharacter ||
        utf8proc_grapheme_break_stateful(static_cast<utf8proc_int32_t>(c),
                                         static_cast<utf8proc_int32_t>(following), &state)) {
      rest = before.rest(CharReader::Shape::kShort);
      return true;
    }
    cluster.push_back(following);
    c = following;
  }
}

const SpecialCasing* special_casing(std::uint32_t c) {
  const auto* found = std::lower_bound(
      std::begin(kSpecialCasings), std::end(kSpecialCasings), c,
      [](const SpecialCasing& s, std::uint32_t wanted) { return s.code_point < wanted; });
  return found != std::end(kSpecialCasings) && found->code_point == c ? found : nullptr;
}

CodePoints without_padding(const std::uint32_t (&points)[3]) {
  return CodePoints(points, std::find(points, points + 3, 0u));
}

utf8proc_int32_t signed_point(std::uint32_t c) { return static_cast<utf8proc_int32_t>(c); }

CodePoints upper(std::uint32_t c) {
  if (const SpecialCasing* s = special_casing(c)) return without_padding(s->upper);
  return {static_cast<std::uint32_t>(utf8proc_toupper(signed_point(c)))};
}
CodePoints title(std::uint32_t c) {
  if (const SpecialCasing* s = special_casing(c)) return without_padding(s->title);
  return {static_cast<std::uint32_t>(utf8proc_totitle(signed_point(c)))};
}
CodePoints lower(std::uint32_t c) {
  constexpr std::uint32_t kDottedCapitalI = 0x130;
  if (c == kDottedCapitalI) return {'i', 0x307};
  return {static_cast<std::uint32_t>(utf8proc_tolower(signed_point(c)))};
}
CodePoints fold(std::uint32_t c) {
  utf8proc_int32_t out[8];
  int boundary = 0;
  const auto count = utf8proc_decompose_char(signed_point(c), out, 8, UTF8PROC_CASEFOLD, &boundary);
  return count > 0 ? CodePoints(out, out + count) : CodePoints{c};
}

// A grapheme cluster in a normal form.
CodePoints normalize(const CodePoints& cluster, int options) {
  std::vector<utf8proc_int32_t> points(cluster.size() * 4 + 4);
  const auto size = static_cast<utf8proc_ssize_t>(points.size());
  utf8proc_ssize_t count = 0;
  int boundary = 0;
  for (const std::uint32_t c : cluster) {
    const auto option = static_cast<utf8proc_option_t>(options | UTF8PROC_DECOMPOSE);
    auto added = utf8proc_decompose_char(signed_point(c), points.data() + count, size - count,
                                         option, &boundary);
    if (added > static_cast<utf8proc_ssize_t>(points.size()) - count) {
      points.resize(static_cast<std::size_t>(count + added) * 2 + 4);
      added = utf8proc_decompose_char(signed_point(c), points.data() + count,
                                      static_cast<utf8proc_ssize_t>(points.size()) - count, option,
                                      &boundary);
    }
    count += added;
  }
  // Marks in the order of their combining classes; marks of one class keep theirs.
  const auto combining_class = [&](utf8proc_ssize_t i) {
    return utf8proc_get_property(points[static_cast<std::size_t>(i)])->combining_class;
  };
  for (utf8proc_ssize_t i = 1; i < count; ++i) {
    for (utf8proc_ssize_t k = i; k > 0; --k) {
      if (combining_class(k) == 0 || combining_class(k - 1) <= combining_class(k)) break;
      std::swap(points[static_cast<std::size_t>(k)], points[static_cast<std::size_t>(k - 1)]);
    }
  }
  if ((options & UTF8PROC_COMPOSE) != 0) {
    count = utf8proc_normalize_utf32(points.data(), count,
                                     static_cast<utf8proc_option_t>(options | UTF8PROC_STABLE));
  }
  return CodePoints(points.begin(), points.begin() + count);
}

Term normal_form(BifCall& call, Term data, int options) {
  CodePoints cluster;
  Term rest, answer;
  if (!read_cluster(call, data, cluster, rest, answer)) return answer;
  const CodePoints points = normalize(cluster, options);
  Term first = to_term(call, points);
  // As in OTP, what NFKC composes from several code points stays a list.
  constexpr int kNfkc = UTF8PROC_COMPOSE | UTF8PROC_COMPAT;
  if (points.size() == 1 && (options & kNfkc) == kNfkc &&
      normalize(cluster, options & ~UTF8PROC_COMPOSE).size() > 1) {
    first = make_cons(call.heap, first, Term::nil());
  }
  return make_cons(call.heap, first, rest);
}

}  // namespace

Term bif_unicode_util_cp(BifCall& call, const Term* a) {
  if (a[0].is_cons() && a[0].head().is_small()) return a[0];
  CharReader reader(call.heap, a[0]);
  std::uint32_t c = 0;
  const auto status = reader.next(c);
  if (status != CharReader::Status::kCharacter) return no_character(call, reader, status, a[0]);
  return make_cons(call.heap, Term::small(c), reader.rest(CharReader::Shape::kShort));
}

Term bif_unicode_util_gc(BifCall& call, const Term* a) {
  CodePoints cluster;
  Term rest, answer;
  if (!read_cluster(call, a[0], cluster, rest, answer)) return answer;
  return make_cons(call.heap, to_term(call, cluster), rest);
}

Term bif_unicode_util_uppercase(BifCall& call, const Term* a) {
  return map_first(call, a[0], upper);
}
Term bif_unicode_util_lowercase(BifCall& call, const Term* a) {
  return map_first(call, a[0], lower);
}
Term bif_unicode_util_titlecase(BifCall& call, const Term* a) {
  return map_first(call, a[0], title);
}
Term bif_unicode_util_casefold(BifCall& call, const Term* a) { return map_first(call, a[0], fold); }

Term bif_unicode_util_nfd(BifCall& call, const Term* a) { return normal_form(call, a[0], 0); }
Term bif_unicode_util_nfc(BifCall& call, const Term* a) {
  return normal_form(call, a[0], UTF8PROC_COMPOSE);
}
Term bif_unicode_util_nfkd(BifCall& call, const Term* a) {
  return normal_form(call, a[0], UTF8PROC_COMPAT);
}
Term bif_unicode_util_nfkc(BifCall& call, const Term* a) {
  return normal_form(call, a[0], UTF8PROC_COMPAT | UTF8PROC_COMPOSE);
}

}  // namespace parley
