// parley compile, check, dis, explain: the verbs that need no node.
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "cli/verbs.h"
#include "compiler/syntax/lexer.h"

namespace parley::cli {

int verb_compile(const std::vector<std::string>& files, const std::string& output_dir,
                 const SourceOptions& source) {
  int status = 0;
  for (const std::string& file : files) {
    const auto module = compile_file(file, source);
    if (!module) {
      status = 1;
      continue;
    }
    const std::string name = module->atoms[module->name] + ".parc";
    const std::string path = (std::filesystem::path(output_dir) / name).string();
    if (!write_file(path, isa::write_module_file(*module))) {
      complain("cannot write " + path);
      status = 1;
    }
  }
  return status;
}

namespace {

// Where each token is, what it is and what it says.
void print_tokens(ast::Module& module) {
  for (const Token& token : lex(module, 0).tokens) {
    const std::string kind(describe(token.kind)), text(token.text);
    std::printf("%u:%u\t%s\t%s\n", static_cast<unsigned>(token.location.line),
                static_cast<unsigned>(token.location.column), kind.c_str(), text.c_str());
  }
}

// True: no errors.
bool emit(const std::string& file, const std::string& what, const SourceOptions& source) {
  if (what == "asm") return verb_dis({file}, source) == 0;
  const auto text = read_file(file);
  if (!text) {
    complain("cannot read " + file + ": " + std::strerror(errno));
    return false;
  }
  ParseResult parsed = parse_module(SourceFile{file, *text}, compile_options(source).parse);
  if (what == "tokens") {
    print_tokens(*parsed.module);
    return true;
  }
  std::fputs(render(parsed.diagnostics.all(), parsed.module->files).c_str(), stderr);
  std::fputs(ast::dump(*parsed.module).c_str(), stdout);
  return parsed.ok();
}

}  // namespace

int verb_emit(const std::vector<std::string>& files, const std::string& what,
              const SourceOptions& source) {
  int status = 0;
  for (const std::string& file : files) {
    if (!emit(file, what, source)) status = 1;
  }
  return status;
}

int verb_check(const std::vector<std::string>& files, const SourceOptions& source) {
  int status = 0;
  for (const std::string& file : files) {
    if (!compile_file(file, source)) status = 1;
  }
  return status;
}

int verb_dis(const std::vector<std::string>& files, const SourceOptions& source) {
  int status = 0;
  for (const std::string& file : files) {
    std::optional<isa::ModuleFile> module;
    if (file.ends_with(".parc")) {
      const auto bytes = read_file(file);
      if (!bytes) {
        complain("cannot read " + file);
        status = 1;
        continue;
      }
      auto parsed = isa::parse_module_file(
          {reinterpret_cast<const std::uint8_t*>(bytes->data()), bytes->size()});
      if (!parsed) {
        complain(file + ": " + parsed.error().text());
        status = 1;
        continue;
      }
      module = std::move(*parsed);
    } else {
      module = compile_file(file, source);
      if (!module) {
        status = 1;
        continue;
      }
    }
    std::fputs(isa::disassemble(*module).c_str(), stdout);
  }
  return status;
}

int verb_explain(const std::string& code) {
  const std::string_view text = explain(code);
  if (text.empty()) {
    complain("no such code: " + code + " (codes look like PAR-0042)");
    return 1;
  }
  std::printf("%s\n", std::string(text).c_str());
  return 0;
}

}  // namespace parley::cli
