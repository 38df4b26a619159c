// parley compile, check, dis, explain: the verbs that need no node.
#include <cstdio>
#include <filesystem>

#include "cli/verbs.h"

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
        complain(file + ": section " + parsed.error().section + ", offset " +
                 std::to_string(parsed.error().offset) + ": " + parsed.error().reason);
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
