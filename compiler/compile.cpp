// Parser, checks and back end, one after the other.
#include "compiler/compile.h"

#include "compiler/emit/module_tables.h"
#include "compiler/passes/lower.h"

namespace parley {

namespace {

using compiler::BytecodeWriter;
using compiler::ModuleIr;

void report(CompileResult& result, const std::vector<compiler::Problem>& problems) {
  for (const compiler::Problem& problem : problems) {
    result.diagnostics.error(Code::kIllegalExpression, problem.location, problem.text);
  }
}

// From functions in intermediate form to the file. Fails where a function is too large.
void write_code(CompileResult& result, ModuleIr& ir, isa::ModuleFile& file,
                BytecodeWriter& writer) {
  for (const auto& function : ir.functions) {
    compiler::ControlFlow flow = compiler::prepare(*function);
    compiler::place_frames(*function, flow);
    const compiler::Liveness liveness(*function, flow);
    compiler::MachineFunction machine =
        compiler::allocate_registers(*function, flow, liveness, ir.constants);
    if (machine.too_large) {
      result.diagnostics.error(
          Code::kFunctionTooLarge, {function->line.file, function->line.line, 1, 0},
          "function " + compiler::name_and_arity(function->name, function->arity) +
              " needs more registers than there are: split it");
    } else {
      writer.add_function(*function, flow, std::move(machine));
    }
  }
  writer.finish();
  (void)file;
}

void back_end(CompileResult& result, std::string_view name,
              std::optional<std::span<const std::string>> bound_names) {
  ModuleIr ir;
  compiler::Lowerer lowerer(ir, *result.tree);
  if (bound_names)
    lowerer.lower_expressions(*bound_names);
  else
    lowerer.lower_module();
  report(result, ir.problems);
  if (result.diagnostics.has_errors()) return;
  isa::ModuleFile file;
  BytecodeWriter writer(ir, file);
  file.name = writer.atom(name);
  for (const ast::File& source : result.tree->files) file.files.emplace_back(source.name);
  write_code(result, ir, file, writer);
  if (result.diagnostics.has_errors()) return;
  compiler::write_tables(*result.tree, ir, writer, file);
  result.module = std::move(file);
}

}  // namespace

CompileResult compile_module(SourceFile source, const CompileOptions& options) {
  CompileResult result;
  ParseResult parsed = parse_module(std::move(source), options.parse);
  result.tree = std::move(parsed.module);
  result.diagnostics = std::move(parsed.diagnostics);
  if (result.diagnostics.has_errors()) return result;
  lint(*result.tree, options.lint, result.diagnostics);
  if (result.diagnostics.has_errors()) return result;
  back_end(result, result.tree->name.text(), std::nullopt);
  return result;
}

CompileResult compile_expressions(SourceFile source, const std::string& module_name,
                                  std::span<const std::string> bound_names,
                                  const CompileOptions& options) {
  CompileResult result;
  ParseResult parsed = parse_expressions(std::move(source), options.parse);
  result.tree = std::move(parsed.module);
  result.diagnostics = std::move(parsed.diagnostics);
  result.incomplete = parsed.incomplete && !options.stop_may_miss;
  if (options.stop_may_miss && !result.diagnostics.has_errors() &&
      result.tree->expressions.empty()) {
    result.diagnostics.error(Code::kSyntax, {0, 1, 1, 1}, "there is no expression");
  }
  if (result.diagnostics.has_errors() || result.tree->expressions.empty()) return result;
  lint_expressions(*result.tree, bound_names, result.diagnostics);
  if (result.diagnostics.has_errors()) return result;
  result.tree->name = result.tree->names.intern(module_name);
  back_end(result, module_name, bound_names);
  return result;
}

}  // namespace parley
