// The natives of the module `unicode`.
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

// What a conversion answers where it stopped: `made` is what was converted so far.
Term stopped(BifCall& call, CharReader& reader, CharReader::Status status, Term input, Term made) {
  if (status == CharReader::Status::kBad || !is_chardata_shaped(input)) return call.badarg();
  if (status == CharReader::Status::kInvalid) {
    return make_tuple(call.heap, {kAtom_error, made, reader.rest(CharReader::Shape::kExact)});
  }
  const Term bytes = reader.unfinished();
  if (reader.at_end()) return make_tuple(call.heap, {kAtom_incomplete, made, bytes});
  const Term rest = make_cons(call.heap, reader.rest(CharReader::Shape::kExact), Term::nil());
  return make_tuple(call.heap, {kAtom_error, made, make_cons(call.heap, bytes, rest)});
}

// Hands every code point to `add`; answers how reading ended.
template <class Add>
CharReader::Status convert(BifCall& call, CharReader& reader, Add add) {
  std::uint64_t count = 0;
  for (std::uint32_t c = 0;; ++count) {
    const CharReader::Status status = reader.next(c);
    if (status != CharReader::Status::kCharacter) {
      pay_bytes(call, 8 * count);
      return status;
    }
    add(c);
  }
}

}  // namespace

Term bif_unicode_characters_to_list(BifCall& call, const Term* a) {
  const auto encoding = to_encoding(call, a[1]);
  if (!encoding) return call.badarg();
  CharReader reader(call.heap, a[0], *encoding);
  ListBuilder list(call.heap);
  const auto status = convert(call, reader, [&](std::uint32_t c) { list.append(Term::small(c)); });
  if (status == CharReader::Status::kEnd) return list.finish();
  return stopped(call, reader, status, a[0], list.finish());
}

Term bif_unicode_characters_to_binary(BifCall& call, const Term* a) {
  const auto encoding = to_encoding(call, a[1]);
  if (!encoding) return call.badarg();
  CharReader reader(call.heap, a[0], *encoding);
  std::string text;
  const auto status = convert(call, reader, [&](std::uint32_t c) {
    std::uint8_t bytes[4];
    text.append(reinterpret_cast<const char*>(bytes), write_utf8(c, bytes));
  });
  if (status == CharReader::Status::kEnd) return make_binary(call.heap, text);
  return stopped(call, reader, status, a[0], make_binary(call.heap, text));
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
