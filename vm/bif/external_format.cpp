// term_to_binary and binary_to_term.
#include <zlib.h>

#include "vm/bif/support.h"
#include "vm/heap/decode_external.h"
#include "vm/term/external.h"

namespace parley {

namespace {

// Encoded with the version byte. Decoding and encoding move some bytes a word.
std::vector<std::uint8_t> encode(BifCall& call, Term term) {
  std::vector<std::uint8_t> bytes{external::kVersion};
  encode_external(bytes, term, call.atoms);
  pay_bytes(call, 4 * bytes.size());
  return bytes;
}

// As tag 80, the size and what zlib makes of the rest; unchanged if that is not shorter.
std::vector<std::uint8_t> compressed(std::vector<std::uint8_t> bytes, int level) {
  constexpr std::size_t kHead = 6;
  const std::size_t size = bytes.size() - 1;
  if (level == 0 || size > 0xFFFFFFFF) return bytes;
  std::vector<std::uint8_t> out(kHead + compressBound(size));
  out[0] = external::kVersion;
  out[1] = external::kCompressed;
  for (unsigned i = 0; i < 4; ++i) out[2 + i] = static_cast<std::uint8_t>(size >> (8 * (3 - i)));
  uLongf out_size = out.size() - kHead;
  if (compress2(out.data() + kHead, &out_size, bytes.data() + 1, size, level) != Z_OK ||
      kHead + out_size >= bytes.size()) {
    return bytes;
  }
  out.resize(kHead + out_size);
  return out;
}

struct EncodeOptions {
  int level = 0;
};

// nullopt: bad options.
std::optional<EncodeOptions> encode_options(const BifCall& call, Term list) {
  constexpr int kDefaultLevel = 6;
  EncodeOptions options;
  for (; list.is_cons(); list = list.tail()) {
    const Term o = list.head();
    const bool pair = o.is_tuple() && o.arity() == 2 && o.element(0).is_atom();
    const std::string_view name = o.is_atom() ? call.atoms.text(o)
                                  : pair      ? call.atoms.text(o.element(0))
                                              : "";
    const auto value = pair ? to_size(o.element(1)) : std::nullopt;
    if (name == "compressed" && !pair) options.level = kDefaultLevel;
    else if (name == "compressed" && value && *value <= 9) options.level = static_cast<int>(*value);
    else if (name == "minor_version" && value && *value <= 2) continue;
    else if ((name == "deterministic" || name == "local") && !pair) continue;
    else return std::nullopt;
  }
  if (!list.is_nil()) return std::nullopt;
  return options;
}

Term decode(BifCall& call, Term binary, NewAtoms new_atoms, std::size_t& used) {
  if (!is_binary(binary)) return call.badarg();
  std::vector<std::uint8_t> copy;
  const auto bytes = binary_bytes(binary, copy);
  pay_bytes(call, 8 * bytes.size());
  const DecodeOptions options{
      .new_atoms = new_atoms, .funs = call.services.funs, .seed = call.hash_seed};
  const auto decoded = decode_external(call.heap, call.atoms, bytes, options);
  if (!decoded) {
    const bool limit = decoded.error() == DecodeError::kAtomLimit ||
                       decoded.error() == DecodeError::kTooLarge;
    return limit ? call.fail(kAtom_system_limit) : call.badarg();
  }
  used = decoded->used_bytes;
  return decoded->term;
}

}  // namespace

Term bif_term_to_binary_1(BifCall& call, const Term* a) {
  return make_binary(call.heap, encode(call, a[0]));
}
Term bif_term_to_binary_2(BifCall& call, const Term* a) {
  const auto options = encode_options(call, a[1]);
  if (!options) return call.badarg();
  return make_binary(call.heap, compressed(encode(call, a[0]), options->level));
}
Term bif_term_to_iovec_1(BifCall& call, const Term* a) {
  return make_cons(call.heap, bif_term_to_binary_1(call, a), Term::nil());
}
Term bif_term_to_iovec_2(BifCall& call, const Term* a) {
  const Term made = bif_term_to_binary_2(call, a);
  return made.is_value() ? make_cons(call.heap, made, Term::nil()) : made;
}

Term bif_external_size_1(BifCall& call, const Term* a) {
  return Term::small(static_cast<std::int64_t>(encode(call, a[0]).size()));
}
Term bif_external_size_2(BifCall& call, const Term* a) {
  if (!encode_options(call, a[1])) return call.badarg();
  return bif_external_size_1(call, a);
}

Term bif_binary_to_term_1(BifCall& call, const Term* a) {
  std::size_t used = 0;
  return decode(call, a[0], NewAtoms::kMake, used);
}
// Options: `safe` makes no atoms; `used` answers {Term, Bytes}.
Term bif_binary_to_term_2(BifCall& call, const Term* a) {
  NewAtoms new_atoms = NewAtoms::kMake;
  bool wants_used = false;
  Term options = a[1];
  for (; options.is_cons(); options = options.tail()) {
    const std::string_view name =
        options.head().is_atom() ? call.atoms.text(options.head()) : "";
    if (name == "safe") new_atoms = NewAtoms::kRefuse;
    else if (name == "used") wants_used = true;
    else return call.badarg();
  }
  if (!options.is_nil()) return call.badarg();
  std::size_t used = 0;
  const Term term = decode(call, a[0], new_atoms, used);
  if (!term.is_value() || !wants_used) return term;
  return make_tuple(call.heap, {term, Term::small(static_cast<std::int64_t>(used))});
}

}  // namespace parley
