// Names of errors.
#include "vm/sys/system_error.h"

#include <string.h>

namespace parley {

namespace {
constexpr int kErrorsMax = 256;
}

std::string_view SystemError::name() const {
  // strerrorname_np: "ECONNREFUSED", static; the names are made small once.
  struct Names {
    char text[kErrorsMax][24] = {};
    Names() {
      for (int number = 1; number < kErrorsMax; ++number) {
        const char* upper = ::strerrorname_np(number);
        for (int i = 0; upper != nullptr && upper[i] != 0 && i < 23; ++i) {
          text[number][i] = static_cast<char>(upper[i] | 0x20);
        }
      }
    }
  };
  static const Names names;
  if (number <= 0 || number >= kErrorsMax || names.text[number][0] == 0) return "unknown";
  return names.text[number];
}

std::string_view SystemError::text() const {
  const char* text = ::strerrordesc_np(number);
  return text == nullptr ? "unknown error" : text;
}

}  // namespace parley
