// All instruction bodies, for the engines.
#pragma once

#include "vm/interp/ops_binary.h"
#include "vm/interp/ops_control.h"
#include "vm/interp/ops_data.h"
#include "vm/interp/ops_message.h"

namespace parley {

// The kind letters of a generic row, as a template argument.
template <unsigned Number>
inline constexpr Kinds kGenericKinds =
    Kinds(isa::letters_of(isa::kOpcodes[Number].operands));

}  // namespace parley
