// A module between the tree and the file: functions in intermediate form and the tables they use.
//
// Invariant: function, import and lambda indices in instructions are indices of these vectors.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "compiler/passes/constant.h"
#include "compiler/passes/ir.h"

namespace parley::compiler {

// The key of a function: `name/arity`.
inline std::string name_and_arity(std::string_view name, std::size_t arity) {
  std::string key(name);
  key.push_back('/');
  key.append(std::to_string(arity));
  return key;
}

struct ImportIr {
  std::string module, name;
  std::uint32_t arity = 0;
};

struct LambdaIr {
  std::uint32_t function = 0;
  std::uint32_t arity = 0;
  std::uint32_t free_count = 0;
};

// Something that this back end cannot compile; the front end turns it into a diagnostic.
struct Problem {
  ast::Location location;
  std::string text;
};

struct ModuleIr {
  ConstantPool constants;
  std::vector<std::unique_ptr<FunctionIr>> functions;
  std::vector<ImportIr> imports;
  std::vector<LambdaIr> lambdas;
  std::vector<Problem> problems;
  std::unordered_map<std::string, std::uint32_t> import_index;  // "module:name/arity"

  std::uint32_t import_of(std::string_view module, std::string_view name, std::uint32_t arity);
};

}  // namespace parley::compiler
