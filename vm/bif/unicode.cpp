// The natives of the module `unicode`.
#include "vm/bif/byte_chunks.h"
#include "vm/bif/chardata.h"

namespace parley {

namespace {

std::optional<TextEncoding> to_encoding(const BifCall& call, Term t) {
  const auto name = [&](Term atom) {
    return atom.is_atom() ? call.atoms.text(atom) : std::string_view();
  };
  if (name(t) == "latin1") return TextEncoding::kLatin1;
  if (name(t) == "utf8" || name(t) == "unicode") return TextEncoding::kUtf8;
  if (name(t) == "utf16") return TextEncoding::kUtf16Big;
  if (name(t) == "utf32") return TextEncoding::kUtf32Big;
  if (!t.is_tuple() || t.arity() != 2) return std::nullopt;
  const bool big = name(t.element(1)) == "big";
  if (!big && name(t.element(1)) != "little") return std::nullopt;
  if (name(t.element(0)) == "utf16") {
    return big ? TextEncoding::kUtf16Big : TextEncoding::kUtf16Little;
  }
  if (name(t.element(0)) != "utf32") return std::nullopt;
  return big ? TextEncoding::kUtf32Big : TextEncoding::kUtf32Little;
}

// Whether a term consists of lists, binaries and small integers, so that an error in it is an
// error of encoding.
bool is_chardata_shaped(Term t) {
  WorkList<Word> tails;
  if (!t.is_list() && !is_binary(t)) return false;
  for (;;) {
    while (t.is_cons()) {
      const Term head = t.head();
      if (!head.is_small() && !head.is_list() && !is_binary(head)) return false;
      if (head.is_cons()) {
        if (!t.tail().is_nil()) tails.push(t.tail().raw);
        t = head;
      } else {
        t = t.tail();
      }
    }
    if (!t.is_nil() && !is_binary(t)) return false;
    if (tails.empty()) return true;
    t = Term(tails.pop());
  }
}

// What a conversion answers where it stopped, but for what was converted so far.
Term stopped(BifCall& call, CharReader& reader, CharReader::Status status, Term input) {
  const Term made = Term::nil();
  if (status == CharReader::Status::kBad || !is_chardata_shaped(input)) return call.badarg();
  if (status == CharReader::Status::kInvalid) {
    return make_tuple(call.heap, {kAtom_error, made, reader.rest(CharReader::Shape::kExact)});
  }
  const Term bytes = reader.unfinished();
  if (reader.at_end()) return make_tuple(call.heap, {kAtom_incomplete, made, bytes});
  const Term rest = make_cons(call.heap, reader.rest(CharReader::Shape::kExact), Term::nil());
  return make_tuple(call.heap, {kAtom_error, made, make_cons(call.heap, bytes, rest)});
}

constexpr std::size_t kCharactersAtOnce = 1024;

// Reads until the slice is over (nullopt) or reading ends, and says how. `add` takes a code point,
// `add_ascii` some at once.
template <class Add, class AddAscii>
std::optional<CharReader::Status> convert(BifCall& call, CharReader& reader, Add add,
                                          AddAscii add_ascii) {
  for (;;) {
    std::size_t left = kCharactersAtOnce;
    while (left > 0) {
      const auto ascii = reader.next_ascii(left);
      add_ascii(ascii);
      left -= ascii.size();
      if (left == 0) break;
      std::uint32_t c = 0;
      const CharReader::Status status = reader.next(c);
      if (status != CharReader::Status::kCharacter) {
        pay_words(call, 2 * (kCharactersAtOnce - left));
        return status;
      }
      add(c);
      --left;
    }
    pay_words(call, 2 * kCharactersAtOnce);
    if (must_yield(call)) return std::nullopt;
  }
}

// State of both conversions while they read: kRead, the size of the chunks; the data, what follows
// it, what was made so far (chunks of bytes or of code points), and all of the data. Then while
// what was made is put together: kFinish, a number; two terms, and the answer of `stopped` or nil.
enum class Phase : Word { kRead, kFinish };

Term save_reader(BifCall& call, CharReader& reader, Word number, Term made, Term whole) {
  Term following;
  const Term data = reader.suspend(following);
  return yield_with(call, make_trap(call.heap, {static_cast<Word>(Phase::kRead), number},
                                    {data, following, made, whole}));
}

Term with_made(BifCall& call, Term stop, Term made) {
  if (stop.is_nil()) return made;
  return make_tuple(call.heap, {stop.element(0), made, stop.element(2)});
}

Term finish_list(BifCall& call, Term rest, Term made, Term stop) {
  const auto to_term = [](std::uint32_t c) { return Term::small(c); };
  if (list_values<std::uint32_t>(call, rest, made, to_term)) return with_made(call, stop, made);
  return yield_with(call, make_trap(call.heap, {static_cast<Word>(Phase::kFinish), 0},
                                    {rest, made, stop}));
}

Term list_of(BifCall& call, CharReader reader, ByteChunks before, Term whole) {
  std::vector<std::uint32_t> text;
  const auto status = convert(
      call, reader, [&](std::uint32_t c) { text.push_back(c); },
      [&](auto ascii) { text.insert(text.end(), ascii.begin(), ascii.end()); });
  if (status == CharReader::Status::kEnd && before.size() == 0) {
    ListBuilder list(call.heap);
    for (const std::uint32_t c : text) list.append(Term::small(c));
    return list.finish();
  }
  add_values(before, call.heap, text);
  if (!status) return save_reader(call, reader, before.size(), before.list(), whole);
  Term stop = Term::nil();
  if (status != CharReader::Status::kEnd) {
    call.first_argument = whole;
    stop = stopped(call, reader, *status, whole);
    if (!stop.is_value()) return stop;
  }
  return finish_list(call, before.list(), Term::nil(), stop);
}

Term finish_binary(BifCall& call, ChunkJoin chunks, Term stop) {
  if (chunks.run(call)) return with_made(call, stop, chunks.made());
  return yield_with(call, make_trap(call.heap, {static_cast<Word>(Phase::kFinish), chunks.left()},
                                    {chunks.made(), chunks.rest(), stop}));
}

Term binary_of(BifCall& call, CharReader reader, ByteChunks chunks, Term whole) {
  std::vector<std::uint8_t> text;
  const auto status = convert(
      call, reader,
      [&](std::uint32_t c) {
        std::uint8_t bytes[4];
        text.insert(text.end(), bytes, bytes + write_utf8(c, bytes));
      },
      [&](auto ascii) { text.insert(text.end(), ascii.begin(), ascii.end()); });
  const bool is_all = chunks.size() == 0 && status == CharReader::Status::kEnd;
  if (is_all) return make_binary(call.heap, text);
  chunks.add(call.heap, text);
  if (!status) return save_reader(call, reader, chunks.size(), chunks.list(), whole);
  Term stop = Term::nil();
  if (status != CharReader::Status::kEnd) {
    call.first_argument = whole;
    stop = stopped(call, reader, *status, whole);
    if (!stop.is_value()) return stop;
  }
  return finish_binary(call, ChunkJoin(call.heap, chunks), stop);
}

bool is_reading(Term trap) { return static_cast<Phase>(trap_raw(trap)) == Phase::kRead; }

}  // namespace

Term bif_unicode_characters_to_list(BifCall& call, const Term* a) {
  const auto encoding = to_encoding(call, a[1]);
  if (!encoding) return call.badarg();
  if (!is_trap(a[0])) {
    return list_of(call, CharReader(call.heap, a[0], *encoding), ByteChunks(), a[0]);
  }
  if (!is_reading(a[0])) {
    return finish_list(call, trap_term(a[0], 0), trap_term(a[0], 1), trap_term(a[0], 2));
  }
  return list_of(call, CharReader(call.heap, trap_term(a[0], 0), *encoding, trap_term(a[0], 1)),
                 ByteChunks(trap_term(a[0], 2), trap_raw(a[0], 1)), trap_term(a[0], 3));
}

Term bif_unicode_characters_to_binary(BifCall& call, const Term* a) {
  const auto encoding = to_encoding(call, a[1]);
  if (!encoding) return call.badarg();
  if (!is_trap(a[0])) {
    return binary_of(call, CharReader(call.heap, a[0], *encoding), ByteChunks(), a[0]);
  }
  const Word size = trap_raw(a[0], 1);
  if (!is_reading(a[0])) {
    return finish_binary(call, ChunkJoin(trap_term(a[0], 0), trap_term(a[0], 1), size),
                         trap_term(a[0], 2));
  }
  return binary_of(call, CharReader(call.heap, trap_term(a[0], 0), *encoding, trap_term(a[0], 1)),
                   ByteChunks(trap_term(a[0], 2), size), trap_term(a[0], 3));
}

Term bif_unicode_bin_is_7bit(BifCall& call, const Term* a) {
  if (!is_binary(a[0])) return kAtom_false_;
  const BitsView view = bits_view(a[0]);
  pay_bytes(call, view.size_bits / 8);
  for (std::uint64_t at = 0; at < view.size_bits; at += 8) {
    if (byte_at(view, at) >= 0x80) return kAtom_false_;
  }
  return kAtom_true_;
}

}  // namespace parley
